/** The page as somebody uses it: a real browser, a real gateway. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { embeddedReply, engine } from '../helpers/engine.js';
import { startTestGateway } from '../helpers/gateway.js';
import { checkAccessibility } from './accessibility.js';
import { closeBrowser, newPage } from './browser.js';
import { NEEDS_BROWSER } from './chromium.js';
import { lastReply, open, say, signIn } from './conversation.js';

const WITH = NEEDS_BROWSER;

after(closeBrowser);

test('a wrong token is said to be wrong, and kept nowhere', WITH, async (t) => {
  const { page, errors } = await open(t);
  await page.getByLabel('Token').fill('oc_local_wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  assert.match((await page.getByRole('alert').textContent()) ?? '', /does not know this token/);
  assert.ok(!page.url().includes('oc_local'));
  const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
  assert.ok(!kept.includes('oc_local'), kept);
  assert.deepEqual(errors, []);
});

test(
  'a token opens the channels; what is said is answered, and there again after a reload',
  WITH,
  async (t) => {
    const { page, gateway, errors, foreign } = await open(t);
    await signIn(page, gateway.token);
    assert.ok(!page.url().includes(gateway.token));
    await say(page, 'Hello there');
    assert.equal(await lastReply(page), embeddedReply('Hello there'));
    await page.keyboard.press('Alt+n');
    await page.getByLabel('Name').fill('coding');
    await page.getByLabel('Name').press('Enter');
    await page.getByRole('heading', { name: 'coding', level: 1 }).waitFor();
    await page.getByText('Nothing has been said here yet').waitFor();
    await page.reload();
    await page.getByRole('link', { name: 'default' }).click();
    assert.equal(await lastReply(page), embeddedReply('Hello there'));
    assert.deepEqual([errors, foreign], [[], []]);
  },
);

test('channels are renamed and deleted, also by another connection', WITH, async (t) => {
  const { page, gateway } = await open(t);
  await signIn(page, gateway.token);
  const other = await gateway.login();
  const { channel_id } = (await other.call('channel.create', { name: 'from afar' })) as {
    channel_id: string;
  };
  await page.getByRole('link', { name: 'from afar' }).click();
  await page.getByRole('button', { name: 'Rename or delete this channel' }).click();
  await page.getByLabel('Name').fill('nearer');
  await page.getByRole('button', { name: 'Rename', exact: true }).click();
  await page.getByRole('heading', { name: 'nearer', level: 1 }).waitFor();
  await other.call('channel.delete', { channel_id });
  await page.getByRole('heading', { name: 'default', level: 1 }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'nearer' }).count(), 0);
});

test('what is said elsewhere is unread, until somebody looks', WITH, async (t) => {
  const { page, gateway } = await open(t);
  const other = await gateway.login();
  const { channel_id: channel } = (await other.call('channel.create', { name: 'aside' })) as {
    channel_id: string;
  };
  await signIn(page, gateway.token);
  await page.getByRole('link', { name: 'aside' }).waitFor();
  await other.call('chat.send', { message: 'psst', channel });
  await page.getByRole('link', { name: 'aside 2 unread' }).click();
  assert.equal(await lastReply(page), embeddedReply('psst'));
  await page.getByRole('link', { name: 'aside', exact: true }).waitFor();
});

test('a reply is stopped, and what was said of it stays', WITH, async (t) => {
  const { page, gateway } = await open(t, engine(20));
  await signIn(page, gateway.token);
  await say(page, 'word '.repeat(2000));
  await page.locator('.reply .markdown', { hasText: 'You said' }).waitFor();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByText('Stopped').waitFor();
  assert.match(await lastReply(page), /^This is the embedded engine/);
});

test('a connection that breaks is told, and the reply goes on where it was', WITH, async (t) => {
  const { page, gateway, network } = await open(t, engine(10));
  await signIn(page, gateway.token);
  const message = Array.from({ length: 300 }, (_, at) => `w${at}`).join(' ');
  await say(page, message);
  for (const word of ['w20', 'w80', 'w150']) {
    await page.locator('.reply .markdown', { hasText: `${word} ` }).waitFor();
    network.cut();
    await page
      .getByText(/The connection to the gateway is lost/)
      .first()
      .waitFor();
  }
  assert.equal(await lastReply(page), embeddedReply(message));
});

test('a dialog that could not be fetched says so, and is there after a reload', WITH, async (t) => {
  const { page, gateway } = await open(t);
  const script = /\/overlays-[^/]*\.js$/;
  await page.route(script, (route) => route.abort());
  await signIn(page, gateway.token);
  await page.keyboard.press('Alt+n');
  await page
    .getByRole('alert')
    .getByText(/could not be loaded/)
    .waitFor();
  await page.unroute(script);
  await page.reload();
  await page.getByText('Connected', { exact: true }).first().waitFor({ state: 'attached' });
  await page.keyboard.press('Alt+n');
  await page.getByRole('dialog', { name: 'New channel' }).waitFor();
});

test('who does not want to wait for the next attempt to connect need not', WITH, async (t) => {
  const { page, gateway, network, errors } = await open(t);
  await signIn(page, gateway.token);
  // From here on no timer of the page ends by itself.
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
  network.cut();
  await page
    .getByText(/is lost; trying again/)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Try now' }).first().click();
  await page.clock.runFor(1);
  await page.getByText('Connected', { exact: true }).first().waitFor({ state: 'attached' });
  assert.equal(await page.getByRole('button', { name: 'Try now' }).count(), 0);
  assert.deepEqual(errors, []);
});

test('a gateway that is started again is found again, with everything in it', WITH, async (t) => {
  const { page, gateway, network } = await open(t);
  await signIn(page, gateway.token);
  await say(page, 'before');
  await lastReply(page);
  const next = await gateway.restart();
  await page
    .getByText(/restarting|cannot be reached|is lost/)
    .first()
    .waitFor();
  await say(page, 'in between');
  await page.getByText('Waits for the connection').waitFor();
  network.lead(next.port);
  assert.match(await lastReply(page, 2), /You said: in between/);
  assert.equal(await page.locator('.bubble').count(), 2);
});

const HOSTILE = [
  '<script>window.hit = 1</script>',
  '<img src=x onerror="window.hit = 2">',
  '<svg onload="window.hit = 3"><a xlink:href="javascript:window.hit = 4">x</a></svg>',
  '[click](javascript:window.hit=5) [data](data:text/html,<script>window.hit=6</script>)',
  '![pixel](https://tracker.example/pixel.png)',
  '<iframe src="https://tracker.example"></iframe><style>body{display:none}</style>',
  '<form action="https://tracker.example"><input name=token></form>',
  '<a href="/status" style="position:fixed;inset:0">x</a><base href="https://tracker.example">',
  '<details ontoggle="window.hit = 7" open><summary>s</summary></details>',
  '`<b>` **bold** [safe](https://example.org)',
  `${'> '.repeat(3000)}deep`,
  `| a | b |\n|---|---|\n${'| <script>1</script> | x |\n'.repeat(3000)}`,
  `${'[x]('.repeat(2000)}`,
  `${'*a_ '.repeat(2000)}`,
];

test('hostile Markdown is text, and asks nothing of anybody', WITH, async (t) => {
  const { page, gateway, errors, foreign } = await open(t);
  await signIn(page, gateway.token);
  for (const [at, text] of HOSTILE.entries()) {
    await say(page, `\n\n${text}`);
    await lastReply(page, at + 1);
  }
  const found = await page.evaluate(() => {
    const markdown = document.querySelectorAll('.markdown');
    const elements = [...markdown].flatMap((each) => [...each.querySelectorAll('*')]);
    const allowed = /^(?:role|tabindex|aria-label|class|href|target|rel|align|start|title|open|type)$/;
    return {
      hit: (globalThis as { hit?: number }).hit,
      tags: [...new Set(elements.map(({ localName }) => localName))],
      attributes: [...new Set(elements.flatMap((each) => each.getAttributeNames()))].filter(
        (name) => !allowed.test(name),
      ),
      links: elements.flatMap((each) => each.getAttribute('href') ?? []),
    };
  });
  assert.equal(found.hit, undefined);
  assert.deepEqual(found.attributes, []);
  assert.deepEqual(
    found.tags.filter((tag) => /script|img|svg|iframe|style|form|input|base|object|embed|link/.test(tag)),
    [],
  );
  assert.deepEqual([...new Set(found.links)].sort(), [
    'https://example.org',
    'https://tracker.example/pixel.png',
  ]);
  assert.deepEqual([errors, foreign], [[], []]);
});

test('code is copied as it was written', WITH, async (t) => {
  const { page, gateway } = await open(t);
  await signIn(page, gateway.token);
  await say(page, '\n\n```js\nif (a < b && c) {\n  d("é");\n}\n```\n\nafter');
  await page.getByRole('button', { name: 'Copy js code' }).click();
  await page.getByText('Copied').waitFor();
  // The policy lets nobody read the clipboard but who pastes.
  const field = page.getByLabel('Message', { exact: true });
  await field.press('Control+v');
  assert.equal(await field.inputValue(), 'if (a < b && c) {\n  d("é");\n}');
});

test('reminders come as toasts, and stand in the list', WITH, async (t) => {
  const { page, gateway } = await open(t);
  await signIn(page, gateway.token);
  const other = await gateway.login();
  await other.call('system.notify', { type: 'reminder', msg: 'Meeting at 3 PM' });
  const toast = page.getByRole('log', { name: 'Reminders and alerts' });
  await toast.getByText('Meeting at 3 PM').waitFor();
  await toast.getByRole('button', { name: 'Dismiss' }).click();
  await page.getByRole('link', { name: /Reminders/ }).click();
  await page.getByRole('listitem').getByText('Meeting at 3 PM').waitFor();
});

test('traffic shows the frames, filters them, holds still and writes JSON Lines', WITH, async (t) => {
  const { page, gateway } = await open(t);
  await signIn(page, gateway.token);
  await say(page, 'seen on the wire');
  await lastReply(page);
  await page.getByRole('link', { name: 'Traffic' }).click();
  await page.getByLabel('Filter').fill('auth.handshake');
  await page.getByText(/^2 of/).waitFor();
  assert.ok(!(await page.locator('.frames').textContent())?.includes(gateway.token));
  await page.getByLabel('Filter').fill('chat.send wire');
  await page.getByText(/^1 of/).waitFor();
  await page.locator('.frame-rows .frame-row').click();
  assert.match(
    (await page.getByLabel('The chosen frame').textContent()) ?? '',
    /"message": "seen on the wire"/,
  );
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByLabel('Filter').fill('');
  const count = page.locator('.filters .count');
  const before = await count.textContent();
  const other = await gateway.login();
  await other.call('chat.send', { message: 'not seen yet' });
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.waitForFunction((text) => document.querySelector('.count')?.textContent !== text, before);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: /Export/ }).click(),
  ]);
  const lines = readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\n');
  const frames = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.ok(frames.some(({ method, direction }) => method === 'chat.send' && direction === 'sent'));
  assert.ok(frames.some(({ kind, latency_ms }) => kind === 'answer' && typeof latency_ms === 'number'));
  assert.ok(!lines.join('').includes(gateway.token));
});

test('every page passes the checks of axe-core, in light and dark, wide and narrow', WITH, async (t) => {
  const gateway = await startTestGateway(t, { config: engine(0) });
  const url = `http://127.0.0.1:${gateway.port}/`;
  for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 1280],
    ['dark', 390],
  ] as const) {
    const { page } = await newPage(t, { colorScheme, viewport: { width, height: 800 } });
    await page.goto(url);
    await page.getByLabel('Token').waitFor();
    await checkAccessibility(page);
    await signIn(page, gateway.token);
    await say(
      page,
      '\n\n# Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nlet a;\n```\n\n[a](https://example.org)',
    );
    await lastReply(page);
    await checkAccessibility(page);
    for (const hash of ['#/traffic', '#/status', '#/reminders']) {
      await page.goto(`${url}${hash}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      if (hash === '#/status') await page.getByText('Heartbeat OK').waitFor();
      await checkAccessibility(page);
    }
  }
});
