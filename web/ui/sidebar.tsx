/** At the side: the connection, the channels with what is unread in them, and the other pages. */
import { useState } from 'preact/hooks';
import { rememberedTheme, type Theme } from '../gateway/remembered.js';
import { nameOf, unreadOf } from '../state/channels.js';
import { isRunning } from '../state/conversation.js';
import { unreadNotices } from '../state/notices.js';
import { hashOf, type Route } from '../state/route.js';
import { useAppState, useSession } from './context.js';
import { Icon, type IconName } from './icons.js';
import { LinkState } from './link-state.js';
import type { Overlay } from './overlays.js';
import { chooseTheme } from './theme.js';

interface SidebarProps {
  readonly route: Route;
  readonly isOpen: boolean;
  readonly onOverlay: (overlay: Overlay) => void;
}

export const Sidebar = ({ route, isOpen, onOverlay }: SidebarProps) => {
  const notices = useAppState(({ notices }) => notices);
  return (
    <nav class={isOpen ? 'sidebar open' : 'sidebar'} aria-label="Channels and pages">
      <header class="brand">
        <img src={new URL('../icon.svg', import.meta.url).href} alt="" width="26" height="26" />
        <strong>OpenClaw</strong>
        <button
          type="button"
          class="icon-button"
          onClick={() => onOverlay({ kind: 'help' })}
          title="Keyboard (?)"
        >
          <Icon name="keyboard" />
          <span class="visually-hidden">Keyboard shortcuts</span>
        </button>
      </header>
      <LinkState />
      <div class="section">
        <h2>Channels</h2>
        <button
          type="button"
          class="icon-button"
          onClick={() => onOverlay({ kind: 'switch' })}
          title="Switch (Ctrl+K)"
        >
          <Icon name="search" />
          <span class="visually-hidden">Find a channel</span>
        </button>
        <button
          type="button"
          class="icon-button"
          onClick={() => onOverlay({ kind: 'new-channel' })}
          title="New channel (Alt+N)"
        >
          <Icon name="plus" />
          <span class="visually-hidden">New channel</span>
        </button>
      </div>
      <ChannelList route={route} onOverlay={onOverlay} />
      <ul class="pages">
        <PageLink
          route={route}
          page="reminders"
          icon="bell"
          label="Reminders"
          count={unreadNotices(notices)}
        />
        <PageLink route={route} page="traffic" icon="traffic" label="Traffic" count={0} />
        <PageLink route={route} page="status" icon="status" label="Status" count={0} />
      </ul>
      <Foot />
    </nav>
  );
};

const ChannelList = ({ route, onOverlay }: Pick<SidebarProps, 'route' | 'onOverlay'>) => {
  const channels = useAppState((state) => state.channels);
  const seen = useAppState((state) => state.seen);
  const conversations = useAppState((state) => state.conversations);
  const hasChannels = useAppState((state) => state.hasChannels);
  const shown = route.page === 'channel' ? route.channel : null;
  if (!hasChannels) return <p class="quiet channels">Loading…</p>;
  return (
    <ul class="channels">
      {channels.map((channel) => {
        const { channel_id: id } = channel;
        const unread = id === shown ? 0 : unreadOf(channel, seen);
        const isBusy = conversations[id]?.turns.some(({ reply }) => isRunning(reply)) ?? false;
        const name = nameOf(channel);
        return (
          <li key={id} class={unread > 0 ? 'unread' : ''}>
            <a
              href={hashOf({ page: 'channel', channel: id })}
              aria-current={id === shown ? 'page' : undefined}
            >
              <span class="name">{name}</span>
              {isBusy && <span class="busy-dot" role="img" aria-label="A reply is being written" />}
              {unread > 0 && (
                <span class="badge">
                  {unread > 99 ? '99+' : unread}
                  <span class="visually-hidden"> unread</span>
                </span>
              )}
            </a>
            <button
              type="button"
              class="icon-button"
              onClick={() => onOverlay({ kind: 'settings', channel: id })}
              title="Rename or delete"
            >
              <Icon name="more" />
              <span class="visually-hidden">Rename or delete {name}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
};

interface PageLinkProps {
  readonly route: Route;
  readonly page: 'reminders' | 'traffic' | 'status';
  readonly icon: IconName;
  readonly label: string;
  readonly count: number;
}

const PageLink = ({ route, page, icon, label, count }: PageLinkProps) => (
  <li>
    <a href={hashOf({ page })} aria-current={route.page === page ? 'page' : undefined}>
      <Icon name={icon} />
      <span class="name">{label}</span>
      {count > 0 && (
        <span class="badge">
          {count}
          <span class="visually-hidden"> new</span>
        </span>
      )}
    </a>
  </li>
);

const THEMES: readonly { readonly theme: Theme; readonly label: string }[] = [
  { theme: 'system', label: 'System' },
  { theme: 'light', label: 'Light' },
  { theme: 'dark', label: 'Dark' },
];

const Foot = () => {
  const session = useSession();
  const version = useAppState((state) => state.session?.server_version);
  const [theme, setTheme] = useState(rememberedTheme);
  const choose = (event: Event): void => {
    const chosen = (event.currentTarget as HTMLSelectElement).value as Theme;
    setTheme(chosen);
    chooseTheme(chosen);
  };
  return (
    <footer class="foot">
      <label class="theme">
        <Icon name="sun" />
        <span class="visually-hidden">Colours</span>
        <select value={theme} onChange={choose}>
          {THEMES.map(({ theme: value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        class="plain small"
        onClick={() => session.signOut()}
        title={`Gateway ${version}`}
      >
        <Icon name="out" /> Sign out
      </button>
    </footer>
  );
};
