/** A reply of 20 000 words on the screen: whole, and without a frame in which somebody would notice it. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startTestGateway } from '../helpers/gateway.js';
import { mockModels, modelConfig } from '../helpers/models.js';
import { closeBrowser, newPage } from './browser.js';
import { NEEDS_BROWSER } from './chromium.js';
import { servePage } from './page-server.js';

const WORDS = 20_000;
/** The goal is 50 ms, on a machine that has nothing else to do; drawing everything anew with each piece takes seconds. */
const MAX_FRAME_MS = 400;

const words = (count: number): string => Array.from({ length: count }, (_, at) => `word${at % 97}`).join(' ');

/** Markdown as models write it. */
const SECTION = `## About ${words(3)}

${words(80)} **${words(3)}** and \`code\`, [a link](https://example.org), ${words(60)}.

- ${words(12)}
- ${words(9)}
  - ${words(7)}
- ${words(11)}

| name | what | how much |
|---|---|---:|
| ${words(2)} | ${words(6)} | 12 |
| ${words(2)} | ${words(5)} | 7 |

\`\`\`ts
const ${words(1)} = 1;
// ${words(12)}
\`\`\`

> ${words(30)}

`;

const TEXTS = {
  'Markdown of all kinds': SECTION.repeat(Math.ceil(WORDS / SECTION.split(/\s+/).length)),
  'one paragraph': words(WORDS),
  'one list': `- ${words(8)}\n`.repeat(WORDS / 9),
  'one block of code': `\`\`\`\n${`${words(8)}\n`.repeat(WORDS / 8)}\`\`\``,
};

after(closeBrowser);

for (const [what, content] of Object.entries(TEXTS)) {
  test(`a reply of 20 000 words, ${what}`, NEEDS_BROWSER, async (t) => {
    const models = await mockModels(t, (server) => {
      server.onMessage(/.*/, { content }, { chunkSize: 24 });
    });
    const gateway = await startTestGateway(t, { config: modelConfig({ base_url: models.baseUrl }) });
    const server = await servePage(t, gateway.port);
    const { page } = await newPage(t);
    await page.goto(server.url);
    await page.getByLabel('Token').fill(gateway.token);
    await page.getByLabel('Token').press('Enter');
    await page.getByLabel('Message', { exact: true }).waitFor();
    // The last of what the page fetches before anybody needs it.
    await page.waitForFunction(() =>
      performance.getEntriesByType('resource').some(({ name }) => /\/status-[^/]*\.js$/.test(name)),
    );
    await page.evaluate(() => {
      const measured = { longMs: [] as number[], gapMs: 0, frames: 0 };
      Object.assign(globalThis, { measured });
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) measured.longMs.push(Math.round(duration));
      }).observe({ type: 'long-animation-frame' });
      let lastMs = performance.now();
      const frame = (nowMs: number): void => {
        measured.frames++;
        measured.gapMs = Math.max(measured.gapMs, nowMs - lastMs);
        lastMs = nowMs;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
    await page.getByLabel('Message', { exact: true }).fill('Go on');
    await page.getByLabel('Message', { exact: true }).press('Enter');
    await page.locator('.reply .meta', { hasText: 'tokens' }).waitFor();
    const { longMs, gapMs, frames } = await page.evaluate(
      () =>
        (globalThis as unknown as { measured: { longMs: number[]; gapMs: number; frames: number } }).measured,
    );
    const longest = Math.max(0, ...longMs);
    t.diagnostic(
      `${frames} frames, ${longMs.length} over 50 ms, the longest ${longest} ms; longest between two ${Math.round(gapMs)} ms`,
    );
    assert.ok(longest <= MAX_FRAME_MS, `${longest} ms`);
    // The end may be known before all of it is drawn.
    const count = [...content.matchAll(/word\d+/g)].length;
    await page.waitForFunction(
      (wanted) =>
        (document.querySelector('.markdown')?.textContent?.match(/word\d+/g)?.length ?? 0) === wanted,
      count,
    );
  });
}
