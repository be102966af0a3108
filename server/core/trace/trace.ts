/**
 * The live trace: every frame that comes, where it is routed to, what a reply does inside (`run-trace.ts`), every frame
 * that goes, for whoever watches (`system.trace`, `openclaw gateway --debug`). While nobody does, a message costs the test of {@link Trace.on}.
 */
import type { Notified, Params } from '../../../schemas/methods.js';
import { isBadRequest, readRequest } from '../rpc/envelope.js';
import { notificationFrame } from '../rpc/reply.js';
import type { Peer } from '../sessions/peer.js';
import type { Session } from '../sessions/session.js';
import type { Clock } from '../time/clock.js';
import { TraceBacklog } from './backlog.js';
import { Calls } from './calls.js';
import {
  channelIn,
  type Described,
  describeNotification,
  errorCode,
  isRecord,
  membersOf,
  shown,
  UNKNOWN,
} from './describe.js';
import { maskedBody } from './mask.js';

/** A line of the trace. */
export type TraceEvent = Notified<'system.trace'>['events'][number];

/** What one who watches wants to see. */
export type TraceWishes = Omit<Params<'system.trace'>, 'enabled'>;

/** Frames of the trace itself: to trace those would never end. */
const OWN_METHOD = 'system.trace';
const HANDSHAKE = 'auth.handshake';
const UTF8 = new TextDecoder();
/** Events are gathered for so long, so that a busy gateway does not send each by itself. */
const GATHER_MS = 20;

interface Watcher {
  readonly wishes: TraceWishes;
  readonly backlog: TraceBacklog;
}

export interface TraceOptions {
  readonly clock: Clock;
  /** Runs a task some milliseconds later, outside of every socket callback. */
  readonly later: (delayMs: number, task: () => void) => void;
  /** Gets every event as well, bodies left out; null: nobody. */
  readonly sink: ((event: TraceEvent) => void) | null;
}

/** A reply that comes about, or a skill that runs by itself. */
export interface TracedRun {
  readonly messageId: string;
  /** Whoever has asked for it. */
  readonly clientId: string;
  readonly channel: { readonly id: string };
}

/** What is told of one member of a frame before anybody's wishes are asked. */
type Told = Omit<TraceEvent, 'time' | 'client_id' | 'body'>;
type ToldInside = Omit<Told, 'msg_id' | 'channel' | 'message_id'>;

export class Trace {
  /** Somebody watches. */
  on: boolean;
  readonly #options: TraceOptions;
  readonly #watchers = new Map<Session, Watcher>();
  readonly #calls = new Calls();
  #flushing = false;
  /** The last frame of a log: all that follow it get the same text. */
  #lastText = '';
  #lastDescribed: Described | null = null;

  constructor(options: TraceOptions) {
    this.#options = options;
    this.on = options.sink !== null;
  }

