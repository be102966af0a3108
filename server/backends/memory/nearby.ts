/** What is near to a query, for the gateway's thread: from the embeddings' thread in time, or nothing. */
import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import {
  type EmbeddingsOptions,
  type EmbeddingsReport,
  type EmbeddingsThreadData,
  embeddedPart,
  type FromEmbeddings,
  type Near,
  type QueryAsk,
  type QueryPlace,
} from './embeddings-messages.js';
import { errorText } from './messages.js';
import { MemoryError } from './port.js';

/** A query that has no answer by then goes by words alone. */
const PATIENCE_MS = 1000;
/** Queries at the embeddings' thread, those that nobody waits for any more too: each is a request of its own. More go by words alone. */
const MAX_ASKED = 64;
/** Answers are bounded; parsed as decimals, a large batch takes some tens of MiB. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16 };

export class Nearby {
  readonly #worker: Worker;
  readonly #onReport: (report: EmbeddingsReport) => void;
  readonly #waiting = new Map<number, (near: Near | null) => void>();
  /** The other end of the embeddings' thread, for the memory's. */
  readonly memoryPort: MessagePort;
  #asked = 0;
  #lastId = 0;
  #ended = false;

  /**
   * Starts the embeddings' thread. Where it dies, nothing is near any more, and that is all.
   *
   * @throws MemoryError (a rejection) where vectors cannot be compared here, in one sentence
   */
  static async open(
    path: string,
    options: EmbeddingsOptions,
    onReport: (report: EmbeddingsReport) => void,
  ): Promise<Nearby> {
    const nearby = new Nearby(path, options, onReport);
    const refused = await nearby.#refused();
    if (refused === null) return nearby;
    await nearby.close();
    throw new MemoryError(refused);
  }

  private constructor(
    path: string,
    options: EmbeddingsOptions,
    onReport: (report: EmbeddingsReport) => void,
  ) {
    const { port1: memory, port2 } = new MessageChannel();
    this.memoryPort = port2;
    this.#onReport = onReport;
    this.#worker = new Worker(new URL('./embeddings-worker.js', import.meta.url), {
      name: 'embeddings',
      workerData: { path, options, memory } satisfies EmbeddingsThreadData,
      transferList: [memory],
      resourceLimits: RESOURCE_LIMITS,
      // It has the key in its data and needs nothing else of what the process was started with.
      env: {},
    });
    this.#worker.on('message', (message: FromEmbeddings) => {
      if ('health' in message) this.#onReport(message.health);
      else if ('id' in message) {
        this.#asked -= 1;
        this.#waiting.get(message.id)?.(message.near);
      }
    });
    this.#worker.on('error', (error) => this.#died(errorText(error)));
    this.#worker.on('exit', (code) => this.#died(`it ended with exit code ${code}`));
  }

  /** Why it cannot do its work; null: it can. */
  async #refused(): Promise<string | null> {
    const ended = once(this.#worker, 'exit').then(() => ({ refused: 'The embeddings thread ended.' }));
    const begun = once(this.#worker, 'message').then(([first]: FromEmbeddings[]) => first);
    try {
      const first = await Promise.race([begun, ended]);
      return first !== undefined && 'refused' in first ? first.refused : null;
    } catch (error) {
      return `The embeddings thread failed: ${errorText(error)}.`;
    }
  }

  /** Null: that cannot be told, or not within {@link PATIENCE_MS}. Never rejects. */
  near(query: string, place: QueryPlace): Promise<Near | null> {
    const text = embeddedPart(query);
    if (this.#ended || this.#asked >= MAX_ASKED || text.trim() === '') return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#lastId += 1;
      const id = this.#lastId;
      const settle = (near: Near | null): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(near);
      };
      const timer = setTimeout(() => settle(null), PATIENCE_MS);
      this.#waiting.set(id, settle);
      this.#asked += 1;
      this.#worker.postMessage({ id, text, place } satisfies QueryAsk);
    });
  }

  /** Whoever waits gets null at once. */
  async close(): Promise<void> {
    this.#end();
    await this.#worker.terminate();
  }

  #died(cause: string): void {
    if (this.#ended) return;
    this.#end();
    const sentence = `The embeddings thread failed: ${cause}. Recall and search go by words alone until the gateway is restarted.`;
    this.#onReport({ ok: false, sentence });
  }

  #end(): void {
    this.#ended = true;
    for (const settle of [...this.#waiting.values()]) settle(null);
  }
}
