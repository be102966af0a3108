/** Skills on the page: asked for by a model, run by a real gateway, shown while they run and after. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import type { ChatCompletionRequest } from '@copilotkit/aimock';
import type { Page } from 'playwright-core';
import { mockModels, modelConfig } from '../helpers/models.js';
import { until } from '../helpers/system.js';
import { closeBrowser } from './browser.js';
import { NEEDS_BROWSER } from './chromium.js';
import { lastReply, open, say, signIn } from './conversation.js';

/** This file runs from `dist/test/browser`. */
const SERVER = join(import.meta.dirname, '../../server/backends/skills/hostile-server.js');
const SKILLS = `[skills]\nbuilt_in = ["*"]\n[skills.mcp.tools]\ncommand = ${JSON.stringify(process.execPath)}\nargs = ${JSON.stringify([SERVER, 'good'])}\n`;

after(closeBrowser);

const hasBeenTold = ({ messages }: ChatCompletionRequest): boolean => messages.at(-1)?.role === 'tool';

/** A page whose model asks for these skills, by name and arguments, and then says how it went. */
const openWith = async (t: TestContext, asks: Readonly<Record<string, object>>) => {
  const toolCalls = Object.entries(asks).map(([name, args]) => ({ name, arguments: JSON.stringify(args) }));
  const models = await mockModels(t, (server) => {
    server.onMessage(/.*/, (request) =>
      hasBeenTold(request) ? { content: 'That is all.' } : { content: 'Let me look.', toolCalls },
    );
  });
  const opened = await open(t, modelConfig({ base_url: models.baseUrl }, SKILLS));
  const { page, gateway } = opened;
  const client = await gateway.login();
  await until(async () => {
    const { skills } = await client.call('skill.list');
    return skills.some(
      ({ name, state }: Record<string, string>) => name === 'tools.echo' && state === 'ready',
    );
  }, 'the skills');
  await signIn(page, gateway.token);
  return opened;
};

const skill = (page: Page, name: string) =>
  page.getByRole('list', { name: 'Skills used' }).getByRole('listitem').filter({ hasText: name });

test(
  'what a model has asked for is shown with its arguments and what came of it, also after a reload',
  NEEDS_BROWSER,
  async (t) => {
    const { page, errors } = await openWith(t, {
      time__now: { zone: 'Asia/Tokyo' },
      tools__echo: { text: '<b>of a server</b>' },
      tools__fail: {},
    });
    await say(page, 'Look');
    for (const step of ['at once', 'after a reload']) {
      assert.match(await lastReply(page), /^Let me look\.\s+That is all\.$/, step);
      await skill(page, 'time.now').locator('summary', { hasText: 'done' }).waitFor();
      await skill(page, 'tools.fail').locator('summary', { hasText: 'failed' }).waitFor();
      const echo = skill(page, 'tools.echo');
      await echo.locator('summary').click();
      assert.match((await echo.getByLabel('Arguments').textContent()) ?? '', /"text": "<b>of a server<\/b>"/);
      assert.equal(await echo.getByLabel('Result').textContent(), '<b>of a server</b>');
      const fail = skill(page, 'tools.fail');
      await fail.locator('summary').click();
      assert.match((await fail.getByLabel('Failure').textContent()) ?? '', /it went wrong/);
      await page.reload();
    }
    assert.deepEqual(errors, []);
  },
);

test('a skill is shown while it runs, and a stopped reply ends it', NEEDS_BROWSER, async (t) => {
  const { page, errors } = await openWith(t, { tools__wait: { text: 'for ever' } });
  await say(page, 'Wait');
  const wait = skill(page, 'tools.wait');
  await wait.getByText('running…').waitFor();
  await wait.locator('summary').click();
  assert.match((await wait.getByLabel('Arguments').textContent()) ?? '', /for ever/);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await wait.locator('summary', { hasText: 'failed' }).waitFor();
  assert.match((await wait.getByLabel('Failure').textContent()) ?? '', /ended before it had a result/);
  await page.getByText('Stopped').waitFor();
  assert.deepEqual(errors, []);
});

test('the end of a skill in the background is a toast', NEEDS_BROWSER, async (t) => {
  const { page, errors } = await openWith(t, { tools__echo: { text: 'from behind', background: true } });
  await say(page, 'Do it behind');
  assert.match(await lastReply(page), /That is all\.$/);
  const toasts = page.getByRole('log', { name: 'Reminders and alerts' });
  await toasts.getByText('Skill', { exact: true }).waitFor();
  await toasts.getByText(/tools\.echo/).waitFor();
  assert.deepEqual(errors, []);
});
