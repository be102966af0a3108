/** Looks for something that was said in the channel, and goes there. */
import { useEffect, useState } from 'preact/hooks';
import type { MemorySearchResult } from '../../client/index.js';
import { problemOf } from '../gateway/problems.js';
import { conversationOf } from '../state/app.js';
import { nameOf } from '../state/channels.js';
import { useAppState, useSession } from './context.js';
import { Dialog } from './dialog.js';
import { Picker } from './picker.js';

type Found = MemorySearchResult['results'][number];

const TYPING_MS = 250;
/** Pages of history that are read to get to a message. */
const MOST_PAGES = 40;

export const SearchDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const session = useSession();
  const name = useAppState(({ channels, current }) => {
    const channel = channels.find(({ channel_id }) => channel_id === current);
    return channel === undefined ? current : nameOf(channel);
  });
  const [query, setQuery] = useState('');
  const [found, setFound] = useState<readonly Found[]>([]);
  const [hint, setHint] = useState('');

  useEffect(() => {
    setFound([]);
    setHint('');
    if (query.trim() === '') return;
    let isWanted = true;
    const timer = setTimeout(async () => {
      try {
        const results = await session.search(query.trim());
        if (!isWanted) return;
        setFound(results);
        setHint(results.length === 0 ? 'Nothing that was said here has these words.' : '');
      } catch (error) {
        if (isWanted) setHint(problemOf(error));
      }
    }, TYPING_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [query, session]);

  const pick = async ({ message_id, role }: Found): Promise<void> => {
    const { store } = session;
    const isHeld = (): boolean =>
      conversationOf(store.state, store.state.current).turns.some(
        ({ messageId }) => messageId === message_id,
      );
    for (let page = 0; !isHeld() && page < MOST_PAGES; page++) {
      setHint('Looking for it…');
      if (!(await session.loadOlder())) break;
    }
    onClose();
    show(`${role === 'user' ? 'said' : 'reply'}-${message_id}`);
  };

  return (
    <Dialog title={`Search in ${name}`} onClose={onClose} wide>
      <Picker
        label="Words that were said"
        items={found}
        keyOf={({ message_id, role }) => `${role}-${message_id}`}
        onInput={setQuery}
        onPick={(item) => void pick(item)}
        render={({ role, content, created_at }) => (
          <div class="found">
            <span class="quiet small">
              {role === 'user' ? 'You' : 'Reply'} · {new Date(created_at).toLocaleString()}
            </span>
            <span class="excerpt">{excerpt(content, query)}</span>
          </div>
        )}
      />
      <p class="quiet" role="status">
        {hint}
      </p>
    </Dialog>
  );
};

/** What stands around the first word that was looked for. */
const excerpt = (content: string, query: string): string => {
  const word = query.trim().split(/\s+/, 1)[0]?.toLowerCase() ?? '';
  const at = Math.max(0, content.toLowerCase().indexOf(word) - 60);
  return `${at > 0 ? '…' : ''}${content.slice(at, at + 240)}`;
};

const SHOWN_MS = 2500;

/** Once the page has been drawn with it. */
const show = (id: string): void => {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const element = document.getElementById(id);
      element?.scrollIntoView({ block: 'center' });
      element?.focus({ preventScroll: true });
      element?.classList.add('found-here');
      setTimeout(() => element?.classList.remove('found-here'), SHOWN_MS);
    }),
  );
};
