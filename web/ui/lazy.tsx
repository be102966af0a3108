/** A part of the page that is fetched when somebody wants to see it. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const RETRY_MS = 1000;

/** A component, with a function that fetches it before anybody needs it: the gateway may be gone by then. */
export type Lazy<P> = ComponentType<P> & { readonly prefetch: () => Promise<void> };

export const lazy = <P extends object>(fetch: () => Promise<ComponentType<P>>): Lazy<P> => {
  let loaded: ComponentType<P> | null = null;
  const prefetch = async (): Promise<void> => {
    try {
      loaded ??= await fetch();
    } catch {
      // The gateway may be back in a moment.
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      loaded ??= await fetch();
    }
  };
  const Page = (props: P) => {
    const [, render] = useState({});
    const [hasFailed, setFailed] = useState(false);
    useEffect(() => {
      // Where it came between the first rendering and this one, too.
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
