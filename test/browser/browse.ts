/** A page in a real browser, which is watched: what goes wrong in it, or leaves this machine, fails the test. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { chromiumProgram } from './chromium.js';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Whatever a page asks for, no name but these leads anywhere.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];
/** How long a page may take for one step. */
const PATIENCE_MS = 20_000;

const MAX_SIGHT_CHARACTERS = 1000;

export interface View {
  readonly width: number;
  readonly height: number;
}

export interface BrowseOptions {
  readonly theme?: 'light' | 'dark';
  readonly view?: View;
  /** Pixels of the screen for each of the page's. */
  readonly scale?: number;
  /** Problems that the test itself brings about, such as a connection that it breaks. */
  readonly expected?: readonly RegExp[];
  /** Certificates that nobody vouches for are taken. */
  readonly anyCertificate?: boolean;
}

const isLocal = (url: string): boolean => {
  const { protocol, hostname } = new URL(url);
  return ['data:', 'blob:', 'about:'].includes(protocol) || ['127.0.0.1', 'localhost'].includes(hostname);
};

/** Collects what goes wrong from now on, as sentences. */
const watch = (page: Page, problems: string[]): void => {
  page.on('console', (message) => {
    const { url = '' } = message.location();
    if (['error', 'warning'].includes(message.type())) {
      problems.push(`console ${message.type()}: ${message.text()} (${url})`);
    }
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.stack ?? error.message}`));
  page.on('crash', () => problems.push('the page crashed'));
  page.on('request', (request) => {
    if (!isLocal(request.url())) problems.push(`a request leaves this machine: ${request.url()}`);
  });
  page.on('requestfailed', (request) =>
    problems.push(`failed: ${request.method()} ${request.url()}: ${request.failure()?.errorText}`),
  );
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  page.on('websocket', (socket) => {
    if (!isLocal(socket.url())) problems.push(`a WebSocket leaves this machine: ${socket.url()}`);
    socket.on('socketerror', (error) => problems.push(`WebSocket: ${error}`));
  });
};

/** In the page: what its policy keeps it from becomes an error like others. */
const reportViolations = (): void => {
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    console.error(`Content-Security-Policy, ${violatedDirective}: ${blockedURI}`),
  );
};

const open = (folder: string, options: BrowseOptions): Promise<BrowserContext> => {
  const { path, env } = chromiumProgram();
  const { theme = 'light', view = { width: 1280, height: 800 }, scale = 1 } = options;
  return chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: path,
    args: FLAGS,
    // Nothing of it is left anywhere else.
    env: { PATH: process.env.PATH ?? '', HOME: folder, TMPDIR: folder, ...env },
    colorScheme: theme,
    viewport: view,
    deviceScaleFactor: scale,
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    ignoreHTTPSErrors: options.anyCertificate ?? false,
    // The application has none, and behind one the watch would be blind.
    serviceWorkers: 'block',
  });
};

/** What a test's failure says besides, below what it says already. */
const explain = (error: unknown, lines: readonly string[]): void => {
  if (error instanceof Error) error.stack = [error.stack, ...lines].join('\n');
};

const sight = async (page: Page): Promise<string> => {
  const { url, text } = await page.evaluate(() => ({
    url: location.href,
    text: document.body.textContent ?? '',
  }));
  return `${url} showed: ${text.replaceAll(/\s+/g, ' ').slice(0, MAX_SIGHT_CHARACTERS)}`;
};

/**
 * Opens an empty page in a new browser, which is gone when `use` ends.
 * @param use gets the page, and what has gone wrong in it so far: whoever expects some of that takes it out
 * @throws AssertionError where anything has gone wrong that was not expected
 */
export const browse = async (
  use: (page: Page, problems: string[]) => Promise<void>,
  options: BrowseOptions = {},
): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-browser-'));
  const problems: string[] = [];
  try {
    const context = await open(folder, options);
    try {
      context.setDefaultTimeout(PATIENCE_MS);
      await context.addInitScript(reportViolations);
      const page = context.pages()[0] ?? (await context.newPage());
      watch(page, problems);
      try {
        await use(page, problems);
      } catch (error) {
        explain(error, [...problems, await sight(page).catch(() => 'the page cannot be read')]);
        throw error;
      }
      // What the page had to say of its last step.
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
      page.removeAllListeners();
    } finally {
      await context.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  const unexpected = problems.filter(
    (problem) => !options.expected?.some((pattern) => pattern.test(problem)),
  );
  assert.deepEqual(unexpected, []);
};
