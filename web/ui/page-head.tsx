/** The head of a page: its title, and on a phone the way to the side. */
import type { ComponentChildren } from 'preact';
import { Icon } from './icons.js';
import { LinkBanner } from './link-state.js';

interface PageHeadProps {
  readonly title: string;
  readonly onMenu: () => void;
  readonly children?: ComponentChildren;
}

export const PageHead = ({ title, onMenu, children }: PageHeadProps) => (
  <>
    <header class="page-head">
      <button type="button" class="icon-button menu" onClick={onMenu}>
        <Icon name="menu" />
        <span class="visually-hidden">Channels and pages</span>
      </button>
      <h1>{title}</h1>
      <div class="head-actions">{children}</div>
    </header>
    <LinkBanner />
  </>
);

interface ScrollBodyProps {
  readonly isNarrow?: boolean;
  readonly children: ComponentChildren;
}

/** What is under the head, scrolled with the keyboard as well. */
export const ScrollBody = ({ isNarrow = false, children }: ScrollBodyProps) => (
  <section class={isNarrow ? 'page-body narrow' : 'page-body'} tabIndex={0} aria-label="Content">
    {children}
  </section>
);
