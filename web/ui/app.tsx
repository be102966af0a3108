/** The whole page: signing in, or the channels at the side and what was chosen beside them. */
import { useEffect, useState } from 'preact/hooks';
import { neighbour } from '../state/channels.js';
import { routeOf } from '../state/route.js';
import { type Command, commandOf } from '../state/shortcuts.js';
import { useAppState, useDocumentEvent, useSession } from './context.js';
import { ConversationPage } from './conversation.js';
import { go } from './go.js';
import { lazy } from './lazy.js';
import type { Overlay } from './overlays.js';
import { Sidebar } from './sidebar.js';
import { SignIn } from './sign-in.js';
import { Toasts } from './toasts.js';

const OverlayView = lazy(async () => (await import('./overlays.js')).OverlayView);
const RemindersPage = lazy(async () => (await import('./reminders.js')).RemindersPage);
const TrafficPage = lazy(async () => (await import('./traffic.js')).TrafficPage);
const StatusPage = lazy(async () => (await import('./status.js')).StatusPage);

const PREFETCH_MS = 2000;

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;

export const App = () => {
  const session = useAppState((state) => state.session);
  return session === null ? <SignIn /> : <Shell />;
};

const Shell = () => {
  const session = useSession();
  const current = useAppState((state) => state.current);
  const channels = useAppState((state) => state.channels);
  const [route, setRoute] = useState(() => routeOf(location.hash));
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const [isDrawerOpen, setDrawerOpen] = useState(false);
  const open = (wanted: Overlay): void => {
    OverlayView.prefetch().then(
      () => setOverlay(wanted),
      // A browser asks for a module once: it has to be another page.
      () => session.tell('This could not be loaded. Reload the page when the gateway can be reached.'),
    );
  };
  const close = (): void => setOverlay(null);

  useEffect(() => {
    const changed = (): void => {
      const next = routeOf(location.hash);
      setRoute(next);
      setDrawerOpen(false);
      if (next.page === 'channel') void session.open(next.channel);
    };
    window.addEventListener('hashchange', changed);
    if (location.hash !== '') changed();
    return () => window.removeEventListener('hashchange', changed);
  }, [session]);

  // What is not needed yet is fetched all the same, so that it is there when the gateway is not.
  useEffect(() => {
    const fetch = (): void => {
      for (const page of [OverlayView, RemindersPage, TrafficPage, StatusPage])
        page.prefetch().catch(() => {});
    };
    const timer = setTimeout(fetch, PREFETCH_MS);
    return () => clearTimeout(timer);
  }, []);

  // The channel may be gone, or another one when the connection came.
  useEffect(() => {
    if (route.page === 'channel' && route.channel !== current) go({ page: 'channel', channel: current });
  }, [current]);

  const isTalk = route.page === 'channel';
  const look = (): void => session.looking(isTalk && !document.hidden);
  useEffect(look, [isTalk]);
  useDocumentEvent('visibilitychange', look);

  const run = (command: Command): void => {
    switch (command) {
      case 'next-channel':
      case 'previous-channel': {
        const step = command === 'next-channel' ? 1 : -1;
        go({ page: 'channel', channel: neighbour(channels, current, step) });
        break;
      }
      case 'focus':
        document.getElementById('message')?.focus();
        break;
      default:
        open({ kind: command });
    }
  };
  useDocumentEvent('keydown', (event) => {
    if (event.key === 'Escape') setDrawerOpen(false);
    if (overlay !== null) return;
    const command = commandOf(event, isField(event.target));
    if (command === null) return;
    event.preventDefault();
    run(command);
  });

  const menu = (): void => setDrawerOpen(true);
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <Sidebar route={route} isOpen={isDrawerOpen} onOverlay={open} />
      {isDrawerOpen && (
        <button
          type="button"
          class="scrim"
          aria-label="Close the menu"
          onClick={() => setDrawerOpen(false)}
        />
      )}
      <main id="main" tabIndex={-1}>
        {isTalk && <ConversationPage key={current} onMenu={menu} onOverlay={open} />}
        {route.page === 'reminders' && <RemindersPage onMenu={menu} />}
        {route.page === 'traffic' && <TrafficPage onMenu={menu} />}
        {route.page === 'status' && <StatusPage onMenu={menu} />}
      </main>
      {overlay !== null && <OverlayView overlay={overlay} onClose={close} />}
      <Toasts />
    </div>
  );
};
