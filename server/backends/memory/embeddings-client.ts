/** Asks an OpenAI-compatible endpoint for vectors, over HTTP. */
import { EmbeddingsFailure, readAnswer } from './embeddings-answer.js';
import type { EmbeddingsEndpoint } from './embeddings-messages.js';

/** An answer beyond this is not read: 32 vectors of 8192 numbers as decimals are some 6 MB. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** A longer `Retry-After` is not believed. */
const MAX_RETRY_AFTER_MS = 60 * 60 * 1000;

const REFUSED_TEXTS: ReadonlySet<number> = new Set([400, 413, 422]);

/** What the status of an answer means, as a clause behind “it answered N”. */
const ADVICE: ReadonlyMap<number, string> = new Map([
  [401, ', so check the key that memory.embeddings.api_key_env or api_key_file leads to'],
  [403, ', so check the key that memory.embeddings.api_key_env or api_key_file leads to'],
  [404, ', so check memory.embeddings.base_url and memory.embeddings.model'],
  [429, ', too many requests'],
]);

/** Milliseconds of a `Retry-After` header: seconds, or a date (RFC 9110 section 10.2.3). */
const retryAfterMs = (header: string | null, nowMs: number): number | null => {
  if (header === null) return null;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS) : null;
};

export class EmbeddingsClient {
  readonly #endpoint: EmbeddingsEndpoint;
  readonly #url: string;
  /** How long the vectors are; null: not known yet. */
  #length: number | null;

  constructor(endpoint: EmbeddingsEndpoint) {
    this.#endpoint = endpoint;
    this.#url = `${endpoint.baseUrl.replace(/\/+$/, '')}/embeddings`;
    this.#length = endpoint.dimensions === 0 ? null : endpoint.dimensions;
  }

  /** How long the vectors in the database are, which others must be like; null: there are none. */
  expect(length: number | null): void {
    this.#length = length ?? this.#length;
  }

  /** A vector for each of the texts. @throws EmbeddingsFailure and nothing else */
  async embed(texts: readonly string[]): Promise<readonly Float32Array[]> {
    const { model, apiKey, dimensions, timeoutMs } = this.#endpoint;
    const abandon = new AbortController();
    const timer = setTimeout(() => abandon.abort(), timeoutMs);
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
        },
        body: JSON.stringify({
          model,
          input: texts,
          encoding_format: 'base64',
          ...(dimensions === 0 ? {} : { dimensions }),
        }),
        // Whoever it leads to would get the texts and the key.
        redirect: 'manual',
        signal: abandon.signal,
      });
      if (response.status !== 200) {
        void response.body?.cancel().catch(() => {});
        throw this.#refusal(response);
      }
      const vectors = readAnswer(await readBounded(response), {
        count: texts.length,
        length: this.#length,
      });
      this.#length ??= vectors[0]?.length ?? null;
      return vectors;
    } catch (error) {
      if (error instanceof EmbeddingsFailure) throw error;
      if (abandon.signal.aborted) {
        throw new EmbeddingsFailure(`it did not answer within ${timeoutMs / 1000} seconds`, {
          mayBeTexts: true,
        });
      }
      throw new EmbeddingsFailure(`it cannot be reached (${codeOf(error)})`);
    } finally {
      clearTimeout(timer);
      // Ends a connection whose answer was not read to its end.
      abandon.abort();
    }
  }

  #refusal({ status, headers }: Response): EmbeddingsFailure {
    if (status >= 300 && status < 400) {
      return new EmbeddingsFailure(
        `it answered ${status}, a redirect, which is not followed: set memory.embeddings.base_url to where it leads`,
      );
    }
    return new EmbeddingsFailure(`it answered ${status}${ADVICE.get(status) ?? ''}`, {
      mayBeTexts: REFUSED_TEXTS.has(status) || status >= 500,
      refused: REFUSED_TEXTS.has(status),
      retryAfterMs: retryAfterMs(headers.get('retry-after'), Date.now()),
    });
  }
}

const readBounded = async (response: Response): Promise<string> => {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > MAX_ANSWER_BYTES) {
      throw new EmbeddingsFailure(`its answer is larger than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB`, {
        mayBeTexts: true,
      });
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
};

/** What the system calls the failure. An error's own words may repeat the URL or a header, so they are left out. */
const codeOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return /^[A-Z0-9_]{1,40}$/.test(code) ? code : 'the connection failed';
};
