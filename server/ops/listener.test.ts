import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { guarded, json, listenForOperations, OperationsListenError } from './listener.js';

const PLACE = { host: '127.0.0.1', port: 0, token: null, onFault: assert.fail };

/** The status of an answer to a request with this Host. */
const statusFor = async (url: string, host: string): Promise<number | undefined> => {
  const asked = request(`${url}/readyz`, { headers: { host }, agent: false });
  asked.end();
  const [response] = await once(asked, 'response');
  response.resume();
  return response.statusCode;
};

const start = async (t: TestContext, token: string | null = null) => {
  const faults: string[] = [];
  const listener = await listenForOperations(
    { ...PLACE, token, onFault: (what, error) => faults.push(`${what}: ${error}`) },
    {
      '/healthz': () => json(200, { status: 'alive' }),
      '/readyz': (mayAll) => json(200, { mayAll }),
      '/metrics': guarded(async () => json(200, { secret: 42 })),
      '/broken': () => Promise.reject(new Error('of the inside')),
    },
  );
  t.after(() => listener.close());
  return { ...listener, faults };
};

test('answers what it has routes for, and says what there is elsewhere', async (t) => {
  const { url } = await start(t);
  const found = await fetch(`${url}/healthz?verbose`);
  assert.equal(found.headers.get('content-type'), 'application/json; charset=utf-8');
  assert.deepEqual([found.status, await found.json()], [200, { status: 'alive' }]);
  const missing = await fetch(`${url}/constructor`);
  assert.deepEqual(
    [missing.status, await missing.text()],
    [404, 'There is nothing here; ask for /healthz, /readyz, /metrics, /broken.\n'],
  );
  const head = await fetch(`${url}/healthz`, { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [200, '']);
  const posted = await fetch(`${url}/healthz`, { method: 'POST', body: 'x' });
  assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD']);
});

test('a port that is taken is named, with what to do', async (t) => {
  const { url } = await start(t);
  const port = Number(new URL(url).port);
  await assert.rejects(listenForOperations({ ...PLACE, port }, {}), (error) => {
    assert.ok(error instanceof OperationsListenError);
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port} \\(EADDRINUSE\\): set metrics\\.port`));
    return true;
  });
});

test('closing does not wait for connections that are kept open', async () => {
  const listener = await listenForOperations(PLACE, {});
  await fetch(listener.url);
  await listener.close();
  await assert.rejects(fetch(listener.url));
});

test('with a token only who shows it sees everything', async (t) => {
  const { url } = await start(t, 'correct-horse');
  const ask = async (path: string, authorization?: string) => {
    const response = await fetch(
      `${url}${path}`,
      authorization === undefined ? {} : { headers: { authorization } },
    );
    return [response.status, await response.text(), response.headers.get('www-authenticate')];
  };
  assert.deepEqual(await ask('/metrics', 'Bearer correct-horse'), [200, '{"secret":42}\n', null]);
  assert.deepEqual(await ask('/metrics', 'bearer  correct-horse'), [200, '{"secret":42}\n', null]);
  for (const wrong of [
    undefined,
    '',
    'Bearer',
    'Bearer correct-hors',
    'Bearer correct-horse2',
    'Bearer Correct-horse',
    'Basic correct-horse',
    'correct-horse',
    'Bearer correct-horse correct-horse',
  ]) {
    const [status, body, header] = await ask('/metrics', wrong);
    assert.deepEqual([status, header], [401, 'Bearer'], String(wrong));
    assert.doesNotMatch(String(body), /42|horse/);
  }
  assert.deepEqual(
    (await ask('/healthz')).slice(0, 2),
    [200, '{"status":"alive"}\n'],
    'a probe has no token',
  );
  assert.deepEqual((await ask('/readyz')).slice(0, 2), [200, '{"mayAll":false}\n']);
  assert.deepEqual((await ask('/readyz', 'Bearer correct-horse')).slice(0, 2), [200, '{"mayAll":true}\n']);
});

test('a fault is told to the log and to nobody else', async (t) => {
  const { url, faults } = await start(t);
  const response = await fetch(`${url}/broken`);
  assert.deepEqual(
    [response.status, await response.text()],
    [500, 'The gateway failed to answer; its log says why.\n'],
  );
  assert.deepEqual(faults, ['operations: Error: of the inside']);
});

test('without a token, a name that leads here is no reason to answer (DNS rebinding)', async (t) => {
  const open = await start(t);
  const { port } = new URL(open.url);
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '[::1]', '127.0.0.2']) {
    assert.equal(await statusFor(open.url, `${host}:${port}`), 200, host);
  }
  for (const host of [
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '192.0.2.1',
    'x y',
  ]) {
    assert.equal(await statusFor(open.url, host), 421, host);
  }
  const guardedOne = await start(t, 'correct-horse');
  assert.equal(await statusFor(guardedOne.url, 'gateway.example'), 200, 'the token decides');
});

test('those who connect and do not ask keep nobody out for long', async (t) => {
  const { url } = await start(t);
  const port = Number(new URL(url).port);
  const silent = Array.from({ length: 64 }, () => connect(port, '127.0.0.1'));
  t.after(() => silent.map((socket) => socket.destroy()));
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  const gone = Promise.all(silent.map((socket) => once(socket.resume(), 'close')));
  // In time: five seconds, and one more until it is looked at.
  const late = setTimeout(() => assert.fail('they are still there'), 15_000);
  await gone;
  clearTimeout(late);
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
});
