/** What is true of the connection, where it is seen. */
import { linkSentence } from '../state/link.js';
import { useAppState, useNow, useSession } from './context.js';

/** What somebody can do about it. */
export const LinkAction = () => {
  const session = useSession();
  const state = useAppState(({ link }) => link.state);
  if (state === 'waiting') {
    return (
      <button type="button" class="plain small" onClick={() => session.retryNow()}>
        Try now
      </button>
    );
  }
  if (state !== 'closed') return null;
  return (
    <button type="button" class="plain small" onClick={() => session.connectAgain()}>
      Connect again
    </button>
  );
};

/** The truth about the connection, always in sight. */
export const LinkState = () => {
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
      <LinkAction />
    </div>
  );
};

/** The same over the page, where it keeps somebody from working; on a phone the side is not in sight. */
export const LinkBanner = () => {
  const link = useAppState((state) => state.link);
  const now = useNow(link.state === 'waiting');
  const { text, tone } = linkSentence(link, now);
  if (tone === 'good') return null;
  return (
    <div class={`banner ${tone}`}>
      <span class="dot" aria-hidden="true" />
      <span>{text}.</span>
      <LinkAction />
    </div>
  );
};
