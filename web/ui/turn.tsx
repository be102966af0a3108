/** A message, and its reply with the skills that it used. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { loadMarkdown, markdownView } from '../markdown/load.js';
import type { MarkdownView } from '../markdown/view.js';
import { type FinishReason, isRunning, type Reply, type SkillRun, type Turn } from '../state/conversation.js';
import { milliseconds } from '../state/figures.js';
import type { LiveText } from '../state/live-text.js';
import { useAppState, useSession } from './context.js';
import { putDraft } from './drafts.js';

export const TurnView = ({ turn }: { readonly turn: Turn }) => {
  const { messageId, message, reply, refused, clientId, at } = turn;
  return (
    <article class="turn">
      {message !== '' && (
        <div class="said" id={`said-${messageId}`} tabIndex={-1}>
          <span class="visually-hidden">{clientId === undefined ? 'You said: ' : `${clientId} said: `}</span>
          <div class={refused === undefined ? 'bubble' : 'bubble refused'}>{message}</div>
          <div class="meta">
            {clientId !== undefined && <span>from {clientId}</span>}
            {messageId === '' && refused === undefined && <Sending />}
            {messageId !== '' && at !== undefined && <Time at={at} />}
          </div>
        </div>
      )}
      {refused !== undefined && <Refused turn={turn} reason={refused} />}
      {reply !== null && (messageId !== '' || reply.state !== 'waiting') && (
        <ReplyView messageId={messageId} reply={reply} />
      )}
    </article>
  );
};

const Time = ({ at }: { readonly at: string }) => {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  const clock = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return (
    <time dateTime={at} title={date.toLocaleString()}>
      {isToday ? clock : `${date.toLocaleDateString()} ${clock}`}
    </time>
  );
};

const Sending = () => {
  const isOpen = useAppState((state) => state.link.state === 'open');
  return <span>{isOpen ? 'Sending…' : 'Waits for the connection'}</span>;
};

const Refused = ({ turn, reason }: { readonly turn: Turn; readonly reason: string }) => {
  const session = useSession();
  const again = (): void => putDraft(session.store.state.current, session.takeBack(turn));
  return (
    <div class="notice problem" role="alert">
      <span>Not sent: {reason}</span>
      <button type="button" class="plain small" onClick={again}>
        Edit and send again
      </button>
    </div>
  );
};

const ReplyView = ({ messageId, reply }: { readonly messageId: string; readonly reply: Reply }) => {
  const isOpen = useAppState((state) => state.link.state === 'open');
  const runs = isRunning(reply);
  return (
    <div class="reply" id={`reply-${messageId}`} tabIndex={-1}>
      <span class="visually-hidden">Reply: </span>
      {reply.skills.length > 0 && (
        <ul class="skills" aria-label="Skills used">
          {reply.skills.map((run) => (
            <Skill key={run.id} run={run} isOver={!runs} />
          ))}
        </ul>
      )}
      <Body text={reply.text} isDone={!runs} />
      {runs && (
        <div class="meta">
          <span class={isOpen ? 'writing' : 'writing paused'} aria-hidden="true" />
          {!isOpen && <span>Paused: not connected. It goes on where it stopped.</span>}
          {isOpen && reply.state === 'waiting' && <span>Waiting for the first word…</span>}
        </div>
      )}
      {!runs && <End reply={reply} />}
    </div>
  );
};

/** The text is drawn by itself, in animation frames, while it comes. Until it can be drawn it is shown as it is. */
const Body = ({ text, isDone }: { readonly text: LiveText; readonly isDone: boolean }) => {
  const container = useRef<HTMLDivElement>(null);
  const view = useRef<MarkdownView | null>(null);
  const [View, setView] = useState(() => markdownView());
  const isOpen = useAppState((state) => state.link.state === 'open');
  useEffect(() => {
    if (View !== null) return;
    loadMarkdown().then(
      () => setView(() => markdownView()),
      () => {},
    );
  }, [View, isOpen]);
  useLayoutEffect(() => {
    const { current: element } = container;
    if (element === null || View === null) return;
    element.replaceChildren();
    const own = new View(element);
    view.current = own;
    own.append(text.text);
    const stop = text.subscribe((piece) => own.append(piece));
    return () => {
      stop();
      own.dispose();
    };
  }, [text, View]);
  useEffect(() => {
    if (isDone) view.current?.end();
  }, [isDone, text, View]);
  if (View === null) {
    return (
      <div key="plain" class="markdown plain-text">
        {text.text}
      </div>
    );
  }
  return <div key="drawn" class="markdown" ref={container} />;
};

const ENDS: Readonly<Record<FinishReason, string>> = {
  stop: '',
  length: 'Ended at the model’s limit',
  cancelled: 'Stopped',
  interrupted: 'Cut off by a failure',
  error: 'No reply',
};

const End = ({ reply }: { readonly reply: Reply }) => {
  const { finishReason = 'stop', error, tokens, durationMs } = reply;
  const problem = ENDS[finishReason];
  const figures = [
    tokens === undefined ? '' : `${tokens.toLocaleString('en-US')} tokens`,
    durationMs === undefined ? '' : milliseconds(durationMs),
  ].filter(Boolean);
  return (
    <div class="meta">
      {problem !== '' && (
        <span class={finishReason === 'cancelled' ? 'ending' : 'ending bad'}>
          {error === undefined ? problem : `${problem}: ${error}`}
        </span>
      )}
      {figures.length > 0 && <span>{figures.join(' · ')}</span>}
    </div>
  );
};

const Skill = ({ run, isOver }: { readonly run: SkillRun; readonly isOver: boolean }) => {
  const { skill, ok, durationMs, result } = run;
  const state = ok === undefined ? (isOver ? 'unknown' : 'runs') : ok ? 'done' : 'failed';
  const words = { unknown: 'no result', runs: 'running…', done: 'done', failed: 'failed' }[state];
  return (
    <li>
      <details class={`skill ${state}`}>
        <summary>
          <span class="mark" aria-hidden="true" />
          <code>{skill}</code>
          <span class="quiet small">
            {words}
            {durationMs === undefined ? '' : ` · ${milliseconds(durationMs)}`}
          </span>
        </summary>
        {run.arguments !== undefined && (
          <Snippet label="Arguments" text={JSON.stringify(run.arguments, null, 2)} />
        )}
        {result !== undefined && <Snippet label={ok ? 'Result' : 'Failure'} text={result} />}
      </details>
    </li>
  );
};

const MOST_CHARS = 20_000;

const Snippet = ({ label, text }: { readonly label: string; readonly text: string }) => (
  <>
    <div class="quiet small">{label}</div>
    <pre tabIndex={0} role="group" aria-label={label}>
      {text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text}
    </pre>
  </>
);
