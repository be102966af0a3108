/** Markdown as elements that are safe to show: marked writes HTML, DOMPurify keeps of it what is text and nothing else. */
import createPurifier, { type Config } from 'dompurify';
import { Lexer, Marked, type Tokens } from 'marked';
import { isTooDeep } from './blocks.js';

/** Link definitions of a message, as marked keeps them. */
export type Links = Lexer['tokens']['links'];

export const noLinks = (): Links => Object.create(null) as Links;

const TAGS =
  'a p br hr h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong del s b i u sub sup kbd mark small table thead tbody tr th td details summary dl dt dd';

const SAFE = {
  ALLOWED_TAGS: [...TAGS.split(' '), '#text'],
  ALLOWED_ATTR: ['href', 'title', 'align', 'start', 'open'],
  // Nothing relative: that would lead into the gateway's own pages.
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  // They lead nowhere, so the rule for addresses is not for them.
  ADD_URI_SAFE_ATTR: ['align', 'start', 'open'],
  RETURN_DOM_FRAGMENT: true,
} as const satisfies Config;

/** Tags that a model may write itself, without attributes. All others are shown as they were written. */
const PLAIN_TAGS =
  /<!--[\s\S]*?-->|(<\/?(?:br|sub|sup|kbd|mark|small|b|i|u|s|em|strong|dl|dt|dd|details|summary)\s*\/?>)|</gi;

const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

const plain = (text: string): string => `<p>${escaped(text)}</p>`;

const marked = new Marked({
  gfm: true,
  renderer: {
    // The page has a heading of its own above these.
    heading({ tokens, depth }: Tokens.Heading): string {
      const level = Math.min(6, depth + 1);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
    },
    html({ text }: Tokens.HTML | Tokens.Tag): string {
      return text.replace(PLAIN_TAGS, (found: string, tag?: string) => tag ?? (found === '<' ? '&lt;' : ''));
    },
    checkbox({ checked }: Tokens.Checkbox): string {
      return checked ? '☑ ' : '☐ ';
    },
    // An image would be a request to a stranger, who then knows who reads this, and when.
    image({ href, text }: Tokens.Image): string {
      return `<a href="${escaped(href)}">${escaped(text === '' ? href : text)} (image)</a>`;
    },
  },
});

/** @returns the elements of a block of Markdown; its link definitions are added to `links` */
export const renderMarkdown = (text: string, links: Links): DocumentFragment => {
  const lexer = new Lexer(marked.defaults);
  lexer.tokens.links = links;
  let html: string;
  try {
    html = isTooDeep(text) ? plain(text) : marked.parser(lexer.lex(text));
  } catch {
    // Nested deeper than a stack holds.
    html = plain(text);
  }
  const fragment = createPurifier.sanitize(html, SAFE) as unknown as DocumentFragment;
  for (const link of fragment.querySelectorAll('a[href]')) {
    link.setAttribute('target', '_blank');
    link.setAttribute('rel', 'noopener noreferrer nofollow');
  }
  for (const table of fragment.querySelectorAll('table')) {
    const box = scrollable(document.createElement('div'), 'Table');
    box.className = 'table';
    table.replaceWith(box);
    box.append(table);
  }
  for (const code of fragment.querySelectorAll('pre')) scrollable(code, 'Code');
  return fragment;
};

/** What may be wider than the page can be scrolled with the keyboard. */
export const scrollable = <E extends HTMLElement>(element: E, label: string): E => {
  element.tabIndex = 0;
  element.setAttribute('role', 'group');
  element.setAttribute('aria-label', label);
  return element;
};
