/** Two tabs in one channel, and a page that is loaded anew in the middle of a reply. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { embeddedReply, engine } from '../helpers/engine.js';
import { closeBrowser, newPage } from './browser.js';
import { NEEDS_BROWSER } from './chromium.js';
import { lastReply, open, say, signIn } from './conversation.js';

after(closeBrowser);

const words = (count: number): string => Array.from({ length: count }, (_, at) => `w${at}`).join(' ');

test('what one tab says stands in the other, reply and all', NEEDS_BROWSER, async (t) => {
  const { page, gateway, network, errors } = await open(t, engine(5));
  await signIn(page, gateway.token);
  const other = await newPage(t);
  await other.page.goto(network.origin);
  await signIn(other.page, gateway.token);
  const message = words(60);
  await say(page, message);
  await other.page.locator('.reply .markdown', { hasText: 'w20 ' }).waitFor();
  for (const tab of [page, other.page]) assert.equal(await lastReply(tab), embeddedReply(message));
  await say(other.page, 'and back');
  for (const tab of [page, other.page]) {
    assert.match(await lastReply(tab, 2), /You said: and back/);
    assert.equal(await tab.locator('.bubble').count(), 2);
  }
  assert.deepEqual([errors, other.errors], [[], []]);
});

test('a page that is loaded anew in the middle of a reply has all of it, once', NEEDS_BROWSER, async (t) => {
  const { page, gateway, errors } = await open(t, engine(10));
  await signIn(page, gateway.token);
  const message = words(300);
  await say(page, message);
  for (const word of ['w20', 'w120']) {
    await page.locator('.reply .markdown', { hasText: `${word} ` }).waitFor();
    await page.reload();
  }
  assert.equal(await lastReply(page), embeddedReply(message));
  assert.equal(await page.locator('.bubble').count(), 1);
  assert.deepEqual(errors, []);
});
