/** Reminders: what is to come, and what has come since this page was opened, the newest first. */
import '../styles/reminders.css';
import { useEffect } from 'preact/hooks';
import { kindOf, type Notice } from '../state/notices.js';
import { useAppState, useSession } from './context.js';
import { PageHead, ScrollBody } from './page-head.js';
import { Schedule } from './schedule.js';

export const RemindersPage = ({ onMenu }: { readonly onMenu: () => void }) => {
  const session = useSession();
  const notices = useAppState((state) => state.notices);
  const isAllowed = useAppState((state) => state.session?.scopes.includes('admin') ?? false);
  // What is here is read once it was here; what comes meanwhile, too.
  useEffect(() => () => session.readNotices(), [session]);
  return (
    <div class="page">
      <PageHead title="Reminders" onMenu={onMenu} />
      <ScrollBody isNarrow>
        {isAllowed && <Schedule />}
        <section aria-labelledby="arrived">
          <h2 id="arrived">Arrived</h2>
          {notices.length === 0 && (
            <p class="quiet">
              None since this page was opened. One that comes is shown wherever you are on this page.
            </p>
          )}
          <ul class="notices">
            {notices.map((notice) => (
              <Arrived key={notice.id} notice={notice} />
            ))}
          </ul>
        </section>
      </ScrollBody>
    </div>
  );
};

const Arrived = ({ notice }: { readonly notice: Notice }) => (
  <li class={notice.read ? '' : 'new'}>
    <div class="notice-head">
      <strong>{kindOf(notice)}</strong>
      {!notice.read && <span class="badge">new</span>}
      <time class="quiet small" dateTime={notice.created_at}>
        {new Date(notice.created_at).toLocaleString()}
      </time>
    </div>
    <div class="msg">{notice.msg}</div>
  </li>
);
