/** Where the next message is written. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { conversationOf } from '../state/app.js';
import { running } from '../state/conversation.js';
import { useAppState, useSession } from './context.js';
import { draftOf, keepDraft, onDraftPut } from './drafts.js';
import { Icon } from './icons.js';

/** A text that is longer fills the field. */
const MEASURED_CHARS = 4000;

interface ComposerProps {
  readonly channel: string;
  /** Whether the token is for this. */
  readonly isAllowed: boolean;
}

export const Composer = ({ channel, isAllowed }: ComposerProps) => {
  const session = useSession();
  const link = useAppState((state) => state.link.state);
  const conversation = useAppState((state) => conversationOf(state, channel));
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => draftOf(channel));
  const active = running(conversation);
  const isOff = !isAllowed || link === 'closed';

  const change = (next: string): void => {
    keepDraft(channel, next);
    setText(next);
  };
  useEffect(
    () =>
      onDraftPut(() => {
        setText(draftOf(channel));
        field.current?.focus();
      }),
    [channel],
  );
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, []);
  // As high as what is in it; the style sheet says how high that may be.
  useLayoutEffect(() => {
    const { current: element } = field;
    if (element === null) return;
    // Measuring a long text takes longer than anybody would wait, and it is as high as can be anyway.
    const isLong = text.length > MEASURED_CHARS;
    element.style.height = isLong ? '100vh' : 'auto';
    if (!isLong) element.style.height = `${element.scrollHeight}px`;
  }, [text]);

  const send = (): void => {
    if (text.trim() === '' || isOff) return;
    session.send(text);
    change('');
    field.current?.focus();
  };
  const stop = (): void => {
    const [first] = active;
    if (first !== undefined) void session.stop(first);
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && active.length > 0) {
      event.preventDefault();
      stop();
      return;
    }
    const isSend = event.key === 'Enter' && !event.shiftKey && !event.isComposing;
    // A keyboard on glass has no Shift+Enter: there Enter is a new line.
    if (!isSend || matchMedia('(pointer: coarse)').matches) return;
    event.preventDefault();
    send();
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    send();
  };
  return (
    <form class="composer" onSubmit={submit}>
      <div class="composer-box">
        <label class="visually-hidden" for="message">
          Message
        </label>
        <textarea
          id="message"
          ref={field}
          rows={1}
          value={text}
          disabled={isOff}
          placeholder={isAllowed ? 'Write a message' : 'Your token does not allow sending messages'}
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={pressed}
        />
        {active.length > 0 && (
          <button type="button" class="stop" onClick={stop} title="Stop the reply (Esc)">
            <span class="square" aria-hidden="true" /> Stop
          </button>
        )}
        <button type="submit" class="send" disabled={isOff || text.trim() === ''} title="Send (Enter)">
          <Icon name="send" />
          <span class="visually-hidden">Send</span>
        </button>
      </div>
    </form>
  );
};
