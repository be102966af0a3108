import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { json, listenForOperations, OperationsListenError } from './listener.js';

const start = async (t: TestContext) => {
  const listener = await listenForOperations(
    { host: '127.0.0.1', port: 0 },
    { '/healthz': () => json(200, { status: 'alive' }) },
  );
  t.after(() => listener.close());
  return listener;
};

test('answers what it has routes for, and says what there is elsewhere', async (t) => {
  const { url } = await start(t);
  const found = await fetch(`${url}/healthz?verbose`);
  assert.equal(found.headers.get('content-type'), 'application/json; charset=utf-8');
  assert.deepEqual([found.status, await found.json()], [200, { status: 'alive' }]);
  const missing = await fetch(`${url}/constructor`);
  assert.deepEqual(
    [missing.status, await missing.text()],
    [404, 'There is nothing here; ask for /healthz.\n'],
  );
  const head = await fetch(`${url}/healthz`, { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [200, '']);
  const posted = await fetch(`${url}/healthz`, { method: 'POST', body: 'x' });
  assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD']);
});

test('a port that is taken is named, with what to do', async (t) => {
  const { url } = await start(t);
  const port = Number(new URL(url).port);
  await assert.rejects(listenForOperations({ host: '127.0.0.1', port }, {}), (error) => {
    assert.ok(error instanceof OperationsListenError);
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port} \\(EADDRINUSE\\): set metrics\\.port`));
    return true;
  });
});

test('closing does not wait for connections that are kept open', async () => {
  const listener = await listenForOperations({ host: '127.0.0.1', port: 0 }, {});
  await fetch(listener.url);
  await listener.close();
  await assert.rejects(fetch(listener.url));
});
