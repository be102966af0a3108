/** A reply of 20 000 words on the screen: whole, and without a frame in which somebody would notice it. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startTestGateway } from '../helpers/gateway.js';
import { mockModels, modelConfig } from '../helpers/models.js';
import { closeBrowser, newPage } from './browser.js';
import { NEEDS_BROWSER } from './chromium.js';
import { signIn, untilFetched } from './conversation.js';
import { watchMainThread } from './main-thread.js';

const WORDS = 20_000;
/** Of a processor, without a pause: three times of what was measured, and what nobody notices. */
const MAX_TASK_CPU_MS = 50;
/** Of the text, drawn in one frame: whatever is drawn again is drawn in pieces, too. */
const MAX_SHARE = 0.5;

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
  'one table': `| a | b | c |\n|---|---|---|\n${`| ${words(3)} | ${words(3)} | ${words(3)} |\n`.repeat(WORDS / 9)}`,
  'one block of code': `\`\`\`\n${`${words(8)}\n`.repeat(WORDS / 8)}\`\`\``,
};

after(closeBrowser);

for (const [what, content] of Object.entries(TEXTS)) {
  test(`a reply of 20 000 words, ${what}`, NEEDS_BROWSER, async (t) => {
    const models = await mockModels(t, (server) => {
      server.onMessage(/.*/, { content }, { chunkSize: 24 });
    });
    const gateway = await startTestGateway(t, { config: modelConfig({ base_url: models.baseUrl }) });
    const { page } = await newPage(t);
    await page.goto(`http://127.0.0.1:${gateway.port}/`);
    await signIn(page, gateway.token);
    await untilFetched(page);
    await page.evaluate(() => {
      const measured = { mostChars: 0, nowChars: 0 };
      Object.assign(globalThis, { measured });
      new MutationObserver((records) => {
        for (const { addedNodes } of records) {
          for (const node of addedNodes) measured.nowChars += node.textContent?.length ?? 0;
        }
        measured.mostChars = Math.max(measured.mostChars, measured.nowChars);
      }).observe(document.body, { childList: true, subtree: true });
      const frame = (): void => {
        measured.nowChars = 0;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
    const count = [...content.matchAll(/word\d+/g)].length;
    const busy = await watchMainThread(page, async () => {
      await page.getByLabel('Message', { exact: true }).fill('Go on');
      await page.getByLabel('Message', { exact: true }).press('Enter');
      await page.locator('.reply .meta', { hasText: 'tokens' }).waitFor();
      // The end may be known before all of it is drawn.
      await page.waitForFunction(
        (wanted) =>
          (document.querySelector('.markdown')?.textContent?.match(/word\d+/g)?.length ?? 0) === wanted,
        count,
      );
    });
    const mostChars = await page.evaluate(
      () => (globalThis as unknown as { measured: { mostChars: number } }).measured.mostChars,
    );
    const { tasks, longestCpuMs, longestMs } = busy;
    const share = mostChars / content.length;
    t.diagnostic(
      `${tasks} tasks, the longest ${longestCpuMs.toFixed(1)} ms of a processor, ${longestMs.toFixed(1)} ms by the clock; at most ${(100 * share).toFixed(1)} % in one frame`,
    );
    assert.ok(longestCpuMs <= MAX_TASK_CPU_MS, `${longestCpuMs} ms`);
    assert.ok(share <= MAX_SHARE, `${mostChars} of ${content.length} characters in one frame`);
  });
}
