/** Reads what an OpenAI-compatible `/embeddings` answers. Everything in it is hostile. */

/** The longest vector that is taken; models give 256 to 4096 numbers. */
const MAX_LENGTH = 8192;
const FLOAT_BYTES = 4;

/** The endpoint gave no vectors; the message is a clause that follows “it fails:” and repeats nothing that it said. */
export class EmbeddingsFailure extends Error {
  override readonly name = 'EmbeddingsFailure';
  /** One of the texts may be the cause. */
  readonly mayBeTexts: boolean;
  /** The texts were refused, and nothing else is wrong. */
  readonly refused: boolean;
  /** How long the endpoint wants to be left alone; null: it did not say. */
  readonly retryAfterMs: number | null;

  constructor(
    clause: string,
    {
      mayBeTexts = false,
      refused = false,
      retryAfterMs = null,
    }: {
      readonly mayBeTexts?: boolean;
      readonly refused?: boolean;
      readonly retryAfterMs?: number | null;
    } = {},
  ) {
    super(clause);
    this.mayBeTexts = mayBeTexts;
    this.refused = refused;
    this.retryAfterMs = retryAfterMs;
  }
}

const bad = (clause: string): EmbeddingsFailure => new EmbeddingsFailure(clause, { mayBeTexts: true });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/**
 * The vectors of an answer's text, in the order of the texts that were sent.
 *
 * @param expected how many texts were sent, and how long a vector must be (null: that is not known yet)
 * @throws EmbeddingsFailure
 */
export const readAnswer = (
  text: string,
  expected: { readonly count: number; readonly length: number | null },
): readonly Float32Array[] => {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw bad('its answer is not JSON, so check memory.embeddings.base_url');
  }
  const data = isObject(answer) ? answer.data : undefined;
  if (!Array.isArray(data)) throw bad('its answer has no list `data`, so check memory.embeddings.base_url');
  if (data.length !== expected.count) {
    throw bad(`its answer has ${data.length} vectors for ${expected.count} texts`);
  }
  const vectors: (Float32Array | undefined)[] = new Array(expected.count).fill(undefined);
  for (const [at, entry] of data.entries()) {
    const index = isObject(entry) && entry.index !== undefined ? entry.index : at;
    if (typeof index !== 'number' || !(index in vectors) || vectors[index] !== undefined) {
      throw bad('its answer does not say which vector is whose');
    }
    vectors[index] = vectorOf(isObject(entry) ? entry.embedding : undefined);
  }
  const length = expected.length ?? vectors[0]?.length;
  return vectors.map((vector) => {
    if (vector === undefined || vector.length !== length) {
      throw bad(
        `it gives vectors of ${vector?.length} numbers where ${length} were expected, so set memory.embeddings.dimensions to what the model gives`,
      );
    }
    return vector;
  });
};

/** A vector that has a direction. */
const vectorOf = (embedding: unknown): Float32Array => {
  const vector = typeof embedding === 'string' ? fromBase64(embedding) : fromNumbers(embedding);
  if (vector.length === 0 || vector.length > MAX_LENGTH) {
    throw bad(`it gives vectors of ${vector.length} numbers, and 1 to ${MAX_LENGTH} can be kept`);
  }
  let squares = 0;
  for (const number of vector) squares += number * number;
  if (!Number.isFinite(squares) || squares === 0) {
    throw bad('a vector in its answer has no direction: all of it is zero, or some is not finite');
  }
  return vector;
};

const fromNumbers = (numbers: unknown): Float32Array => {
  if (!Array.isArray(numbers) || !numbers.every((number) => typeof number === 'number')) {
    throw bad('its answer has something else where a vector should be');
  }
  return Float32Array.from(numbers);
};

/** float32 after float32, the least byte first, which is how every machine this runs on has them. */
const fromBase64 = (text: string): Float32Array => {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length % FLOAT_BYTES !== 0) throw bad('a vector in its answer ends within a number');
  return new Float32Array(Uint8Array.from(bytes).buffer);
};