  /** A session watches from now on, with these wishes in place of earlier ones. */
  watch(session: Session, wishes: TraceWishes): void {
    this.#watchers.set(session, {
      wishes,
      backlog: this.#watchers.get(session)?.backlog ?? new TraceBacklog(),
    });
    this.on = true;
  }

  /** Harmless where it did not watch. */
  unwatch(session: Session): void {
    if (!this.#watchers.delete(session)) return;
    this.on = this.#watchers.size > 0 || this.#options.sink !== null;
    if (!this.on) this.#calls.clear();
  }

  /** A text frame has come, and nothing has been made of it yet. */
  received(peer: Peer, frameText: string): void {
    const atMs = this.#options.clock.nowMs();
    this.#calls.received(peer, atMs);
    for (const { value, text } of membersOf(frameText)) {
      const request = readRequest(value);
      const bad = isBadRequest(request);
      const msgId = request.idJson === null ? UNKNOWN : shown(JSON.parse(request.idJson));
      const method = bad ? UNKNOWN : shown(request.method);
      const channel = bad ? UNKNOWN : channelMeant(peer, request.method, request.params);
      if (method === HANDSHAKE && !bad && 'client_id' in request.params) {
        this.#calls.named(peer, shown(request.params.client_id));
      }
      if (request.idJson !== null) {
        this.#calls.asked(peer, request.idJson, { msgId, method, channel, atMs });
      }
      const size_bytes = Buffer.byteLength(text);
      this.#tell(peer, { kind: 'RECV', msg_id: msgId, method, channel, size_bytes }, text);
    }
  }

  /** A request goes to who answers it. @param idJson its id as JSON; null for a notification */
  routed(peer: Peer, method: string, target: string, idJson: string | null, params: object): void {
    const nowMs = this.#options.clock.nowMs();
    const sinceMs = this.#calls.receivedAtMs(peer, idJson) ?? nowMs;
    const msg_id = idJson === null ? UNKNOWN : shown(JSON.parse(idJson));
    const channel = channelMeant(peer, method, params);
    const latency_ms = Math.round((nowMs - sinceMs) * 1000) / 1000;
    this.#tell(peer, { kind: 'ROUTE', msg_id, method, channel, target, latency_ms }, null);
  }

  /** A frame that is nobody else's goes out: answers, pings, what is told beside the log. */
  sent(peer: Peer, frame: string | Uint8Array): void {
    for (const { value, text } of membersOf(typeof frame === 'string' ? frame : UTF8.decode(frame))) {
      if (!isRecord(value)) continue;
      if (typeof value.method === 'string') {
        this.#sentNotification(peer, describeNotification(value.method, value.params), text);
      } else this.#sentAnswer(peer, value, text);
    }
  }

  /** A frame of a log goes to one of those who follow it. */
  sentOfLog(peer: Peer, text: string): void {
    let described = this.#lastDescribed;
    if (described === null || text !== this.#lastText) {
      const { method, params } = JSON.parse(text) as { method: string; params: unknown };
      described = describeNotification(method, params);
      this.#lastText = text;
      this.#lastDescribed = described;
    }
    this.#sentNotification(peer, described, text);
  }

  /** A reply has got on. @param text what a body is made of; null where there is none */
  inside(run: TracedRun, told: ToldInside, text: (() => string) | null): void {
    const { messageId, clientId, channel } = run;
    const msg_id = this.#calls.requestOf(messageId) ?? UNKNOWN;
    const about = { msg_id, channel: channel.id, message_id: messageId };
    this.#show(null, { time: this.#now(), ...about, ...told, client_id: clientId }, text);
  }

  #sentNotification(peer: Peer, described: Described, text: string): void {
    const { messageId, ...told } = described;
    const msg_id = (messageId === null ? undefined : this.#calls.requestOf(messageId)) ?? UNKNOWN;
    this.#tell(peer, { kind: 'SEND', msg_id, ...told, size_bytes: Buffer.byteLength(text) }, text);
  }

  #sentAnswer(peer: Peer, answer: Readonly<Record<string, unknown>>, text: string): void {
    const { id, result } = answer;
    const call = this.#calls.answered(peer, JSON.stringify(id));
    const msg_id = call?.msgId ?? shown(id);
    const method = call?.method ?? UNKNOWN;
    if (method === 'chat.send' && isRecord(result) && typeof result.message_id === 'string') {
      this.#calls.replyBegins(result.message_id, msg_id);
    }
    const channel = call?.channel ?? UNKNOWN;
    const error = errorCode(answer.error);
    const failed = error === undefined ? {} : { error };
    const size_bytes = Buffer.byteLength(text);
    this.#tell(peer, { kind: 'SEND', msg_id, method, channel, size_bytes, ...failed }, text);
  }

  /** @param text the frame's, for those who want bodies; null where there is none */
  #tell(peer: Peer, told: Told, text: string | null): void {
    const event = { time: this.#now(), ...told, client_id: this.#calls.clientOf(peer) ?? UNKNOWN };
    this.#show(peer, event, text === null ? null : () => text);
  }

  #now(): string {
    return new Date(this.#options.clock.wallMs()).toISOString();
  }

  /** @param peer whose frame it is, which does not see it; null: nobody's */
  #show(peer: Peer | null, event: TraceEvent, text: (() => string) | null): void {
    this.#options.sink?.(event);
    let body: string | null = null;
    for (const [session, { wishes, backlog }] of this.#watchers) {
      if (session.peer === peer || !wants(wishes, event)) continue;
      backlog.add(() => {
        if (wishes.verbose !== true || text === null) return event;
        body ??= maskedBody(text());
        return { ...event, body };
      });
    }
    this.#flushLater();
  }

  #flushLater(): void {
    if (this.#flushing || this.#watchers.size === 0) return;
    this.#flushing = true;
    this.#options.later(GATHER_MS, this.#flush);
  }

  /** To whoever has nothing unsent; the others are looked at again. */
  readonly #flush = (): void => {
    this.#flushing = false;
    for (const [session, { backlog }] of this.#watchers) {
      while (!backlog.empty && session.hasRoom && !session.held) {
        session.reply(notificationFrame(OWN_METHOD, backlog.take()));
      }
      if (!backlog.empty) this.#flushLater();
    }
  };
}

/** The channel that a request means: the one it names, else for what needs one the current one. */
const channelMeant = ({ session }: Peer, method: string, params: unknown): string => {
  const needsOne = method.startsWith('chat.') || method === 'memory.search';
  return channelIn(params, needsOne ? (session?.current.id ?? UNKNOWN) : UNKNOWN);
};

const wants = (wishes: TraceWishes, event: TraceEvent): boolean => {
  const { method, channel, client_id: clientId, errors } = wishes;
  if (method !== undefined && !matches(method, event.method)) return false;
  if (channel !== undefined && channel !== event.channel) return false;
  if (clientId !== undefined && clientId !== event.client_id) return false;
  return errors !== true || event.error !== undefined;
};

/** `chat.*` is whatever begins with `chat.`. */
const matches = (wish: string, method: string): boolean =>
  wish.endsWith('*') ? method.startsWith(wish.slice(0, -1)) : method === wish;
