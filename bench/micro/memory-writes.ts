/**
 * How many messages a second are on the disk and acknowledged, and how many when their words are in the index as well?
 * Through the port with one in flight, and with as many as a busy gateway has; beside the plainest way to be as durable: a
 * transaction for each message and its words, on this thread.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { openDatabase } from '../../server/backends/memory/database.js';
import { IndexBacklog } from '../../server/backends/memory/index-backlog.js';
import type { NewMessage } from '../../server/backends/memory/port.js';
import { openSqliteMemory } from '../../server/backends/memory/sqlite.js';
import { createStore } from '../../server/backends/memory/store.js';
import { percentile, temporaryHome, Words } from './lib/memory.js';
import { reportFigures } from './lib/report.js';

const ROUNDS = 5;
const ROUND_MS = 1500;
const IN_FLIGHT = [1, 256];

const home = temporaryHome();
const words = new Words(2);
const texts = Array.from({ length: 1000 }, () => words.message());
let sent = 0;

const nextMessage = (): NewMessage => {
  sent += 1;
  return {
    principal: 'local',
    channelId: 'default',
    messageId: `msg-${sent}`,
    clientId: 'bench',
    content: texts[sent % texts.length] ?? '',
    metadata: null,
    idempotencyKey: null,
    onlyRepeated: false,
    createdAtMs: Date.now(),
  };
};

const db = openDatabase(join(home, 'one-each.db'));
const store = createStore(db);
store.openPrincipal('local');
const backlog = new IndexBacklog(db);
const memory = await openSqliteMemory({ path: join(home, 'port.db') });
await memory.openPrincipal('local');
const reader = new Sqlite(join(home, 'port.db'), { readonly: true });
const waiting = reader.prepare<[], number>('SELECT count(*) FROM index_backlog').pluck();

const perSecond = (messages: number, startMs: number): number =>
  (messages * 1000) / (performance.now() - startMs);

const oneCommitEach = async (): Promise<number> => {
  const startMs = performance.now();
  let done = 0;
  for (; performance.now() - startMs < ROUND_MS; done += 1) {
    db.exec('BEGIN IMMEDIATE');
    store.addMessage(nextMessage());
    backlog.indexAll(() => false);
    db.exec('COMMIT');
  }
  return perSecond(done, startMs);
};

const throughPort = async (inFlight: number): Promise<{ acknowledged: number; indexed: number }> => {
  const startMs = performance.now();
  let done = 0;
  const keepOneInFlight = async (): Promise<void> => {
    while (performance.now() - startMs < ROUND_MS) {
      await memory.addMessage(nextMessage());
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, keepOneInFlight));
  const acknowledged = perSecond(done, startMs);
  // The next round begins with nothing left to do.
  while ((waiting.get() ?? 0) > 0) await delay(10);
  return { acknowledged, indexed: perSecond(done, startMs) };
};

const figures = new Map<string, number[]>();
const note = (name: string, value: number): void => {
  figures.set(name, [...(figures.get(name) ?? []), value]);
};
const ways: readonly (() => Promise<void>)[] = [
  async () => note('a commit for each message and its words, no thread', await oneCommitEach()),
  ...IN_FLIGHT.map((inFlight) => async () => {
    const { acknowledged, indexed } = await throughPort(inFlight);
    note(`the memory port, ${inFlight} in flight`, acknowledged);
    note(`the same ${inFlight}, until all of them can be found`, indexed);
  }),
];
for (let round = 0; round < ROUNDS; round += 1) {
  for (const measure of round % 2 === 1 ? ways.toReversed() : ways) await measure();
}
reader.close();
await memory.close();
db.close();

reportFigures(
  'Messages stored durably and acknowledged',
  [...figures].map(([name, values]) => ({ name, value: percentile(values, 50), unit: 'messages/s' })),
);
