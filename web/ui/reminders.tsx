/** Every reminder and alert that has come since this page was opened, the newest first. */
import { useEffect } from 'preact/hooks';
import { kindOf } from '../state/notices.js';
import { useAppState, useSession } from './context.js';
import { PageHead, ScrollBody } from './page-head.js';

export const RemindersPage = ({ onMenu }: { readonly onMenu: () => void }) => {
  const session = useSession();
  const notices = useAppState((state) => state.notices);
  // What is here is read once it was here; what comes meanwhile, too.
  useEffect(() => () => session.readNotices(), [session]);
  return (
    <div class="page">
      <PageHead title="Reminders" onMenu={onMenu} />
      <ScrollBody isNarrow>
        {notices.length === 0 && (
          <p class="quiet">
            None has come yet. <code>openclaw notify "Stand up" --in 10m</code> makes one; it is shown
            wherever you are on this page.
          </p>
        )}
        <ul class="notices">
          {notices.map((notice) => (
            <li key={notice.id} class={notice.read ? '' : 'new'}>
              <div class="notice-head">
                <strong>{kindOf(notice)}</strong>
                {!notice.read && <span class="badge">new</span>}
                <time class="quiet small" dateTime={notice.created_at}>
                  {new Date(notice.created_at).toLocaleString()}
                </time>
              </div>
              <div class="msg">{notice.msg}</div>
            </li>
          ))}
        </ul>
      </ScrollBody>
    </div>
  );
};
