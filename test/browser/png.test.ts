import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browse } from './browse.js';
import { NEEDS_BROWSER } from './chromium.js';
import { optimisePng } from './png.js';

/** In the page: the pixels of a picture, as numbers. */
const pixelsOf = async (base64: string): Promise<readonly number[]> => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no canvas');
  context.drawImage(picture, 0, 0);
  return [...context.getImageData(0, 0, picture.width, picture.height).data];
};

test('a smaller PNG shows the same pixels', NEEDS_BROWSER, async () => {
  await browse(
    async (page) => {
      await page.setContent('<h1>Some text</h1><p style="background:linear-gradient(red,blue)">and more</p>');
      const original = await page.screenshot();
      const smaller = optimisePng(original);
      assert.ok(smaller.length < original.length, `${smaller.length} of ${original.length}`);
      const [before, after] = await Promise.all(
        [original, smaller].map((png) => page.evaluate(pixelsOf, png.toString('base64'))),
      );
      assert.equal(after?.length, 200 * 150 * 4);
      assert.deepEqual(after, before);
    },
    { view: { width: 200, height: 150 } },
  );
});
