/** How many replies are written at a time, and who comes next. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import {
  beginStream,
  endEvents,
  rawProvider,
  wordEvent,
} from '../../server/backends/reasoning/raw-provider.js';
import type { Client } from '../helpers/client.js';
import { startTestGateway } from '../helpers/gateway.js';
import { modelConfig } from '../helpers/models.js';
import { addToken } from '../helpers/tokens.js';
import { req } from './requirements.js';

const OPENAI = 'openai-compatible';

/** A gateway whose provider ends a reply when the test says so. */
const start = async (t: TestContext, limits: Readonly<Record<string, number>>) => {
  const open: { readonly message: string; readonly response: ServerResponse }[] = [];
  const provider = await rawProvider(t, (response, _nth, { body }) => {
    beginStream(response).write(wordEvent(OPENAI, 'word'));
    open.push({ message: body.messages.at(-1).content, response });
  });
  const configOf = (set: Readonly<Record<string, number>>): string =>
    modelConfig({ base_url: provider.baseUrl, ...set }, '[memory]\nrecall_tokens = 0\n');
  const under = await startTestGateway(t, { config: configOf(limits) });
  let asked = 0;
  return {
    under,
    /** The messages that the provider is asked to answer next, so many of them. */
    next: async (count: number): Promise<string[]> => {
      await provider.requests(asked + count);
      const messages = open.slice(asked, asked + count).map(({ message }) => message);
      asked += count;
      return messages;
    },
    end: (message: string): void => {
      open.find((one) => one.message === message)?.response.end(endEvents(OPENAI));
    },
    asked: () => provider.asked.length,
    reload: (client: Client, set: Readonly<Record<string, number>>) => {
      writeFileSync(under.home.configFile, configOf(set));
      return client.call('system.reload');
    },
  };
};

/** A message in a channel of its own. */
const inOwnChannel = async (client: Client, message: string): Promise<string> => {
  const { channel_id } = await client.call('channel.create');
  return (await client.call('chat.send', { message, channel: channel_id })).message_id;
};

test(`${req('P5-places')} beyond the places in all messages wait in their channels, and principals take turns`, async (t) => {
  const { under, next, end, asked } = await start(t, { max_streams: 2 });
  const ada = await under.login();
  const bob = await under.login({ token: await addToken(under, { principal: 'bob' }) });
  const ids: string[] = [];
  for (const message of ['a1', 'a2', 'a3', 'a4', 'a5']) ids.push(await inOwnChannel(ada, message));
  assert.deepEqual(await next(2), ['a1', 'a2']);
  const bobs = [await inOwnChannel(bob, 'b1'), await inOwnChannel(bob, 'b2')];
  assert.equal((await ada.call('chat.resume', { message_id: ids[4] })).state, 'queued');
  const order: string[] = [];
  for (const message of ['a1', 'a2']) {
    end(message);
    order.push(...(await next(1)));
  }
  // The first to have waited, then the other one of the two.
  assert.deepEqual(order, ['a3', 'b1']);
  for (let message = order[0]; order.length < 5; message = order[order.length - 2]) {
    end(message ?? '');
    order.push(...(await next(1)));
  }
  assert.deepEqual(order, ['a3', 'b1', 'a4', 'b2', 'a5']);
  assert.equal(asked(), 7);
  for (const message of order) end(message);
  for (const id of ids) assert.equal((await ada.complete(id)).finish_reason, 'stop');
  for (const id of bobs) assert.equal((await bob.complete(id)).finish_reason, 'stop');
});

test(`${req('P5-places')} one principal has so many, the others do not wait for it; a reload gives more`, async (t) => {
  const { under, next, end, reload } = await start(t, { max_streams_per_principal: 1 });
  const ada = await under.login();
  const bob = await under.login({ token: await addToken(under, { principal: 'bob' }) });
  await inOwnChannel(ada, 'a1');
  const cancelled = await inOwnChannel(ada, 'a2');
  await inOwnChannel(ada, 'a3');
  assert.deepEqual(await next(1), ['a1']);
  await inOwnChannel(bob, 'b1');
  assert.deepEqual(await next(1), ['b1']);
  assert.deepEqual(await ada.call('chat.cancel', { message_id: cancelled }), { cancelled: true });
  assert.equal((await ada.complete(cancelled)).finish_reason, 'cancelled');
  assert.deepEqual((await reload(ada, { max_streams_per_principal: 2 })).changed, [
    'reasoning.max_streams_per_principal',
  ]);
  assert.deepEqual(await next(1), ['a3']);
  await inOwnChannel(ada, 'a4');
  end('a1');
  assert.deepEqual(await next(1), ['a4']);
});

test(`${req('P5-places', 'P5-queue-limit')} a channel that waits for a place takes as many messages as any other`, async (t) => {
  const { under, next, end } = await start(t, { max_streams: 1 });
  const client = await under.login();
  await client.call('chat.send', { message: 'first' });
  assert.deepEqual(await next(1), ['first']);
  const { channel_id } = await client.call('channel.create');
  const waiting: string[] = [];
  for (let at = 0; at < 33; at += 1) {
    waiting.push((await client.call('chat.send', { message: `w${at}`, channel: channel_id })).message_id);
  }
  const full = await client.request('chat.send', { message: 'one too many', channel: channel_id });
  assert.equal(full.error.code, 4290);
  end('first');
  for (const [at, id] of waiting.entries()) {
    assert.deepEqual(await next(1), [`w${at}`]);
    end(`w${at}`);
    assert.equal((await client.complete(id)).finish_reason, 'stop');
  }
});
