/** What is to be told later: as a list from which it can be taken, and a form that adds to it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Scheduled } from '../gateway/schedule.js';
import { kindOf } from '../state/notices.js';
import { useAppState, useSession } from './context.js';

/** Others may add to it, and no event tells of that. */
const LOOK_EVERY_MS = 15_000;
const MAX_CHARS = 2048;
const SOON_MS = 10 * 60_000;

export const Schedule = () => {
  const session = useSession();
  const isOpen = useAppState((state) => state.link.state === 'open');
  // What arrives is to come no more.
  const newest = useAppState(({ notices }) => notices[0]?.id);
  const [scheduled, setScheduled] = useState<readonly Scheduled[] | null>(null);
  const look = async (): Promise<void> => {
    const found = await session.schedule();
    if (found !== null) setScheduled(found);
  };
  useEffect(() => {
    if (!isOpen) return;
    void look();
    const timer = setInterval(() => !document.hidden && void look(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isOpen, newest]);
  const cancel = async (id: string): Promise<void> => {
    await session.cancelReminder(id);
    await look();
  };
  return (
    <section aria-labelledby="scheduled">
      <h2 id="scheduled">To come</h2>
      <NewReminder onAdded={look} />
      {scheduled?.length === 0 && <p class="quiet">Nothing is scheduled.</p>}
      <ul class="notices">
        {scheduled?.map((each) => (
          <Item key={each.notification_id} scheduled={each} onCancel={cancel} />
        ))}
      </ul>
    </section>
  );
};

interface ItemProps {
  readonly scheduled: Scheduled;
  readonly onCancel: (id: string) => void;
}

const Item = ({ scheduled, onCancel }: ItemProps) => {
  const { notification_id: id, msg, due_at, cron, client_id, state } = scheduled;
  return (
    <li class="scheduled">
      <div class="what">
        <div class="notice-head">
          <strong>{kindOf(scheduled)}</strong>
          <span class="quiet small">
            {state === 'pending' ? 'waits to be delivered, since ' : cron !== undefined && 'next '}
            <time dateTime={due_at}>{new Date(due_at).toLocaleString()}</time>
            {client_id !== undefined && ` · for ${client_id}`}
          </span>
          {cron !== undefined && <code title="Minute, hour, day, month, day of the week">{cron}</code>}
        </div>
        <div class="msg">{msg}</div>
      </div>
      <button type="button" onClick={() => onCancel(id)}>
        Cancel<span class="visually-hidden"> {msg}</span>
      </button>
    </li>
  );
};

/** As a field for local times wants it: without the zone, and without seconds. */
const localTime = (ms: number): string => {
  const zoneMs = new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(ms - zoneMs).toISOString().slice(0, 16);
};

const NewReminder = ({ onAdded }: { readonly onAdded: () => void }) => {
  const session = useSession();
  const msg = useRef<HTMLInputElement>(null);
  const at = useRef<HTMLInputElement>(null);
  const [soon] = useState(() => localTime(Date.now() + SOON_MS));
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const [what, when] = [msg.current, at.current];
    if (what === null || when === null) return;
    if (!(await session.remind(what.value.trim(), new Date(when.value).toISOString()))) return;
    what.value = '';
    onAdded();
  };
  return (
    <form class="new-reminder" onSubmit={submit}>
      <input
        ref={msg}
        aria-label="Remind me of"
        placeholder="Remind me of…"
        required
        pattern=".*\S.*"
        maxLength={MAX_CHARS}
        autocomplete="off"
      />
      <input ref={at} type="datetime-local" aria-label="At" required defaultValue={soon} />
      <button type="submit">Add</button>
    </form>
  );
};
