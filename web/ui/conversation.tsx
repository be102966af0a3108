/** The conversation of a channel: what was said, what is being said, and what comes next. */
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { afterEachFrame } from '../markdown/frames.js';
import { conversationOf } from '../state/app.js';
import { nameOf } from '../state/channels.js';
import type { Turn } from '../state/conversation.js';
import { Composer } from './composer.js';
import { useAppState, useSession } from './context.js';
import { Icon } from './icons.js';
import type { Overlay } from './overlays.js';
import { PageHead } from './page-head.js';
import { TurnView } from './turn.js';

/** As near to the end as counts as there. */
const NEAR_PX = 60;
/** So near to the beginning that what was before it is wanted. */
const OLDER_PX = 200;
/** Of a reply, read aloud when it has ended. */
const SPOKEN_CHARS = 1500;

interface ConversationPageProps {
  readonly onMenu: () => void;
  readonly onOverlay: (overlay: Overlay) => void;
}

export const ConversationPage = ({ onMenu, onOverlay }: ConversationPageProps) => {
  const current = useAppState((state) => state.current);
  const channel = useAppState(({ channels }) => channels.find(({ channel_id }) => channel_id === current));
  const scopes = useAppState((state) => state.session?.scopes);
  return (
    <div class="page conversation">
      <PageHead title={channel === undefined ? current : nameOf(channel)} onMenu={onMenu}>
        {scopes?.includes('memory') && (
          <button
            type="button"
            class="icon-button"
            onClick={() => onOverlay({ kind: 'search' })}
            title="Search (Ctrl+Shift+K)"
          >
            <Icon name="search" />
            <span class="visually-hidden">Search in this channel</span>
          </button>
        )}
        <button
          type="button"
          class="icon-button"
          onClick={() => onOverlay({ kind: 'settings', channel: current })}
          title="Rename or delete"
        >
          <Icon name="more" />
          <span class="visually-hidden">Rename or delete this channel</span>
        </button>
      </PageHead>
      <Turns channel={current} />
      <Composer channel={current} isAllowed={scopes?.includes('chat') ?? true} />
    </div>
  );
};

/** A turn that has not changed is the same node, and not looked at again. */
const nodes = new WeakMap<Turn, VNode>();
const nodeOf = (turn: Turn): VNode => {
  const known = nodes.get(turn);
  if (known !== undefined) return known;
  const node = <TurnView key={turn.key} turn={turn} />;
  nodes.set(turn, node);
  return node;
};

const Turns = ({ channel }: { readonly channel: string }) => {
  const session = useSession();
  const conversation = useAppState((state) => conversationOf(state, channel));
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const isLoading = useRef(false);
  const [isAway, setAway] = useState(false);
  const { turns, state, hasMore } = conversation;

  const toEnd = (): void => {
    const { current: element } = box;
    if (element !== null && isAtEnd.current) element.scrollTop = element.scrollHeight;
  };
  useEffect(() => afterEachFrame(toEnd), []);
  useLayoutEffect(toEnd, [turns]);
  useEffect(() => {
    const observer = new ResizeObserver(toEnd);
    if (box.current !== null) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  // Who sends something wants to see it.
  const ownCount = turns.filter(({ messageId }) => messageId === '').length;
  useLayoutEffect(() => {
    if (ownCount === 0) return;
    isAtEnd.current = true;
    setAway(false);
    toEnd();
  }, [ownCount]);

  const older = async (): Promise<void> => {
    if (isLoading.current) return;
    isLoading.current = true;
    await session.loadOlder();
    isLoading.current = false;
  };
  const scrolled = (): void => {
    const { current: element } = box;
    if (element === null) return;
    isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    setAway(!isAtEnd.current);
    if (hasMore && element.scrollTop < OLDER_PX && !isAtEnd.current) void older();
  };
  const jump = (): void => {
    isAtEnd.current = true;
    setAway(false);
    toEnd();
  };
  return (
    <div class="turns-frame">
      <section class="turns" ref={box} onScroll={scrolled} tabIndex={0} aria-label="Conversation">
        <div class="turns-inner">
          {hasMore && (
            <button type="button" class="plain older" onClick={older}>
              Earlier messages
            </button>
          )}
          {state !== 'loaded' && turns.length === 0 && <p class="quiet centred">Loading…</p>}
          {state === 'loaded' && turns.length === 0 && <Empty />}
          {turns.map(nodeOf)}
        </div>
      </section>
      {isAway && (
        <button type="button" class="jump" onClick={jump}>
          <Icon name="down" /> Newest
        </button>
      )}
      <Spoken turns={turns} />
    </div>
  );
};

const Empty = () => (
  <div class="empty">
    <h2>Nothing has been said here yet</h2>
    <p class="quiet">
      Write something below. The channel remembers it, also when the gateway is restarted; other channels do
      not know of it.
    </p>
  </div>
);

/** Tells who listens instead of looking: that a reply has begun, and all of it when it has ended. */
const Spoken = ({ turns }: { readonly turns: readonly Turn[] }) => {
  const [text, setText] = useState('');
  const followed = useRef(new Set<string>());
  useEffect(() => {
    for (const { key, reply } of turns) {
      if (reply === null) continue;
      if (reply.state !== 'done') {
        if (!followed.current.has(key)) setText('A reply is being written.');
        followed.current.add(key);
      } else if (followed.current.delete(key)) {
        const said = reply.text.text;
        setText(said === '' ? 'There is no reply.' : `Reply: ${said.slice(0, SPOKEN_CHARS)}`);
      }
    }
  }, [turns]);
  return (
    <div class="visually-hidden" role="status">
      {text}
    </div>
  );
};
