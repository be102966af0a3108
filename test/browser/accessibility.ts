/** What keeps people out who cannot see, hear or point: as far as a program can tell. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const FORBIDDEN = new Set(['serious', 'critical']);

/** Throws where axe finds something serious or critical on the page as it is now. */
export const checkAccessibility = async (page: Page): Promise<void> => {
  // Evaluated from outside, so the page's policy does not apply.
  await page.evaluate(AXE);
  const { violations, passes } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
  );
  assert.ok(passes.length > 0, 'axe has looked at nothing');
  const found = violations.filter(({ impact }) => FORBIDDEN.has(impact ?? ''));
  assert.deepEqual(
    found.map(({ id, impact, help, nodes }) => ({
      id,
      impact,
      help,
      at: nodes.map(({ target }) => `${target}`),
    })),
    [],
  );
};
