/** The page's session for everything below, and the state as hooks. */
import { createContext } from 'preact';
import { useContext, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { PageSession } from '../gateway/page-session.js';
import type { AppState } from '../state/app.js';

export const SessionContext = createContext<PageSession | null>(null);

export const useSession = (): PageSession => {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('There is no session around this.');
  return session;
};

/** A part of the state; renders again when it is another one. */
export const useAppState = <T>(select: (state: AppState) => T): T => {
  const { store } = useSession();
  const [, render] = useState({});
  const selected = select(store.state);
  const last = useRef(selected);
  const latest = useRef(select);
  last.current = selected;
  latest.current = select;
  useLayoutEffect(
    () =>
      store.subscribe(() => {
        if (latest.current(store.state) !== last.current) render({});
      }),
    [store],
  );
  return selected;
};

/** `Date.now()` that goes on by itself while `isWanted`. */
export const useNow = (isWanted: boolean, everyMs = 500): number => {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isWanted) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [isWanted, everyMs]);
  return now;
};

/** Listens at the document for as long as the component is there. */
export const useDocumentEvent = <N extends keyof DocumentEventMap>(
  name: N,
  listener: (event: DocumentEventMap[N]) => void,
): void => {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    const own = (event: DocumentEventMap[N]): void => latest.current(event);
    document.addEventListener(name, own);
    return () => document.removeEventListener(name, own);
  }, [name]);
};
