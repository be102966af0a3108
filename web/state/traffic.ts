/** Frames as the Traffic page shows them: what each is, how long its answer took, which of them are wanted, and as JSON Lines. */
import type { RawFrame } from './frame-log.js';

export type Kind = 'request' | 'answer' | 'error' | 'notification' | 'lifecycle' | 'other';

export interface Frame {
  readonly number: number;
  readonly direction: RawFrame['direction'];
  readonly atMs: number;
  readonly kind: Kind;
  /** Of an answer: of what it answers. '-' where none is known. */
  readonly method: string;
  /** The JSON-RPC id as it stands in the frame; '' where there is none. */
  readonly id: string;
  readonly channel: string;
  /** Of its UTF-8. */
  readonly sizeBytes: number;
  /** Of an answer: since its request was sent. */
  readonly latencyMs: number | null;
  readonly body: string;
}

type Json = Record<string, unknown>;

const encoder = new TextEncoder();

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Turns frames into what is shown of them, each once and in their order: answers need the requests before them. */
export class FrameReader {
  /** Requests without an answer, by direction and id. */
  readonly #asked = new Map<string, { readonly method: string; readonly atMs: number }>();

  read(raw: RawFrame): Frame {
    const { number, direction, atMs, text } = raw;
    const base = { number, direction, atMs, sizeBytes: encoder.encode(text).length, body: text };
    if (direction === 'lifecycle') {
      return {
        ...base,
        sizeBytes: 0,
        kind: 'lifecycle',
        method: 'connection',
        id: '',
        channel: '',
        latencyMs: null,
      };
    }
    const message = parsed(text);
    if (!isObject(message)) {
      const method = Array.isArray(message) ? `batch of ${message.length}` : '-';
      return { ...base, kind: 'other', method, id: '', channel: '', latencyMs: null };
    }
    const id = message.id === undefined || message.id === null ? '' : JSON.stringify(message.id);
    const inside = [message.params, message.result].find(isObject);
    const channel = textOf(inside?.channel) || textOf(inside?.channel_id);
    if (typeof message.method === 'string') {
      if (id !== '') this.#asked.set(`${direction}${id}`, { method: message.method, atMs: raw.monotonicMs });
      const kind = id === '' ? 'notification' : 'request';
      return { ...base, kind, method: message.method, id, channel, latencyMs: null };
    }
    const key = `${direction === 'received' ? 'sent' : 'received'}${id}`;
    const request = this.#asked.get(key);
    this.#asked.delete(key);
    return {
      ...base,
      kind: message.error === undefined ? 'answer' : 'error',
      method: request?.method ?? '-',
      id,
      channel,
      latencyMs: request === undefined ? null : raw.monotonicMs - request.atMs,
    };
  }
}

export interface Filter {
  /** Words that must be in the method or the body; with a `-` before them: must not be. */
  readonly text: string;
  readonly direction: 'all' | 'sent' | 'received';
  readonly errorsOnly: boolean;
}

export const NO_FILTER: Filter = { text: '', direction: 'all', errorsOnly: false };

/** Whether a frame is wanted. Made once for a filter, asked for each frame. */
export const matcher = ({ text, direction, errorsOnly }: Filter): ((frame: Frame) => boolean) => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const without = words
    .filter((word) => word.length > 1 && word.startsWith('-'))
    .map((word) => word.slice(1));
  const needed = words.filter((word) => word !== '-' && !word.startsWith('-'));
  return (frame) => {
    if (direction !== 'all' && frame.direction !== direction) return false;
    if (errorsOnly && frame.kind !== 'error' && !/"error":\{/.test(frame.body)) return false;
    if (words.length === 0) return true;
    const where = `${frame.method}\n${frame.body}`.toLowerCase();
    return needed.every((word) => where.includes(word)) && !without.some((word) => where.includes(word));
  };
};

/** One JSON object a line, each with its body as JSON where it is some. Ends with a line feed. */
export const toJsonLines = (frames: readonly Frame[]): string =>
  frames
    .map(({ number, direction, atMs, kind, method, id, channel, sizeBytes, latencyMs, body }) => {
      const json = parsed(body);
      return `${JSON.stringify({
        number,
        time: new Date(atMs).toISOString(),
        direction,
        kind,
        method,
        ...(id === '' ? {} : { id: parsed(id) }),
        ...(channel === '' ? {} : { channel }),
        size_bytes: sizeBytes,
        ...(latencyMs === null ? {} : { latency_ms: Math.round(latencyMs * 1000) / 1000 }),
        body: json === undefined ? body : json,
      })}\n`;
    })
    .join('');

/** A body to be read by people. */
export const pretty = (body: string): string => {
  const json = parsed(body);
  return json === undefined ? body : JSON.stringify(json, null, 2);
};
