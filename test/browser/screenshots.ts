/**
 * Pictures of each page of the web UI for the documentation: `npm run screenshots` writes `docs/images/`. No test of
 * `npm test`, but run like one.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startTestGateway } from '../helpers/gateway.js';
import { mockModels, modelConfig } from '../helpers/models.js';
import { until } from '../helpers/system.js';
import { PAGES, type PageName, SHOWN, signIn } from './application.js';
import { browse, type View } from './browse.js';
import { NEEDS_BROWSER } from './chromium.js';
import { optimisePng } from './png.js';

/** `docs/images`: this file runs from `dist/test/browser`. */
const FOLDER = join(import.meta.dirname, '../../../docs/images');
const MAX_BYTES = 200_000;
/** Points of a curve. */
const MIN_FIGURES = 6;

const THEMES = ['light', 'dark'] as const;
const VIEWS: Readonly<Record<string, View & { readonly scale: number }>> = {
  '': { width: 1280, height: 800, scale: 1 },
  '-phone': { width: 390, height: 844, scale: 2 },
};

const TALK: readonly (readonly [question: string, answer: string])[] = [
  [
    'What is a token bucket?',
    'A **token bucket** limits how often something may happen:\n\n- it holds a few tokens, one for each request,\n- tokens come back at a steady rate,\n- and who finds it empty has to wait.\n\nSo short bursts pass, while the average stays bounded.',
  ],
  [
    'Show me one in TypeScript, please.',
    'Time is an argument, so that it can be tested:\n\n```ts\nclass TokenBucket {\n  #tokens = 20;\n  #atMs = 0;\n\n  take(nowMs: number): boolean {\n    const back = ((nowMs - this.#atMs) / 1000) * 10;\n    this.#tokens = Math.min(20, this.#tokens + back);\n    this.#atMs = nowMs;\n    if (this.#tokens < 1) return false;\n    this.#tokens -= 1;\n    return true;\n  }\n}\n```\n\nTwenty at once, then ten a second.',
  ],
];

/** A gateway whose default channel has a conversation in it, held through the protocol. */
const prepare = async (t: TestContext): Promise<{ readonly url: string; readonly token: string }> => {
  const models = await mockModels(t, (server) => {
    for (const [question, content] of TALK) server.onMessage(question, { content });
  });
  const reasoning = { base_url: `${models.url}/v1`, model: 'assistant' };
  const under = await startTestGateway(t, { config: modelConfig(reasoning) });
  const client = await under.login();
  for (const name of ['coding', 'research', 'writing']) await client.call('channel.create', { name });
  for (const [message] of TALK) {
    const { message_id } = await client.call('chat.send', { message });
    const { finish_reason } = await client.complete(message_id);
    assert.equal(finish_reason, 'stop');
  }
  await client.call('system.notify', {
    type: 'reminder',
    msg: 'Look at yesterday’s alerts',
    cron: '0 9 * * 1-5',
  });
  await client.call('system.notify', { type: 'reminder', msg: 'Stand-up in ten minutes', in_seconds: 3600 });
  return { url: `http://127.0.0.1:${under.port}`, token: under.token };
};

/** Counts what the page is told of the gateway's state, of which it draws curves. */
const countFigures = (page: Page): (() => number) => {
  let count = 0;
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      if (`${payload}`.includes('"active_connections"')) count += 1;
    }),
  );
  return () => count;
};

const picture = (name: PageName | 'sign-in', theme: string, suffix: string): string =>
  `web-${name}-${theme}${suffix}.png`;

test('pictures of the web UI', NEEDS_BROWSER, async (t) => {
  const { url, token } = await prepare(t);
  mkdirSync(FOLDER, { recursive: true });
  for (const [suffix, { scale, ...view }] of Object.entries(VIEWS)) {
    for (const theme of THEMES) {
      await browse(
        async (page) => {
          const figures = countFigures(page);
          const take = async (name: PageName | 'sign-in'): Promise<void> => {
            const png = optimisePng(await page.screenshot({ animations: 'disabled', caret: 'hide' }));
            const file = picture(name, theme, suffix);
            assert.ok(png.length < MAX_BYTES, `${file} has ${png.length} bytes, more than ${MAX_BYTES}`);
            writeFileSync(join(FOLDER, file), png);
            t.diagnostic(`${file}: ${Math.ceil(png.length / 1000)} KB`);
          };
          await page.goto(url);
          await page.getByRole('button', { name: 'Sign in' }).waitFor();
          await take('sign-in');
          await signIn(page, token);
          for (const name of Object.keys(PAGES) as PageName[]) {
            await page.goto(`${url}${PAGES[name]}`);
            await SHOWN[name](page, TALK.at(-1)?.[0] ?? '');
            if (name === 'status') await until(() => figures() >= MIN_FIGURES, 'figures for the curves');
            await take(name);
          }
        },
        { theme, view, scale },
      );
    }
  }
});
