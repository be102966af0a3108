/**
 * The thread that asks for vectors and compares them: HTTP, the parsing of answers (a batch of vectors is megabytes
 * of JSON) and the scan of a channel hold up neither the sockets nor the commits of the memory's thread.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { BackOff } from './back-off.js';
import { EmbeddingsFailure } from './embeddings-answer.js';
import { EmbeddingsClient } from './embeddings-client.js';
import type {
  BatchAnswer,
  BatchAsk,
  EmbeddingsReport,
  EmbeddingsThreadData,
  FromEmbeddings,
  Near,
  QueryAsk,
} from './embeddings-messages.js';
import { errorText } from './messages.js';
import { monotonicMs } from './pace.js';
import { RecentVectors } from './recent-vectors.js';
import { VectorFunctions, VectorSearch } from './vector-search.js';

/** Texts refused one after another, and none taken: it is not the texts. */
const MAX_REFUSED = 8;

class Embeddings {
  readonly #data: EmbeddingsThreadData;
  readonly #functions: VectorFunctions;
  readonly #client: EmbeddingsClient;
  readonly #origin: string;
  readonly #report: (health: EmbeddingsReport) => void;
  readonly #backOff = new BackOff();
  readonly #recent = new RecentVectors();
  #search: VectorSearch | null = null;
  #works: boolean | null = null;
  /** Messages refused since the last text that was taken. */
  #refused = 0;

  constructor(
    data: EmbeddingsThreadData,
    functions: VectorFunctions,
    report: (health: EmbeddingsReport) => void,
  ) {
    this.#data = data;
    this.#functions = functions;
    this.#client = new EmbeddingsClient(data.options);
    this.#origin = new URL(data.options.baseUrl).origin;
    this.#report = report;
  }

  /** Null: that cannot be told. Never rejects. */
  async near({ text, place }: QueryAsk): Promise<Near | null> {
    const vector = await this.#vectorOf(text);
    if (vector === null) return null;
    try {
      const { path, options } = this.#data;
      this.#search ??= new VectorSearch(this.#functions.open(path), options, options.minSimilarity);
      return this.#search.nearest(this.#functions.make(vector), place);
    } catch {
      // What is wrong with the database, the memory's own thread finds and tells.
      this.#search?.close();
      this.#search = null;
      return null;
    }
  }

  /** Null: there is none to be had. */
  async #vectorOf(text: string): Promise<Float32Array | null> {
    const known = this.#recent.get(text, monotonicMs());
    if (known !== null) return known;
    // Whoever waits for an answer does not wait for a failure.
    if (this.#backOff.waitMs(monotonicMs()) > 0) return null;
    try {
      const [vector = null] = await this.#embed([text]);
      return vector;
    } catch (error) {
      this.#failed(error);
      return null;
    }
  }

  async batch({ texts, length }: BatchAsk): Promise<BatchAnswer> {
    this.#client.expect(length);
    const waitMs = this.#backOff.waitMs(monotonicMs());
    if (waitMs > 0) return { retryInMs: waitMs, mayBeTexts: false };
    // A message is often the query of its own recall, a moment ago.
    const known = texts.map((text) => {
      const vector = this.#recent.get(text, monotonicMs());
      return vector === null || (length !== null && vector.length !== length) ? null : vector;
    });
    const unknown = texts.filter((_text, at) => known[at] === null);
    try {
      const made = unknown.length === 0 ? [] : await this.#embed(unknown);
      const next = made.values();
      const vectors = known.map((vector) => vector ?? (next.next().value as Float32Array));
      return { vectors: vectors.map((vector) => this.#functions.make(vector)) };
    } catch (error) {
      // Which one it is shows when there are fewer.
      if (error instanceof EmbeddingsFailure && error.refused && texts.length > 1) {
        return { retryInMs: 0, mayBeTexts: true };
      }
      this.#refused += 1;
      const failure = this.#failed(error);
      return { retryInMs: this.#backOff.waitMs(monotonicMs()), mayBeTexts: failure.mayBeTexts };
    }
  }

  async #embed(texts: readonly string[]): Promise<readonly Float32Array[]> {
    const vectors = await this.#client.embed(texts);
    for (const [at, vector] of vectors.entries()) {
      this.#recent.keep(texts[at] as string, vector, monotonicMs());
    }
    this.#backOff.worked();
    this.#refused = 0;
    if (this.#works === false) this.#report({ ok: true });
    this.#works = true;
    return vectors;
  }

  #failed(error: unknown): EmbeddingsFailure {
    const failure =
      error instanceof EmbeddingsFailure ? error : new EmbeddingsFailure('its answer cannot be read');
    // A text that it refuses says nothing about the others.
    if (failure.refused && this.#works === true && this.#refused < MAX_REFUSED) return failure;
    this.#backOff.failed(monotonicMs(), failure.retryAfterMs ?? 0);
    if (this.#works !== false) {
      const sentence = `The embeddings endpoint ${this.#origin} fails: ${failure.message}. Recall and search go by words alone meanwhile.`;
      this.#report({ ok: false, sentence });
    }
    this.#works = false;
    return failure;
  }
}

const serve = (gateway: MessagePort, data: EmbeddingsThreadData, functions: VectorFunctions): void => {
  const { memory } = data;
  const say = (what: FromEmbeddings): void => gateway.postMessage(what);
  const embeddings = new Embeddings(data, functions, (health) => say({ health }));
  gateway.on('message', (ask: QueryAsk) => {
    void embeddings.near(ask).then((near) => say({ id: ask.id, near }));
  });
  memory.on('message', (ask: BatchAsk) => {
    void embeddings.batch(ask).then((answer) => memory.postMessage(answer));
  });
  say({ opened: true });
};

if (parentPort === null) throw new Error('embeddings-worker.js runs only as a thread of the memory.');
try {
  serve(parentPort, workerData as EmbeddingsThreadData, await VectorFunctions.load());
} catch (error) {
  const refused: FromEmbeddings = { refused: errorText(error) };
  parentPort.postMessage(refused);
}
