/** A provider that dies and comes back, a gateway that dies while one speaks, and what is left behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  beginStream,
  rawProvider,
  refuses,
  type Script,
  says,
  wordEvent,
} from '../../server/backends/reasoning/raw-provider.js';
import type { Client, Json } from '../helpers/client.js';
import { temporaryFolder } from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { modelConfig } from '../helpers/models.js';
import { freePort, NO_PROC, openDescriptors, until } from '../helpers/system.js';

const OPENAI = 'openai-compatible';
const STREAMS = 50;

/** Begins, and does not end. */
const goesOn: Script = (response) => void beginStream(response).write(wordEvent(OPENAI, 'so far'));

const inOwnChannel = async (client: Client, message: string): Promise<string> => {
  const { channel_id } = await client.call('channel.create');
  return (await client.call('chat.send', { message, channel: channel_id })).message_id;
};
const isChunkOf = (messageId: string) => (frame: Json) =>
  frame.method === 'chat.stream' && frame.params.message_id === messageId;

test('a provider that dies cuts the replies that it was writing, and no others; when it is back, so are they', {
  timeout: 120_000,
}, async (t) => {
  const port = await freePort();
  const before = await rawProvider(t, goesOn, port);
  const gateway = await startGatewayProcess(t, {
    homeDir: temporaryFolder(t),
    config: modelConfig({ base_url: before.baseUrl }),
  });
  const client = await gateway.login();
  const cut: string[] = [];
  for (let at = 0; at < STREAMS; at += 1) cut.push(await inOwnChannel(client, `message ${at}`));
  for (const id of cut) await client.frame(isChunkOf(id));
  await before.stop();
  for (const id of cut) {
    const { finish_reason, error } = await client.complete(id);
    assert.deepEqual([finish_reason, error, client.streamed(id)], ['interrupted', undefined, 'so far']);
  }
  const refused = await client.complete(await inOwnChannel(client, 'anybody there?'));
  assert.deepEqual(refused.error?.data, { provider: OPENAI, retryable: true });
  await rawProvider(t, says(OPENAI, 'back again'), port);
  // Fifty runs have failed one after another: for half a minute nobody asks, and then somebody tries.
  await until(
    async () => {
      const { message_id } = await client.call('chat.send', { message: 'and now?' });
      const { finish_reason, error } = await client.complete(message_id);
      assert.ok(finish_reason === 'stop' || error?.data.retryable === true);
      return finish_reason === 'stop';
    },
    'the provider to be asked again',
    90_000,
  );
});

test('a gateway that is killed lets go of the provider, and what had been said is kept', async (t) => {
  const provider = await rawProvider(t, goesOn);
  const homeDir = temporaryFolder(t);
  const config = modelConfig({ base_url: provider.baseUrl });
  const gateway = await startGatewayProcess(t, { homeDir, config });
  const client = await gateway.login();
  const id = await inOwnChannel(client, 'hello');
  await client.frame(isChunkOf(id));
  // What has been said is on the disk within a second: so is what is said now, and more than a second after it.
  await until(async () => {
    const other = await client.call('system.status');
    return other.uptime_seconds >= 3;
  }, 'a second to pass');
  await gateway.kill();
  await provider.asked[0]?.closed;
  const again = await (await startGatewayProcess(t, { homeDir, config })).login();
  assert.equal((await again.call('chat.resume', { message_id: id })).state, 'interrupted');
  assert.equal((await again.complete(id)).finish_reason, 'interrupted');
  assert.equal(again.streamed(id), 'so far');
  assert.equal(provider.asked.length, 1, 'nothing restarts by itself');
});

test('runs that were cancelled, refused and cut leave no descriptor behind', { skip: NO_PROC }, async (t) => {
  const provider = await rawProvider(t, goesOn);
  const gateway = await startGatewayProcess(t, {
    homeDir: temporaryFolder(t),
    config: modelConfig({ base_url: provider.baseUrl }),
  });
  const pid = gateway.process.child.pid ?? 0;
  const client = await gateway.login();
  const round = async (): Promise<void> => {
    provider.script = goesOn;
    for (let at = 0; at < 10; at += 1) {
      const id = (await client.call('chat.send', { message: 'hello' })).message_id;
      await client.frame(isChunkOf(id));
      await client.call('chat.cancel', { message_id: id });
      await client.complete(id);
    }
    for (let at = 0; at < 10; at += 1) {
      // In this order no breaker opens.
      for (const script of [refuses(400), cuts, says(OPENAI, 'fine')]) {
        provider.script = script;
        await client.complete((await client.call('chat.send', { message: 'hello' })).message_id);
      }
    }
  };
  await round();
  const first = openDescriptors(pid);
  for (let more = 0; more < 4; more += 1) await round();
  // A connection or two are kept for the next request.
  await until(() => openDescriptors(pid) <= first + 2, 'the descriptors to be free again');
});

const cuts: Script = (response) =>
  void beginStream(response).write(wordEvent(OPENAI, 'word'), () => response.destroy());
