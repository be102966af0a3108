import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestGateway } from '../helpers/gateway.js';

test('a session: handshake, message, stream, completion, history', async (t) => {
  const under = await startTestGateway(t, { config: '[reasoning.embedded]\nchunk_delay_ms = 0\n' });
  const client = await under.login();
  assert.deepEqual(client.handshake.channels, ['default']);
  const sent = await client.call('chat.send', { message: 'Hello, gateway' });
  const complete = await client.complete(sent.message_id);
  assert.equal(complete.finish_reason, 'stop');
  const reply = client.streamed(sent.message_id);
  assert.match(reply, /Hello, gateway/);
  const history = await client.call('chat.history');
  assert.deepEqual(
    history.messages.map((message: { role: string; content: string }) => [message.role, message.content]),
    [
      ['user', 'Hello, gateway'],
      ['assistant', reply],
    ],
  );
});
