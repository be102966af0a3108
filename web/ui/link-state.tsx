/** The truth about the connection, always in sight. */
import { linkSentence } from '../state/link.js';
import { useAppState, useNow, useSession } from './context.js';

export const LinkState = () => {
  const session = useSession();
  const link = useAppState((state) => state.link);
  const now = useNow(link.state === 'waiting');
  const { text, tone } = linkSentence(link, now);
  // Read aloud when it becomes another state, not with every second of a countdown.
  const spoken = linkSentence(link, link.state === 'waiting' ? link.retryAtMs : now).text;
  return (
    <div class={`link-state ${tone}`}>
      <span class="dot" aria-hidden="true" />
      <span aria-hidden="true">{text}</span>
      <span class="visually-hidden" role="status">
        {spoken}
      </span>
      {link.state === 'closed' && (
        <button type="button" class="plain small" onClick={() => session.connectAgain()}>
          Connect again
        </button>
      )}
    </div>
  );
};

/** The same over the page, where it keeps somebody from working; on a phone the side is not in sight. */
export const LinkBanner = () => {
  const link = useAppState((state) => state.link);
  const now = useNow(link.state === 'waiting');
  const session = useSession();
  const { text, tone } = linkSentence(link, now);
  if (tone === 'good') return null;
  return (
    <div class={`banner ${tone}`}>
      <span class="dot" aria-hidden="true" />
      <span>{text}.</span>
      {link.state === 'closed' && (
        <button type="button" class="plain small" onClick={() => session.connectAgain()}>
          Connect again
        </button>
      )}
    </div>
  );
};
