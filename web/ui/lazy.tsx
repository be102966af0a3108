/** A page that is fetched when somebody wants to see it. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export const lazy = <P extends object>(fetch: () => Promise<ComponentType<P>>): ComponentType<P> => {
  let loaded: ComponentType<P> | null = null;
  return (props: P) => {
    const [, render] = useState({});
    const [hasFailed, setFailed] = useState(false);
    useEffect(() => {
      if (loaded !== null) return;
      fetch().then(
        (component) => {
          loaded = component;
          render({});
        },
        () => setFailed(true),
      );
    }, []);
    if (loaded !== null) {
      const Loaded = loaded;
      return <Loaded {...props} />;
    }
    if (!hasFailed) return <p class="quiet centred">Loading…</p>;
    return (
      <p class="quiet centred" role="alert">
        This part of the page could not be loaded. Reload it when the gateway can be reached.
      </p>
    );
  };
};
