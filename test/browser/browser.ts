/** A real browser for tests of the page. */
import type { TestContext } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { atEnd } from '../helpers/gateway.js';
import { chromiumProgram } from './chromium.js';

/** What a page has complained about, and what it asked of others than its own server. */
export interface Watched {
  readonly page: Page;
  readonly errors: string[];
  readonly foreign: string[];
}

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];

let browser: Promise<Browser> | null = null;

/** An empty page of a profile of its own, gone after the test; the browser is shared by the tests of a file. */
export const newPage = async (t: TestContext, options: BrowserContextOptions = {}): Promise<Watched> => {
  const { path, env } = chromiumProgram();
  browser ??= chromium.launch({
    executablePath: path,
    args: FLAGS,
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  const context = await (await browser).newContext(options);
  atEnd(t, () => context.close());
  const page = await context.newPage();
  const watched: Watched = { page, errors: [], foreign: [] };
  page.on('pageerror', (error) => watched.errors.push(String(error)));
  page.on('console', (message) => {
    // A gateway that is gone is no mistake of the page.
    if (message.type() === 'error' && !/WebSocket connection|ERR_/.test(message.text())) {
      watched.errors.push(message.text());
    }
  });
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (/^https?:$/.test(protocol) && host !== new URL(page.url()).host && page.url() !== 'about:blank') {
      watched.foreign.push(request.url());
    }
  });
  return watched;
};

export const closeBrowser = async (): Promise<void> => {
  await (await browser)?.close();
  browser = null;
};
