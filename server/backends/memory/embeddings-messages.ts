/** What crosses between the embeddings' thread, the gateway's and the memory's. */
import type { MessagePort } from 'node:worker_threads';

/** Where vectors come from. */
export interface EmbeddingsEndpoint {
  /** `/embeddings` is put behind it. */
  readonly baseUrl: string;
  readonly model: string;
  /** Null: the endpoint asks for none. */
  readonly apiKey: string | null;
  /** Numbers of a vector; 0: as many as the model gives. */
  readonly dimensions: number;
  readonly timeoutMs: number;
}

export interface EmbeddingsOptions extends EmbeddingsEndpoint {
  /** Cosine below which a text is no match for a query, from 0 to 1. */
  readonly minSimilarity: number;
}

/** Whether the endpoint works; the sentence says what fails and what to do, and holds neither a text nor the key. */
export type EmbeddingsReport = { readonly ok: true } | { readonly ok: false; readonly sentence: string };

/** What the embeddings' thread starts with. */
export interface EmbeddingsThreadData {
  readonly options: EmbeddingsOptions;
  /** The database; it is there when the first query or batch comes. */
  readonly path: string;
  /** To the memory's thread. */
  readonly memory: MessagePort;
}

/** Where something near is looked for. */
export interface QueryPlace {
  readonly principal: string;
  readonly channelId: string;
  readonly beforeSeq: number;
}

/** What is near in meaning: the seqs of messages, nearest first, of the channel of that row number. */
export interface Near {
  readonly channel: number;
  readonly seqs: readonly number[];
}

/** From the gateway's thread: what is near to a query, at once. */
export interface QueryAsk {
  readonly id: number;
  readonly text: string;
  readonly place: QueryPlace;
}

/** To the gateway's thread: first whether vectors can be compared here. `near` null: that cannot be told. */
export type FromEmbeddings =
  | { readonly opened: true }
  | { readonly refused: string }
  | { readonly id: number; readonly near: Near | null }
  | { readonly health: EmbeddingsReport };

/** A vector as it is kept. */
export interface MadeVector {
  /** How many numbers the model gave. */
  readonly length: number;
  /** The coarse copy: signs, eight to a byte. */
  readonly bits: Uint8Array;
  /** float32 after float32, filled up with zeros to a multiple of eight. */
  readonly embedding: Uint8Array;
}

/** From the memory's thread: texts to make vectors of, one batch at a time. */
export interface BatchAsk {
  readonly texts: readonly string[];
  /** How many numbers the vectors before had; null: there are none. */
  readonly length: number | null;
}

/** To the memory's thread, one for each {@link BatchAsk}. */
export type BatchAnswer =
  | { readonly vectors: readonly MadeVector[] }
  | {
      /** Nothing is to be asked for earlier. */
      readonly retryInMs: number;
      /** One of the texts may be the cause: fewer of them may get through. */
      readonly mayBeTexts: boolean;
    };

/** What is embedded of a text: its beginning, some 2 000 tokens, which is what small models take. */
const MAX_TEXT_CHARS = 8000;

/** A text as it is embedded; a message and a query of the same words are the same. */
export const embeddedPart = (text: string): string => text.slice(0, MAX_TEXT_CHARS).toWellFormed();
