/** The library's types are those of the method table, and its package holds them without TypeBox. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALLABLE, type Requests, type ServerEvents } from '../schemas/generated/client.js';
import { METHODS } from '../schemas/generated/methods.js';
import type * as Table from '../schemas/methods.js';
import { connect } from './node.js';
import { listen, send } from './scripted-gateway.js';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Wrong = {
  [N in keyof Requests]: Same<Requests[N]['result'], Table.Result<N>> extends true
    ? [Requests[N]['params']] extends [Table.Params<N>]
      ? never
      : N
    : N;
}[keyof Requests];
type WrongEvents = {
  [N in keyof ServerEvents]: Same<ServerEvents[N], Table.Notified<N>> extends true ? never : N;
}[keyof ServerEvents];
/** Not compiled where a type differs. */
const none: Same<Wrong | WrongEvents, never> = true;

test('every method that a client can call is there, by its prefix, and calls it', async (t) => {
  assert.ok(none);
  const called: string[] = [];
  const url = await listen(t, (socket, { id, method, params }) => {
    called.push(method);
    assert.deepEqual(params, {});
    send(socket, { id, result: {} });
  });
  const gateway = await connect({ url, token: 'oc_local_test', clientId: 'test', retry: false });
  t.after(() => gateway.close());
  const expected = METHODS.filter(
    ({ direction, name }) => direction === 'Client → Server' && !/^(auth|heartbeat)\./.test(name),
  );
  assert.deepEqual(
    CALLABLE,
    expected.map(({ name }) => name),
  );
  const prefixes = gateway as unknown as Record<
    string,
    Record<string, (params?: object) => Promise<unknown>>
  >;
  for (const name of CALLABLE.filter((each) => each !== 'chat.send')) {
    const [prefix = '', method = ''] = name.split('.');
    assert.deepEqual(await prefixes[prefix]?.[method]?.(), {}, name);
  }
  assert.deepEqual(
    called,
    CALLABLE.filter((each) => each !== 'chat.send'),
  );
});
