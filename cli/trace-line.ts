/** A line of the live trace, in the product's own format (protocol section 9). */
import type { Notified } from '../schemas/methods.js';
import { printableLine } from './terminal.js';

export type TraceEvent = Notified<'system.trace'>['events'][number];

/** One line without its end: what happened, and with a body in it, that and whose it is. */
export const traceLine = (event: TraceEvent): string => {
  const { time, kind, msg_id: msgId, client_id: client, body } = event;
  const seconds = time.replace(/\.\d+Z$/, 'Z');
  const line = `[DEBUG] ${seconds} ${kind} msg_id=${word(msgId)} ${detailsOf(event)}`;
  return body === undefined ? line : `${line} client=${word(client)} body=${printableLine(body)}`;
};

const detailsOf = (event: TraceEvent): string => {
  const { kind, method, error } = event;
  if (kind === 'ROUTE') return `→ ${event.target} latency=${(event.latency_ms ?? 0).toFixed(1)}ms`;
  const head = `method=${word(method)}`;
  if (kind === 'RECV') return `${head} channel=${word(event.channel)} size=${event.size_bytes}B`;
  const failed = error === undefined ? '' : ` error=${error}`;
  if (event.chunk !== undefined) {
    const span = event.span === undefined ? '' : ` span=${event.span}`;
    return `${head} chunk=${event.chunk}${span} size=${event.chunk_bytes}B`;
  }
  if (event.tokens !== undefined) {
    const finish = event.finish_reason === 'stop' ? '' : ` finish=${event.finish_reason}`;
    return `${head} tokens=${event.tokens} duration=${event.duration_ms}ms${finish}${failed}`;
  }
  return `${head} size=${event.size_bytes}B${failed}`;
};

/** A client's own word as one word of the line: what would break it, or a terminal, is escaped as in JSON. */
const word = (text: string): string => {
  if (/^[\w.:/+@*-]+$/.test(text)) return text;
  return JSON.stringify(text).replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
};
