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
  const inside = INSIDE[kind];
  if (inside !== undefined) return words(inside(event));
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

type Details = readonly (string | undefined)[];

const words = (details: Details): string => details.filter((detail) => detail !== undefined).join(' ');
const named = (name: string, value: string | number | undefined): string | undefined =>
  value === undefined ? undefined : `${name}=${typeof value === 'string' ? word(value) : value}`;
const milliseconds = (name: string, ms: number | undefined): string | undefined =>
  ms === undefined
    ? undefined
    : `${name}=${ms < 100 && !Number.isInteger(ms) ? ms.toFixed(1) : Math.round(ms)}ms`;
const asked = ({ provider, model }: TraceEvent): string =>
  word(model === undefined ? `${provider}` : `${provider}/${model}`);
/** What went well needs no word. */
const unlessOk = ({ outcome }: TraceEvent): string | undefined =>
  named('outcome', outcome === 'ok' ? undefined : outcome);
const background = (event: TraceEvent): string | undefined => (event.background ? 'background' : undefined);

/** What a reply does inside. */
const INSIDE: Partial<Record<TraceEvent['kind'], (event: TraceEvent) => Details>> = {
  RECALL: (event) => [
    `messages=${event.messages}`,
    `summaries=${event.summaries}`,
    milliseconds('duration', event.duration_ms),
    unlessOk(event),
    named('error', event.error),
  ],
  ASK: (event) => [
    `→ ${asked(event)}`,
    named('step', event.step),
    named('tools', event.tools),
    // The first is the rule.
    named('attempt', event.attempt === 1 ? undefined : event.attempt),
  ],
  FAIL: (event) => [
    `model=${asked(event)}`,
    named('step', event.step),
    named('attempt', event.attempt),
    named('reason', event.reason),
    milliseconds('retry', event.retry_ms),
    named('error', event.error),
  ],
  MODEL: (event) => [
    `model=${asked(event)}`,
    named('step', event.step),
    named('finish', event.finish_reason),
    named('calls', event.calls === 0 ? undefined : event.calls),
    named('input', event.input_tokens),
    named('output', event.output_tokens),
    milliseconds('first_token', event.first_token_ms),
    milliseconds('duration', event.duration_ms),
    named('error', event.error),
  ],
  CALL: (event) => [`→ ${word(event.skill ?? '-')}`, named('step', event.step), background(event)],
  SKILL: (event) => [
    named('skill', event.skill),
    named('step', event.step),
    background(event),
    named('outcome', event.outcome),
    `size=${event.size_bytes}B`,
    milliseconds('duration', event.duration_ms),
    named('error', event.error),
  ],
  DONE: (event) => [
    named('finish', event.finish_reason),
    named('steps', event.steps),
    named('tokens', event.tokens),
    milliseconds('duration', event.duration_ms),
    named('error', event.error),
  ],
};

/** A client's own word as one word of the line: what would break it, or a terminal, is escaped as in JSON. */
const word = (text: string): string => {
  if (/^[\w.:/+@*-]+$/.test(text)) return text;
  return JSON.stringify(text).replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
};
