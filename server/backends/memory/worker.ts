/** The memory's thread: opens the database, then runs whatever has arrived as one group, until told to close. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import { Channels } from './channels.js';
import { openDatabase } from './database.js';
import type { BatchAnswer, BatchAsk } from './embeddings-messages.js';
import { GroupCommit } from './group-commit.js';
import { StoreHealth } from './health.js';
import { Indexing } from './indexing.js';
import {
  type Call,
  errorText,
  MAX_GROUP_CHARS,
  type MemoryLimits,
  type MemoryThreadData,
  type Report,
  type Request,
  weigh,
} from './messages.js';
import { monotonicMs } from './pace.js';
import { MemoryError } from './port.js';
import { ShortChannels } from './short-channels.js';
import { createStore } from './store.js';
import { Upkeep } from './upkeep.js';
import { VectorUpkeep } from './vector-upkeep.js';
import { Vectors } from './vectors.js';

const isCalls = (request: Request | undefined): request is readonly Call[] => Array.isArray(request);
const isSearch = (call: Call): call is Extract<Call, readonly ['search' | 'recall', ...unknown[]]> =>
  call[0] === 'search' || call[0] === 'recall';
const isLimits = (request: Request): request is { readonly limits: MemoryLimits } =>
  typeof request === 'object' && 'limits' in request;

/** Serves the requests that come through `port`, in their order. */
const serve = (port: MessagePort, db: Database, embeddings: MemoryThreadData['embeddings']): void => {
  const report = (what: Report): void => port.postMessage(what);
  const health = new StoreHealth(db, (now) => report({ health: now }), monotonicMs);
  const onError = (error: unknown): void => health.failed(error);
  const vectors = embeddings === null ? null : new Vectors(db, embeddings);
  const group = new GroupCommit(db, createStore(db), onError);
  const upkeep = new Upkeep({ db, nowMs: monotonicMs, wallMs: Date.now, onError });
  const indexing = new Indexing({ db, nowMs: monotonicMs, onError });
  const channels = new Channels(db);
  const shortChannels = new ShortChannels(db);
  const ask = (batch: BatchAsk): void => embeddings?.port.postMessage(batch);
  const vectorUpkeep =
    vectors === null ? null : new VectorUpkeep({ db, vectors, ask, nowMs: monotonicMs, onError });
  const next = (): Request | undefined => receiveMessageOnPort(port)?.message;

  let timer: NodeJS.Timeout | undefined;
  /** Behind every group, and when it is time for something while nobody calls. */
  const tidy = (): void => {
    clearTimeout(timer);
    health.probe();
    // A store that may work again is left alone, but for the probe.
    timer = setTimeout(tidy, health.probeInMs ?? nextStepMs());
  };
  const nextStepMs = (): number =>
    Math.min(indexing.step(), upkeep.step(), vectorUpkeep?.step() ?? Number.POSITIVE_INFINITY);

  /** The channels in which something is looked for by its words. @throws where the disk fails */
  function* searched(calls: readonly Call[]): Generator<number> {
    for (const call of calls) {
      if (!isSearch(call)) continue;
      const key = channels.key(call[1], call[2]);
      if (key === undefined) continue;
      if (call[0] === 'recall' && shortChannels.has(key, call[3].beforeSeq, call[3].maxTokens)) continue;
      yield key;
    }
  }

  const runAll = (calls: readonly Call[]): void => {
    // It finds everything that was acknowledged before it.
    if (calls.some(isSearch)) indexing.catchUp(searched(calls));
    for (let done = 0; done < calls.length; ) {
      const answers = group.run(done === 0 ? calls : calls.slice(done));
      report({ answers, commits: group.takeCommits() });
      done += answers.length;
    }
    if (calls.some(([name]) => name === 'deleteChannel')) upkeep.channelDeleted();
    indexing.called();
    tidy();
  };

  const close = (): void => {
    clearTimeout(timer);
    try {
      db.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // What is in the log only is read from there when the database is opened next.
    }
    db.close();
    port.close();
    embeddings?.port.close();
  };

  /** Everything that has arrived, up to the order to close. */
  const runFrom = (first: Request): void => {
    let request: Request | undefined = first;
    while (request !== undefined && request !== 'close') {
      if (isLimits(request)) {
        upkeep.setLimits(request.limits);
        tidy();
        request = next();
        continue;
      }
      const calls: Call[] = [];
      let chars = 0;
      // What arrived while the group before was syncing makes the next one.
      while (isCalls(request) && chars < MAX_GROUP_CHARS) {
        for (const call of request) calls.push(call);
        chars += weigh(request);
        request = next();
      }
      runAll(calls);
    }
    if (request === 'close') close();
  };

  port.on('message', (first: Request) => {
    try {
      runFrom(first);
    } catch (error) {
      // Uncaught, so it ends the thread: whoever waits for an answer learns of it by that.
      throw new MemoryError(errorText(error));
    }
  });
  embeddings?.port.on('message', (answer: BatchAnswer) => {
    vectorUpkeep?.answered(answer);
    tidy();
  });
  report({ opened: true });
  tidy();
};

if (parentPort === null) throw new MemoryError('worker.js runs only as the thread of openSqliteMemory.');
try {
  const { path, embeddings } = workerData as MemoryThreadData;
  serve(parentPort, openDatabase(path), embeddings);
} catch (error) {
  const refused: Report = { refused: errorText(error) };
  parentPort.postMessage(refused);
}
