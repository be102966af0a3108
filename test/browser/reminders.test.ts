/** Reminders on the page: what is to come, taken back and added to, and what has come. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Json } from '../helpers/client.js';
import { addToken } from '../helpers/tokens.js';
import { checkAccessibility } from './accessibility.js';
import { closeBrowser } from './browser.js';
import { NEEDS_BROWSER } from './chromium.js';
import { open, signIn } from './conversation.js';

after(closeBrowser);

test('what is to come is listed, the next first, and can be taken back', NEEDS_BROWSER, async (t) => {
  const { page, gateway, errors } = await open(t);
  const other = await gateway.login();
  await other.call('system.notify', { type: 'reminder', msg: 'Plan the week', cron: '0 9 * * 1' });
  await other.call('system.notify', { type: 'deploy', msg: '<b>Later</b>', in_seconds: 40 * 24 * 3600 });
  await other.call('system.notify', { type: 'reminder', msg: 'Stand up', in_seconds: 600 });
  await signIn(page, gateway.token);
  await page.getByRole('link', { name: 'Reminders' }).click();
  const list = page.getByRole('region', { name: 'To come' });
  const items = list.getByRole('listitem');
  await items.nth(2).waitFor();
  const texts = await items.locator('.msg').allTextContents();
  assert.deepEqual(texts, ['Stand up', 'Plan the week', '<b>Later</b>']);
  await list.getByText('0 9 * * 1').waitFor();
  await checkAccessibility(page);
  await list.getByRole('button', { name: 'Cancel Stand up' }).click();
  await items.filter({ hasText: 'Stand up' }).waitFor({ state: 'detached' });
  const { notifications } = await other.call('system.notifications');
  assert.deepEqual(
    notifications.map(({ msg }: Json) => msg),
    ['Plan the week', '<b>Later</b>'],
  );
  assert.deepEqual(errors, []);
});

test('one is added, comes, and then stands with those that have come', NEEDS_BROWSER, async (t) => {
  const { page, gateway, errors } = await open(t);
  await signIn(page, gateway.token);
  await page.getByRole('link', { name: 'Reminders' }).click();
  const list = page.getByRole('region', { name: 'To come' });
  await list.getByText('Nothing is scheduled.').waitFor();
  await list.getByLabel('Remind me of').fill('Drink water');
  await list.getByRole('button', { name: 'Add' }).click();
  await list.getByRole('listitem').filter({ hasText: 'Drink water' }).waitFor();
  assert.equal(await list.getByLabel('Remind me of').inputValue(), '');
  // A time that is over is now.
  await list.getByLabel('Remind me of').fill('Breathe');
  await list.getByLabel('At', { exact: true }).fill('2026-01-01T09:00');
  await list.getByLabel('Remind me of').press('Enter');
  const toasts = page.getByRole('log', { name: 'Reminders and alerts' });
  await toasts.getByText('Breathe').waitFor();
  const arrived = page.getByRole('region', { name: 'Arrived' });
  await arrived.getByRole('listitem').filter({ hasText: 'Breathe' }).waitFor();
  await list.getByRole('listitem').filter({ hasText: 'Breathe' }).waitFor({ state: 'detached' });
  assert.equal(await list.getByRole('listitem').count(), 1);
  assert.deepEqual(errors, []);
});

test('who may not look at them has those that come, and no list of others', NEEDS_BROWSER, async (t) => {
  const { page, gateway, errors } = await open(t);
  await signIn(page, await addToken(gateway, { principal: 'ada' }));
  await page.getByRole('link', { name: 'Reminders' }).click();
  await page.getByRole('heading', { name: 'Arrived' }).waitFor();
  assert.equal(await page.getByRole('heading', { name: 'To come' }).count(), 0);
  const other = await gateway.login();
  await other.call('system.notify', { principal: 'ada', type: 'reminder', msg: 'Hello Ada' });
  await page.getByRole('region', { name: 'Arrived' }).getByText('Hello Ada').waitFor();
  assert.deepEqual(errors, []);
});
