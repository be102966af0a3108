/** The part of the page that draws Markdown: half of all its bytes, and not needed before something has been said. */
import type { MarkdownView } from './view.js';

let view: typeof MarkdownView | null = null;
let loading: Promise<void> | null = null;

/** The view's class, once it is there. */
export const markdownView = (): typeof MarkdownView | null => view;

/** @returns when it is there; tries again where the gateway could not be reached */
export const loadMarkdown = (): Promise<void> => {
  loading ??= import('./view.js').then(
    (module) => {
      view = module.MarkdownView;
      module.warmUp();
    },
    (error) => {
      loading = null;
      throw error;
    },
  );
  return loading;
};
