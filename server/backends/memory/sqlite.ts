/**
 * The memory in an SQLite database, on a thread of its own.
 *
 * This side gathers the calls of one turn of the event loop into one message and matches the
 * answers, which come in order, to the promises that wait for them. The other side is `worker.ts`.
 */
import { type MessagePort, Worker } from 'node:worker_threads';
import type { EmbeddingsOptions, EmbeddingsReport, Near, QueryPlace } from './embeddings-messages.js';
import { Inspections } from './inspections.js';
import {
  type Answer,
  type Call,
  type Commit,
  errorText,
  MAX_GROUP_CHARS,
  type MemoryLimits,
  type MemoryThreadData,
  type Operations,
  type Report,
  type Request,
  type StoreHealthReport,
  weigh,
} from './messages.js';
import { Nearby } from './nearby.js';
import { MemoryError, type MemoryPort } from './port.js';

/**
 * A ceiling for the thread's JavaScript heap, many times what it uses: the messages between the
 * threads are cut at {@link MAX_GROUP_CHARS}. A small young generation keeps its resident size low.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8 };

interface Waiting {
  readonly call: Call;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: MemoryError) => void;
}

type CallOf<N extends keyof Operations> = Extract<Call, readonly [N, ...unknown[]]>;

export type { EmbeddingsOptions, EmbeddingsReport } from './embeddings-messages.js';
export type { MemoryLimits, StoreHealthReport } from './messages.js';

/** The port, and what only this implementation of it has. */
export interface SqliteMemory extends MemoryPort {
  /** How much is kept from now on. What is beyond that is removed in the background, within about a minute. */
  setLimits(limits: MemoryLimits): void;
}

class ThreadedMemory implements SqliteMemory {
  readonly #worker: Worker;
  readonly #inspections: Inspections;
  /** Null: things are found by their words alone. */
  readonly #nearby: Nearby | null;
  readonly #onFailure: (error: MemoryError) => void;
  readonly #onHealth: (health: StoreHealthReport) => void;
  readonly #onCommit: (commit: Commit) => void;
  /** Called in this turn, not yet posted. */
  #queued: Waiting[] = [];
  #queuedChars = 0;
  /** Posted, in the order their answers will come. */
  #posted: Waiting[] = [];
  /** Calls that wait for what is near to their query before they are posted. */
  readonly #beforePosting = new Set<Promise<unknown>>();
  /** Why new calls are refused; null while they are not. */
  #refusal: MemoryError | null = null;
  #ended = false;
  #closing: Promise<void> | null = null;
  #settleClose: (error: MemoryError | null) => void = () => {};

