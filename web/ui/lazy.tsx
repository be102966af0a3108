/** A page that is fetched when somebody wants to see it. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** A component, with a function that fetches it before anybody needs it: the gateway may be gone by then. */
export type Lazy<P> = ComponentType<P> & { readonly prefetch: () => Promise<void> };

export const lazy = <P extends object>(fetch: () => Promise<ComponentType<P>>): Lazy<P> => {
  let loaded: ComponentType<P> | null = null;
  const prefetch = async (): Promise<void> => {
    loaded ??= await fetch();
  };
  const Page = (props: P) => {
    const [, render] = useState({});
    const [hasFailed, setFailed] = useState(false);
    // As it is drawn: what was fetched between that and the effect is drawn by nobody else.
    const isMissing = loaded === null;
    useEffect(() => {
      if (!isMissing) return;
      prefetch().then(
        () => render({}),
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
  return Object.assign(Page, { prefetch });
};
