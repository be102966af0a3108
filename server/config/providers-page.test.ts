/** What `docs/providers.md` tells people to write is what the gateway takes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkConfigText } from './load.js';

/** This file runs from `dist/server/config`. */
const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/providers.md'), 'utf8');
const BLOCKS = [...PAGE.matchAll(/```toml\n(.*?)```/gs)].map(([, block = '']) => block);

test('every block of the page is a configuration, and the fallbacks go with each', () => {
  const fallbacks = BLOCKS.filter((block) => block.startsWith('[reasoning.fallback'));
  const whole = BLOCKS.filter((block) => !fallbacks.includes(block));
  assert.deepEqual([whole.length, fallbacks.length], [5, 1]);
  for (const block of whole) {
    const { reasoning } = checkConfigText('providers.md', block + fallbacks[0]);
    assert.ok(reasoning.provider !== 'embedded' && reasoning.model !== '');
    assert.ok(reasoning.fallback.first.provider !== 'none' && reasoning.fallback.second.provider !== 'none');
    checkConfigText('providers.md', block);
  }
});