  constructor(
    worker: Worker,
    nearby: Nearby | null,
    { path, onFailure = () => {}, onHealth = () => {}, onCommit = () => {} }: SqliteMemoryOptions,
  ) {
    this.#worker = worker;
    this.#nearby = nearby;
    this.#inspections = new Inspections(path, { alone: false });
    this.#onFailure = onFailure;
    this.#onHealth = onHealth;
    this.#onCommit = onCommit;
    worker.on('message', (report: Report) => {
      if ('answers' in report) {
        for (const commit of report.commits) this.#onCommit(commit);
        this.#settle(report.answers);
      } else if ('health' in report) this.#onHealth(report.health);
    });
    worker.on('messageerror', (error) => this.#end(threadFailed(error)));
    worker.on('error', (error) => this.#end(threadFailed(error)));
    worker.on('exit', (code) => {
      const clean = this.#closing !== null && this.#posted.length === 0;
      this.#end(clean ? null : new MemoryError(`The memory thread ended with exit code ${code}.`));
    });
  }

  readonly openPrincipal: MemoryPort['openPrincipal'] = (...args) => this.#call(['openPrincipal', ...args]);
  readonly createChannel: MemoryPort['createChannel'] = (...args) => this.#call(['createChannel', ...args]);
  readonly listChannels: MemoryPort['listChannels'] = (...args) => this.#call(['listChannels', ...args]);
  readonly updateChannel: MemoryPort['updateChannel'] = (...args) => this.#call(['updateChannel', ...args]);
  readonly deleteChannel: MemoryPort['deleteChannel'] = (...args) => this.#call(['deleteChannel', ...args]);
  readonly addMessage: MemoryPort['addMessage'] = (...args) => this.#call(['addMessage', ...args]);
  readonly appendReply: MemoryPort['appendReply'] = (...args) => this.#call(['appendReply', ...args]);
  readonly finishReply: MemoryPort['finishReply'] = (...args) => this.#call(['finishReply', ...args]);
  readonly findReply: MemoryPort['findReply'] = (...args) => this.#call(['findReply', ...args]);
  readonly history: MemoryPort['history'] = (...args) => this.#call(['history', ...args]);
  readonly recall: MemoryPort['recall'] = (...args) => {
    const [principal, channelId, { query, beforeSeq }] = args;
    return this.#withNear(query, { principal, channelId, beforeSeq }, (near) => ['recall', ...args, near]);
  };
  readonly search: MemoryPort['search'] = (...args) => {
    const [principal, channelId, { query }] = args;
    const place = { principal, channelId, beforeSeq: Number.MAX_SAFE_INTEGER };
    return this.#withNear(query, place, (near) => ['search', ...args, near]);
  };
  readonly nextToSummarize: MemoryPort['nextToSummarize'] = (...args) =>
    this.#call(['nextToSummarize', ...args]);
  readonly summarize: MemoryPort['summarize'] = (...args) => this.#call(['summarize', ...args]);
  readonly addNotification: MemoryPort['addNotification'] = (...args) =>
    this.#call(['addNotification', ...args]);
  readonly listNotifications: MemoryPort['listNotifications'] = (...args) =>
    this.#call(['listNotifications', ...args]);
  readonly settleNotifications: MemoryPort['settleNotifications'] = (...args) =>
    this.#call(['settleNotifications', ...args]);
  readonly cancelNotification: MemoryPort['cancelNotification'] = (...args) =>
    this.#call(['cancelNotification', ...args]);
  readonly tokenUsed: MemoryPort['tokenUsed'] = (...args) => this.#call(['tokenUsed', ...args]);
  readonly tokensLastUsed: MemoryPort['tokensLastUsed'] = (...args) =>
    this.#call(['tokensLastUsed', ...args]);
  readonly exportLines: MemoryPort['exportLines'] = (...args) => this.#call(['exportLines', ...args]);
  readonly importLines: MemoryPort['importLines'] = (...args) => this.#call(['importLines', ...args]);
  readonly vacuum: MemoryPort['vacuum'] = (...args) => this.#call(['vacuum', ...args]);
  readonly stats: MemoryPort['stats'] = () => this.#inspections.stats();
  readonly check: MemoryPort['check'] = () => this.#inspections.check();
  readonly backup: MemoryPort['backup'] = (...args) => this.#inspections.backup(...args);

  setLimits(limits: MemoryLimits): void {
    if (!this.#ended) this.#worker.postMessage({ limits } satisfies Request);
  }

  close(): Promise<void> {
    if (this.#closing === null) {
      this.#closing = new Promise((resolve, reject) => {
        if (this.#ended) return resolve();
        this.#settleClose = (error) => (error === null ? resolve() : reject(error));
        this.#refusal = new MemoryError('The memory is closed.');
        this.#flush();
        void this.#letGo().then(() => {
          this.#flush();
          this.#worker.postMessage('close' satisfies Request);
        });
      });
    }
    return this.#closing;
  }

  /** Ends what is not the memory's thread, and posts what has waited for that. */
  async #letGo(): Promise<void> {
    await this.#nearby?.close();
    await Promise.all(this.#beforePosting);
    // An inspection's connection would keep the log's file from going with the last one.
    await this.#inspections.close();
  }

