/** A gateway at work is killed again and again: what it had acknowledged is there, once and in order. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import Sqlite from 'better-sqlite3';
import type { Client, Json } from '../helpers/client.js';
import { ENDLESS, engine } from '../helpers/engine.js';
import { temporaryFolder } from '../helpers/gateway.js';
import { type KillableGateway, startGatewayProcess } from '../helpers/gateway-process.js';

const ROUNDS = 20;
const CONNECTIONS = 12;
const CHANNELS = 8;
const IN_FLIGHT = 4;
/** Acknowledged before a kill: each round dies at another moment. */
const killAfter = (round: number): number => 60 + ((round * 37) % 120);

interface Acknowledged {
  readonly message_id: string;
  readonly channel: string;
  readonly seq: number;
}

/** Messages by their idempotency keys: what was said, where, and what came back. */
class Ledger {
  readonly sent = new Map<string, { readonly message: string; readonly channel: string }>();
  readonly acknowledged = new Map<string, Acknowledged>();

  get unanswered(): string[] {
    return [...this.sent.keys()].filter((key) => !this.acknowledged.has(key));
  }

  take(key: string, answer: Acknowledged): void {
    const earlier = this.acknowledged.get(key);
    if (earlier !== undefined) assert.deepEqual(answer, earlier);
    this.acknowledged.set(key, answer);
  }
}

/** Sends again what had no answer and every tenth that had one, then new messages, until the gateway is killed. */
const loadUntilKilled = async (
  under: KillableGateway,
  clients: readonly Client[],
  channels: readonly string[],
  ledger: Ledger,
  round: number,
): Promise<void> => {
  let left = killAfter(round);
  let next = 0;
  const again = [...ledger.unanswered, ...[...ledger.acknowledged.keys()].filter((_, at) => at % 10 === 0)];
  const pick = (): string => {
    const key = again.pop();
    if (key !== undefined) return key;
    const fresh = `${round}-${next}`;
    const channel = channels[next % channels.length] ?? '';
    ledger.sent.set(fresh, { message: `message ${fresh}`, channel });
    next += 1;
    return fresh;
  };
  const send = async (client: Client): Promise<void> => {
    for (;;) {
      const key = pick();
      const { message, channel } = ledger.sent.get(key) ?? { message: '', channel: '' };
      let response: Json;
      try {
        response = await client.request('chat.send', { message, channel, idempotency_key: key });
      } catch {
        return; // killed
      }
      if (response.error !== undefined) {
        assert.equal(response.error.code, 4290, JSON.stringify(response.error));
        continue;
      }
      ledger.take(key, response.result);
      left -= 1;
      if (left === 0) under.process.child.kill('SIGKILL');
    }
  };
  await Promise.all(clients.flatMap((client) => Array.from({ length: IN_FLIGHT }, () => send(client))));
  assert.equal(await under.process.exited, 'SIGKILL');
};

/** Compares what the database holds with what was said and answered. */
const check = (path: string, ledger: Ledger): void => {
  const db = new Sqlite(path, { readonly: true });
  const rows = db
    .prepare<[], Json>(
      `SELECT channel_id AS channel, seq, message_id, role, content, finish_reason
       FROM messages JOIN channels ON channels.id = channel ORDER BY channel, seq`,
    )
    .all();
  db.close();
  const open = rows.filter(({ role, finish_reason }) => role === 'assistant' && finish_reason === null);
  assert.deepEqual(open, [], 'no reply is open');

  const byContent = new Map<string, Acknowledged>();
  const lastSeq = new Map<string, number>();
  for (const { channel, seq, message_id, role, content } of rows) {
    assert.equal(seq, (lastSeq.get(channel) ?? 0) + 1, 'seqs have no gaps');
    lastSeq.set(channel, seq);
    if (role !== 'user') continue;
    assert.ok(!byContent.has(content), `${content} is there twice`);
    byContent.set(content, { message_id, channel, seq });
  }
  for (const [key, answer] of ledger.acknowledged) {
    assert.deepEqual(byContent.get(ledger.sent.get(key)?.message ?? ''), answer);
  }
};

test(`killed ${ROUNDS} times under load, it keeps every acknowledged message, once and in order, and no reply open`, {
  timeout: 120_000,
}, async (t) => {
  const homeDir = temporaryFolder(t);
  const path = join(homeDir, 'openclaw.db');
  const config = engine(1, { max_unauthenticated_per_ip: 0 });
  const ledger = new Ledger();
  const channels: string[] = [];
  const startedMs = performance.now();
  for (let round = 0; round < ROUNDS; round += 1) {
    const under = await startGatewayProcess(t, { homeDir, config });
    check(path, ledger);
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => under.login()));
    for (const client of channels.length === 0 ? clients.slice(0, CHANNELS) : []) {
      channels.push((await client.call('channel.create')).channel_id);
    }
    await loadUntilKilled(under, clients, channels, ledger, round);
  }
  const last = await startGatewayProcess(t, { homeDir, config });
  check(path, ledger);
  assert.ok(ledger.acknowledged.size > ROUNDS * 40, `${ledger.acknowledged.size} messages`);
  t.diagnostic(
    `${ledger.acknowledged.size} messages, ${Math.round((performance.now() - startedMs) / ROUNDS)} ms a round`,
  );
  await last.kill();
});

/** A reply is stored every second, on a wheel that turns ten times in one; the rest is for a machine with other things to do. */
const MAY_LACK_MS = 1000 + 100 + 900;

test('killed in the middle of replies, it has stored all but the last second of each', {
  timeout: 60_000,
}, async (t) => {
  const homeDir = temporaryFolder(t);
  const config = engine(10);
  const under = await startGatewayProcess(t, { homeDir, config });
  const client = await under.login();
  const chunks: { readonly messageId: string; readonly text: string; readonly atMs: number }[] = [];
  client.socket.on('message', (data) => {
    const { method, params }: Json = JSON.parse(data.toString());
    if (method !== 'chat.stream') return;
    chunks.push({ messageId: params.message_id, text: params.chunk, atMs: performance.now() });
  });
  const sent: Json[] = [];
  for (let at = 0; at < 4; at += 1) {
    const { channel_id: channel } = await client.call('channel.create');
    sent.push(await client.call('chat.send', { message: ENDLESS, channel }));
  }
  const startedMs = performance.now();
  while (performance.now() - startedMs < 2 * MAY_LACK_MS) await once(client.socket, 'message');
  const killedMs = performance.now();
  await under.kill();

  const again = await (await startGatewayProcess(t, { homeDir, config })).login();
  for (const { message_id: messageId, channel } of sent) {
    const { messages } = await again.call('chat.history', { channel });
    const [, reply] = messages;
    assert.equal(reply.finish_reason, 'interrupted');
    const mine = chunks.filter((chunk) => chunk.messageId === messageId);
    const textUntil = (atMs: number): string =>
      mine.flatMap((chunk) => (chunk.atMs <= atMs ? [chunk.text] : [])).join('');
    const due = textUntil(killedMs - MAY_LACK_MS);
    assert.ok(due.length > 0);
    assert.ok(reply.content.startsWith(due), `${reply.content.length} of ${due.length} units`);
    const all = textUntil(killedMs);
    assert.ok(all.startsWith(reply.content) || reply.content.startsWith(all));
  }
});
