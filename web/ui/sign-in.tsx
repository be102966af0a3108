/** The way in: a token, kept for as long as the tab is open and sent to the gateway alone. */
import { useRef } from 'preact/hooks';
import { rememberedToken } from '../gateway/remembered.js';
import { linkSentence } from '../state/link.js';
import { useAppState, useNow, useSession } from './context.js';
import { LinkAction } from './link-state.js';

export const SignIn = () => {
  const session = useSession();
  const link = useAppState((state) => state.link);
  const now = useNow(link.state === 'waiting');
  const field = useRef<HTMLInputElement>(null);
  const isBusy = link.state === 'connecting' || link.state === 'waiting';
  const submit = (event: Event): void => {
    event.preventDefault();
    const token = field.current?.value.trim() ?? '';
    if (token === '') field.current?.focus();
    else void session.signIn(token);
  };
  const reason = link.state === 'signed-out' ? link.reason : undefined;
  const isKnown = isBusy && rememberedToken() !== null;
  return (
    <main class="sign-in">
      <form class="card" onSubmit={submit} aria-busy={isBusy}>
        <img src={new URL('../icon.svg', import.meta.url).href} alt="" width="44" height="44" />
        <h1>OpenClaw</h1>
        {!isKnown && (
          <>
            <p class="quiet" id="token-hint">
              Sign in with a token. <code>openclaw token show</code> prints the one of this machine.
            </p>
            <label for="token">Token</label>
            <input
              ref={field}
              id="token"
              type="password"
              autocomplete="off"
              spellcheck={false}
              autoFocus
              aria-describedby="token-hint"
              aria-invalid={reason !== undefined}
              placeholder="oc_…"
            />
            {reason !== undefined && (
              <p class="error" role="alert">
                {reason}
              </p>
            )}
            <button type="submit" class="primary" disabled={isBusy}>
              {isBusy ? 'Connecting…' : 'Sign in'}
            </button>
          </>
        )}
        <p class="quiet" role="status">
          {isBusy && (isKnown || link.state === 'waiting') ? `${linkSentence(link, now).text}` : ''}
        </p>
        <LinkAction />
        {isBusy && (
          <button type="button" class="plain" onClick={() => session.signOut()}>
            {isKnown ? 'Use another token' : 'Cancel'}
          </button>
        )}
        <p class="quiet small">The token stays in this tab and is forgotten when you close it.</p>
      </form>
    </main>
  );
};
