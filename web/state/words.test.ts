/** What the page says: of the connection, of figures, of keys and addresses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SystemStatusResult } from '../../client/index.js';
import { bytes, duration, figures, milliseconds, NO_COURSE, withPoint } from './figures.js';
import { linkSentence, signInReason } from './link.js';
import { allRead, arrived, dismissed, type Notice, unreadNotices } from './notices.js';
import { hashOf, routeOf } from './route.js';
import { commandOf } from './shortcuts.js';

test('the connection is told as it is', () => {
  const now = 100_000;
  const lost = {
    state: 'waiting',
    hasBeenOpen: true,
    retryAtMs: now + 2100,
    code: 1006,
    reason: '',
  } as const;
  assert.equal(linkSentence(lost, now).text, 'The connection to the gateway is lost; trying again in 3 s');
  assert.match(linkSentence({ ...lost, hasBeenOpen: false }, now).text, /^The gateway cannot be reached/);
  assert.match(linkSentence({ ...lost, code: 1001 }, now).text, /^The gateway is restarting/);
  assert.match(linkSentence(lost, now + 9000).text, /trying again now$/);
  assert.deepEqual(linkSentence({ state: 'open', leaving: false }, now), { text: 'Connected', tone: 'good' });
  assert.equal(linkSentence({ state: 'open', leaving: true }, now).tone, 'busy');
  assert.match(
    linkSentence({ state: 'closed', code: 1002, reason: 'Invalid message format' }, now).text,
    /^Invalid/,
  );
});

test('only what the token is to blame for asks for another one', () => {
  assert.match(signInReason({ code: 4001, reason: 'Token revoked' }) ?? '', /revoked/);
  assert.ok(signInReason({ code: 4011, reason: 'Authentication failed' }));
  assert.equal(signInReason({ code: 4001, reason: 'Authentication timeout' }), null);
  assert.equal(signInReason({ code: 1006, reason: '' }), null);
});

test('figures as the status screen writes them', () => {
  assert.equal(duration(4 * 3600 + 23 * 60 + 15.9), '4h 23m 15s');
  assert.equal(duration(59), '59s');
  assert.equal(duration(86_400), '1d 0h 0m 0s');
  assert.deepEqual([bytes(980), bytes(1536), bytes(45 * 1024 * 1024)], ['980 B', '1.5 KB', '45 MB']);
  assert.deepEqual(
    [milliseconds(4.25), milliseconds(240), milliseconds(1230)],
    ['4.3 ms', '240 ms', '1.2 s'],
  );
  const status: SystemStatusResult = {
    uptime_seconds: 15_795,
    active_connections: 2,
    total_messages: 1847,
    messages_per_second: 0.12,
    active_channels: 3,
    memory_bytes: 45 * 1024 * 1024,
    heartbeat_ok: 2,
    heartbeat_total: 2,
    rate_limit_hits: 0,
    client_load: null,
    server_version: '0.9.4',
  };
  assert.deepEqual(
    figures(status).map(({ label, value }) => `${label}: ${value}`),
    [
      'Uptime: 4h 23m 15s',
      'Active Connections: 2',
      'Total Messages: 1,847',
      'Messages/sec: 0.12',
      'Active Channels: 3',
      'Memory Usage: 45 MB',
      'Heartbeat OK: 2/2',
      'Rate Limit Hits: 0',
    ],
  );
  let course = NO_COURSE;
  for (let at = 0; at < 400; at++) course = withPoint(course, at * 2000, at % 2 === 0 ? status : null, 1);
  assert.equal(course.times.length, 300);
  assert.deepEqual(
    [course.times.at(-1), course.connections.at(-1), course.connections.at(-2)],
    [798, null, 2],
  );
});

test('a reminder is there once, as a toast for a while, unread until somebody looks', () => {
  const reminder = { id: 'ntf-1', type: 'reminder', msg: 'Meeting', created_at: '2026-03-20T10:15:23Z' };
  let notices: readonly Notice[] = [];
  for (const id of ['1', '2', '2', '3', '4', '5']) notices = arrived(notices, { ...reminder, id });
  assert.deepEqual(
    notices.map(({ id, toast }) => `${id}${toast}`),
    ['5true', '4true', '3true', '2true', '1false'],
  );
  notices = dismissed(notices, '4');
  assert.equal(notices.filter(({ toast }) => toast).length, 3);
  assert.equal(unreadNotices(notices), 5);
  assert.equal(unreadNotices(allRead(notices)), 0);
});

test('addresses lead to what is there, and to nothing else', () => {
  for (const hash of ['#/channel/ch-1', '#/traffic', '#/status', '#/reminders']) {
    assert.equal(hashOf(routeOf(hash)), hash);
  }
  for (const hash of ['', '#/nowhere', '#/channel/', '#/channel/<script>', '#token=oc_local_x']) {
    assert.equal(hashOf(routeOf(hash)), '#/channel/default');
  }
});

test('keys of the page, and those of whoever types', () => {
  const press = (keys: string, isTyping = false): string | null => {
    const parts = keys.split('+');
    const code = parts.at(-1) ?? '';
    const key = code.startsWith('Key') ? code.slice(3).toLowerCase() : code;
    const has = (name: string): boolean => parts.includes(name);
    const held = { altKey: has('Alt'), ctrlKey: has('Ctrl'), metaKey: has('Meta'), shiftKey: has('Shift') };
    return commandOf({ key, code, ...held }, isTyping);
  };
  assert.equal(press('Ctrl+KeyK', true), 'switch');
  assert.equal(press('Meta+Shift+KeyK', true), 'search');
  assert.equal(press('Alt+KeyN', true), 'new-channel');
  assert.equal(press('Alt+ArrowUp'), 'previous-channel');
  assert.equal(press('?'), 'help');
  assert.equal(press('?', true), null);
  assert.equal(press('/', true), null);
  assert.equal(press('Ctrl+Alt+KeyK'), null);
  assert.equal(press('KeyK'), null);
});