  /** Only this call waits for what is near; where that is not told in time, it goes by words alone. */
  async #withNear<N extends 'recall' | 'search'>(
    query: string,
    place: QueryPlace,
    call: (near: Near | null) => CallOf<N>,
  ): Promise<ReturnType<Operations[N]>> {
    if (this.#nearby === null) return this.#call(call(null));
    if (this.#refusal !== null) throw this.#refusal;
    const looking = this.#nearby.near(query, place);
    this.#beforePosting.add(looking);
    const near = await looking;
    this.#beforePosting.delete(looking);
    // It was called before whoever has closed the memory meanwhile.
    return this.#queue(call(near));
  }

  #call<N extends keyof Operations>(call: CallOf<N>): Promise<ReturnType<Operations[N]>> {
    return this.#refusal === null ? this.#queue(call) : Promise.reject(this.#refusal);
  }

  #queue<N extends keyof Operations>(call: CallOf<N>): Promise<ReturnType<Operations[N]>> {
    if (this.#ended) return Promise.reject(this.#refusal);
    return new Promise((resolve, reject) => {
      // The thread answers a call with the value its own name promises.
      this.#queued.push({ call, resolve: resolve as (value: unknown) => void, reject });
      this.#queuedChars += weigh(call);
      if (this.#queuedChars > MAX_GROUP_CHARS) this.#flush();
      else if (this.#queued.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const queued = this.#queued;
    this.#queued = [];
    this.#queuedChars = 0;
    if (queued.length > 0) this.#post(queued);
  }

  #post(group: readonly Waiting[]): void {
    try {
      this.#worker.postMessage(group.map(({ call }) => call) satisfies Request);
    } catch (error) {
      // One call holds something that cannot be copied; it must not take its neighbours with it.
      if (group.length > 1) for (const waiting of group) this.#post([waiting]);
      else
        group[0]?.reject(
          new MemoryError(`memory ${group[0].call[0]} failed: ${errorText(error)}`, { cause: error }),
        );
      return;
    }
    for (const waiting of group) this.#posted.push(waiting);
  }

  #settle(answers: readonly Answer[]): void {
    const settled = this.#posted.splice(0, answers.length);
    for (const [i, { resolve, reject }] of settled.entries()) {
      const answer = answers[i];
      if (answer !== undefined && 'value' in answer) resolve(answer.value);
      else reject(new MemoryError(answer?.error ?? 'The memory thread gave no answer.'));
    }
  }

  /** The thread is gone, or out of step and must not go on. Null: it was told to close, and has. */
  #end(failure: MemoryError | null): void {
    if (this.#ended) return;
    this.#ended = true;
    const left = [...this.#posted, ...this.#queued];
    this.#posted = [];
    this.#queued = [];
    this.#refusal = failure ?? this.#refusal;
    if (failure !== null) {
      for (const { reject } of left) reject(failure);
      void this.#worker.terminate();
      void this.#nearby?.close();
    }
    if (this.#closing !== null) this.#settleClose(failure);
    else if (failure !== null) this.#onFailure(failure);
  }
}

const threadFailed = (error: unknown): MemoryError =>
  new MemoryError(`The memory thread failed: ${errorText(error)}`, { cause: error });

export interface SqliteMemoryOptions {
  /** The database's file. */
  readonly path: string;
  /**
   * Called at most once, when the thread died unasked: everything pending was rejected and every
   * later call will be, so the gateway cannot serve on.
   */
  readonly onFailure?: (error: Error) => void;
  /**
   * Called when the store begins to fail (calls are rejected, with a sentence each) and when it works
   * again, never twice the same in a row. It works when it was opened.
   */
  readonly onHealth?: (health: StoreHealthReport) => void;
  /** Hears of every transaction that has written for calls, before they are answered. Must not throw. */
  readonly onCommit?: (commit: Commit) => void;
  /** Where vectors come from; absent or null: things are found by their words alone. */
  readonly embeddings?: EmbeddingsOptions | null;
  /** Called when the endpoint begins to fail and when it works again, never twice the same in a row. */
  readonly onEmbeddings?: (report: EmbeddingsReport) => void;
}

/**
 * Starts the thread and opens or creates the database at `path` (mode 0600, as are its `-wal` and
 * `-shm`; its directory must exist). Replies that a crash left open come back as `interrupted`.
 *
 * @throws MemoryError (a rejection) where the database cannot be opened, in one sentence with the
 *   file, the cause and what to do
 */
export const openSqliteMemory = async (options: SqliteMemoryOptions): Promise<SqliteMemory> => {
  const { path, embeddings = null, onEmbeddings = () => {} } = options;
  const nearby = embeddings === null ? null : await Nearby.open(path, embeddings, onEmbeddings);
  try {
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      name: 'memory',
      ...threadData(path, embeddings, nearby),
      resourceLimits: RESOURCE_LIMITS,
    });
    return await new Promise<ThreadedMemory>((resolve, reject) => {
      worker.once('error', (error) => reject(threadFailed(error)));
      worker.once('exit', () =>
        reject(new MemoryError(`The database ${path} cannot be opened: its thread ended.`)),
      );
      worker.once('message', (report: Report) => {
        if ('refused' in report) return reject(new MemoryError(report.refused));
        worker.removeAllListeners('error').removeAllListeners('exit');
        resolve(new ThreadedMemory(worker, nearby, options));
      });
    });
  } catch (error) {
    await nearby?.close();
    throw error;
  }
};

/** Of the endpoint, the memory's thread gets to know what tells one vector from another, and never the key. */
const threadData = (
  path: string,
  embeddings: EmbeddingsOptions | null,
  nearby: Nearby | null,
): { readonly workerData: MemoryThreadData; readonly transferList: MessagePort[] } => {
  if (embeddings === null || nearby === null) {
    return { workerData: { path, embeddings: null }, transferList: [] };
  }
  const { model, dimensions } = embeddings;
  const port = nearby.memoryPort;
  return {
    workerData: { path, embeddings: { model, dimensions, port } },
    transferList: [port],
  };
};
