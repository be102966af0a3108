/**
 * How many messages a second are on the disk and acknowledged? Through the port with one in flight, and with as many
 * as a busy gateway has; beside the plainest way to be as durable: a transaction for each message, on this thread.
 */
import { join } from 'node:path';
import { openDatabase } from '../../server/backends/memory/database.js';
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
const memory = await openSqliteMemory({ path: join(home, 'port.db') });
await memory.openPrincipal('local');

const oneCommitEach = async (): Promise<number> => {
  const startMs = performance.now();
  let done = 0;
  for (; performance.now() - startMs < ROUND_MS; done += 1) {
    db.exec('BEGIN IMMEDIATE');
    store.addMessage(nextMessage());
    db.exec('COMMIT');
  }
  return (done * 1000) / (performance.now() - startMs);
};

const throughPort = async (inFlight: number): Promise<number> => {
  const startMs = performance.now();
  let done = 0;
  const keepOneInFlight = async (): Promise<void> => {
    while (performance.now() - startMs < ROUND_MS) {
      await memory.addMessage(nextMessage());
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, keepOneInFlight));
  return (done * 1000) / (performance.now() - startMs);
};

const ways: readonly { readonly name: string; readonly measure: () => Promise<number> }[] = [
  { name: 'a commit for each message, no thread', measure: oneCommitEach },
  ...IN_FLIGHT.map((inFlight) => ({
    name: `the memory port, ${inFlight} in flight`,
    measure: () => throughPort(inFlight),
  })),
];
const rates = ways.map((): number[] => []);
for (let round = 0; round < ROUNDS; round += 1) {
  const order = ways.map((_way, at) => at);
  if (round % 2 === 1) order.reverse();
  for (const at of order) rates[at]?.push((await ways[at]?.measure()) ?? Number.NaN);
}
await memory.close();
db.close();

reportFigures(
  'Messages stored durably and acknowledged',
  ways.map(({ name }, at) => ({ name, value: percentile(rates[at] ?? [], 50), unit: 'messages/s' })),
);
