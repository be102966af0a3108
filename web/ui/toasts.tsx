/** Reminders and alerts as they come, for a while. They stay in the list. */
import { useEffect } from 'preact/hooks';
import { kindOf, type Notice } from '../state/notices.js';
import { useAppState, useSession } from './context.js';
import { Icon } from './icons.js';

const SHOWN_MS = 15_000;

export const Toasts = () => {
  const notices = useAppState((state) => state.notices);
  const problem = useAppState((state) => state.problem);
  const session = useSession();
  return (
    <>
      {/* It is there before what it says, so that it is read aloud. */}
      <div class="toasts" role="log" aria-live="polite" aria-label="Reminders and alerts">
        {notices
          .filter(({ toast }) => toast)
          .map((notice) => (
            <Toast key={notice.id} notice={notice} />
          ))}
      </div>
      <div class="toasts problem-toast" role="alert">
        {problem !== null && (
          <div class="toast problem">
            <div>{problem}</div>
            <button type="button" class="icon-button" onClick={() => session.forgetProblem()}>
              <Icon name="close" />
              <span class="visually-hidden">Dismiss</span>
            </button>
          </div>
        )}
      </div>
    </>
  );
};

const Toast = ({ notice }: { readonly notice: Notice }) => {
  const session = useSession();
  const { id, type, msg } = notice;
  useEffect(() => {
    const timer = setTimeout(() => session.dismissToast(id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, session]);
  return (
    <div class={`toast ${type === 'alert' ? 'problem' : ''}`}>
      <div>
        <strong>{kindOf(notice)}</strong>
        <div class="msg">{msg}</div>
      </div>
      <button type="button" class="icon-button" onClick={() => session.dismissToast(id)}>
        <Icon name="close" />
        <span class="visually-hidden">Dismiss</span>
      </button>
    </div>
  );
};
