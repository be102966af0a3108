/**
 * The way of a message: text in, envelope, session, route, scope, validation, handler, reply out.
 * What a handler answers at once is sent at once; only what had to ask a port waits.
 */

import { outcomeOfError } from '../../../metrics/labels.js';
import type { GatewayMetrics, MethodCounts } from '../../../metrics/metrics.js';
import { ERRORS, PROTOCOL } from '../../../schemas/codes.js';
import { randomHex } from '../ids.js';
import {
  CLOSES,
  PASSES,
  type RateLimiter,
  type RateLimits,
  type RateVerdict,
} from '../limits/rate-limiter.js';
import type { Lobbies, Lobby } from '../sessions/lobby.js';
import type { Peer, WholeBuffer } from '../sessions/peer.js';
import type { Session } from '../sessions/session.js';
import { contextIn, parseTraceparent, type TraceContext } from '../telemetry/traceparent.js';
import { NO_SPAN, type Span, type Tracer } from '../telemetry/tracer.js';
import type { TurnClock } from '../time/turn-clock.js';
import type { Trace } from '../trace/trace.js';
import { isBadRequest, NO_PARAMS, NULL_ID, type Request, readRequest } from './envelope.js';
import { Failure, fail } from './failure.js';
import { errorReply, resultReply } from './reply.js';
import { invalidParams, RawJson, type Route, type Routes, UNCOUNTED } from './router.js';
import { RequestScanner } from './scan.js';

const SMALL_REPLY_BYTES = 1024;

/** A reply as JSON, or null where there is none. */
type Reply = string | null;

/** `ignoreBOM`: a byte order mark is no JSON (RFC 8259 section 8.1) and must not vanish unseen. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

export interface DispatcherOptions {
  readonly routes: Routes;
  readonly lobbies: Lobbies;
  readonly metrics: GatewayMetrics;
  /** When a message came, for its rate limit. */
  readonly clock: TurnClock;
  /** `[gateway.rate_limit]`, as it is now. */
  readonly rateLimits: RateLimits;
  readonly trace: Trace;
  readonly tracer: Tracer;
  /** A handler threw or its port failed. The client is told `traceId` and nothing else. */
  readonly onFault: (peer: Peer, method: string, traceId: string, error: unknown) => void;
}

export class Dispatcher {
  readonly #routes: Routes;
  readonly #scanner: RequestScanner<Route>;
  readonly #lobbies: Lobbies;
  readonly #metrics: GatewayMetrics;
  readonly #clock: TurnClock;
  readonly #rateLimits: RateLimits;
  readonly #trace: Trace;
  readonly #tracer: Tracer;
  readonly #onFault: DispatcherOptions['onFault'];

  constructor(options: DispatcherOptions) {
    this.#routes = options.routes;
    this.#scanner = new RequestScanner(options.routes);
    this.#lobbies = options.lobbies;
    this.#metrics = options.metrics;
    this.#clock = options.clock;
    this.#rateLimits = options.rateLimits;
    this.#trace = options.trace;
    this.#tracer = options.tracer;
    this.#onFault = options.onFault;
  }

  /**
   * Takes one text frame, in UTF-8, of a peer that is not closed. The bytes need not outlive the call. False where
   * what it has brought about may be over only with the promises that wait now: whoever hands over several frames in
   * one turn lets those settle before the next one.
   *
   * @param buffer where the frame's bytes are, from `offset` on
   */
  readonly receive = (peer: Peer, frame: Uint8Array, buffer: ArrayBufferLike, offset: number): boolean => {
    this.#metrics.receivedBytes += frame.length;
    const { session } = peer;
    // What is traced goes the long way.
    if (session !== null && peer.lobby === null && !this.#trace.on && !session.busy) {
      const route = this.#scanner.scan(frame, buffer, offset);
      if (route !== null) {
        const { answer } = this.#scanner;
        if (answer !== null) return this.#answerReady(session, route, answer, frame);
        if (this.#takeCanonical(session, route, frame)) return false;
      }
    }
    this.#takeText(peer, utf8.decode(frame));
    return false;
  };

  /** A message in whatever spelling, once it is its turn. */
  #takeText(peer: Peer, text: string): void {
    if (this.#trace.on) this.#trace.received(peer, text);
    const { lobby, session } = peer;
    if (lobby !== null && !this.#lobbies.admits(peer, lobby, text)) return;
    if (session?.busy !== true) this.#take(peer, text);
    else if (!session.postpone(text)) peer.close('tryAgainLater');
  }

  /** The fast path of a request whose answer was there before it. False where it was refused: that may have to close the connection. */
  #answerReady(session: Session, route: Route, answer: WholeBuffer, frame: Uint8Array): boolean {
    this.#metrics.messagesReceived += 1;
    const refusal = route.counts ? this.#limit(session) : null;
    if (refusal === null) {
      route.outcomes.ok += 1;
      session.replyWhole(answer);
      return true;
    }
    const { idFrom, idTo } = this.#scanner;
    session.reply(errorReply(textOf(frame, idFrom, idTo), counted(route.outcomes, refusal)));
    return false;
  }

  /** The fast path of any other request in its canonical spelling. False, and nothing has happened, where its params are no JSON. */
  #takeCanonical(session: Session, route: Route, frame: Uint8Array): boolean {
    const { idFrom, idTo, paramsFrom, paramsTo } = this.#scanner;
    const params = readParams(frame, paramsFrom, paramsTo);
    if (params === null) return false;
    this.#metrics.messagesReceived += 1;
    const refusal = route.counts ? this.#limit(session) : null;
    const answer = refusal === null ? this.#invoke(session, route, params) : counted(route.outcomes, refusal);
    if (idFrom === idTo) return true;
    if (answer instanceof RawJson) {
      session.replyWhole(answer.prebuilt.withId(frame, idFrom, idTo));
      return true;
    }
    const idJson = textOf(frame, idFrom, idTo);
    if (!(answer instanceof Promise)) session.reply(respond(idJson, answer));
    else void answer.then((later) => session.say(respond(idJson, later)));
    return true;
  }

  /** A call has been answered: what waited behind it takes its turn. */
  #takeWaiting(session: Session): void {
    for (;;) {
      const text = session.peer.closed ? undefined : session.nextWaiting();
      if (text === undefined) return;
      this.#take(session.peer, text);
    }
  }

  #take(peer: Peer, text: string): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      this.#metrics.messagesReceived += 1;
      this.#refuse(peer, 'parseError');
      return;
    }
    if (Array.isArray(value)) {
      this.#receiveBatch(peer, value);
      return;
    }
    this.#metrics.messagesReceived += 1;
    if (typeof value !== 'object' || value === null) {
      this.#refuse(peer, 'invalidRequest');
      return;
    }
    const { lobby } = peer;
    const reply = this.#answer(peer, value, false);
    if (typeof reply === 'string') this.#send(peer, reply);
    else if (reply !== null) {
      void reply.then((later) => {
        if (later !== null) this.#send(peer, later);
        if (lobby !== null) this.#settle(peer, lobby);
      });
    }
  }

  /** After the answer to a handshake: what had come behind it is taken now, unless there is one more handshake in it. */
  #settle(peer: Peer, lobby: Lobby): void {
    const waiting = this.#lobbies.settle(peer, lobby);
    for (const [at, text] of waiting.entries()) {
      if (peer.closed) return;
      if (lobby.authenticating) {
        lobby.waiting.push(...waiting.slice(at));
        return;
      }
      this.#take(peer, text);
    }
  }

  /** A binary frame is no JSON text (protocol section 2). */
  receiveBinary(peer: Peer): void {
    this.#metrics.messagesReceived += 1;
    this.#refuse(peer, 'parseError');
  }

  #refuse(peer: Peer, why: 'parseError' | 'invalidRequest'): void {
    const failure = counted(this.#metrics.requests.unknown, fail(why));
    this.#send(peer, errorReply(NULL_ID, failure));
    peer.close('protocolError');
  }

  /** JSON-RPC 2.0 section 6: one array answers, in the order of the members; none where nothing is to be said. */
  #receiveBatch(peer: Peer, members: readonly unknown[]): void {
    if (members.length === 0 || members.length > PROTOCOL.maxBatchSize) {
      this.#metrics.messagesReceived += 1;
      const reason = `a batch has 1 to ${PROTOCOL.maxBatchSize} members`;
      const refusal = peer.session === null ? null : this.#limit(peer.session);
      const failure = counted(this.#metrics.requests.unknown, refusal ?? fail('invalidRequest', { reason }));
      this.#send(peer, errorReply(NULL_ID, failure));
      return;
    }
    this.#metrics.messagesReceived += members.length;
    const { session } = peer;
    session?.openBatch();
    const fit = fitter();
    const replies = members.map((member) => {
      const reply = this.#answer(peer, member, true);
      return reply instanceof Promise ? reply.then((later) => fit(member, later)) : fit(member, reply);
    });
    if (replies.some((reply) => reply instanceof Promise)) {
      void Promise.all(replies).then((settled) => this.#finishBatch(peer, session, settled));
    } else {
      this.#finishBatch(peer, session, replies as Reply[]);
    }
  }

  #answer(peer: Peer, value: unknown, inBatch: boolean): Reply | Promise<Reply> {
    const request = readRequest(value);
    const { session } = peer;
    if (session !== null && (isBadRequest(request) || request.method !== UNCOUNTED)) {
      const refusal = this.#limit(session);
      if (refusal !== null) {
        counted(this.#outcomesOf(isBadRequest(request) ? '' : request.method), refusal);
        return request.idJson === null ? null : errorReply(request.idJson, refusal);
      }
    }
    if (isBadRequest(request)) {
      counted(this.#metrics.requests.unknown, request.failure);
      return request.idJson === null ? null : errorReply(request.idJson, request.failure);
    }
    const { idJson } = request;
    const answer = this.#call(peer, request, inBatch);
    if (idJson === null || answer === null) return null;
    if (answer instanceof Promise) {
      return answer.then((settled) => (settled === null ? null : respond(idJson, settled)));
    }
    return respond(idJson, answer);
  }

  /** Counts a message. A failure where it is one too many; who goes on all the same is closed behind it. */
  #limit(session: Session): Failure | null {
    const nowMs = this.#clock.nowMs();
    const rateLimiter = session.rateLimiterSince(nowMs);
    const verdict = rateLimiter.take(nowMs, this.#rateLimits);
    return verdict === PASSES ? null : this.#limited(session, rateLimiter, verdict, nowMs);
  }

  #limited(session: Session, rateLimiter: RateLimiter, verdict: RateVerdict, nowMs: number): Failure {
    this.#metrics.rateLimitHits[rateLimiter.limit] += 1;
    // At the end of the turn: the answer to this message goes out first.
    if (verdict === CLOSES) queueMicrotask(() => session.peer.close('rateLimited'));
    return fail('rateLimited', { limit: rateLimiter.limit, retry_after_ms: rateLimiter.retryAfterMs(nowMs) });
  }

  /** The result as JSON, a failure, or null for nothing to say. A promise of it never rejects. */
  #call(peer: Peer, request: Request, inBatch: boolean): Answered | null | Promise<Answered | null> {
    const { method } = request;
    const { session } = peer;
    if (method === 'auth.handshake') {
      return this.#handshake(peer, request, inBatch);
    }
    if (session === null) return counted(this.#outcomesOf(method), fail('authRequired'));
    const route = this.#routes.get(method);
    if (route === undefined) {
      return counted(this.#metrics.requests.unknown, fail('methodNotFound', null, cut(method)));
    }
    if (this.#trace.on) this.#trace.routed(peer, method, route.target, request.idJson, request.params);
    return this.#invoke(session, route, request.params);
  }

  #handshake(
    peer: Peer,
    { method, idJson, params }: Request,
    inBatch: boolean,
  ): Failure | null | Promise<Answered | null> {
    const { lobby } = peer;
    const outcomes = this.#metrics.requests['auth.handshake'];
    const refuse = (reason: string): Failure => counted(outcomes, fail('invalidRequest', { reason }));
    if (idJson === null) {
      outcomes.invalid += 1;
      return null;
    }
    if (inBatch) return refuse('auth.handshake stands alone, not in a batch');
    if (lobby === null) return refuse('this connection is authenticated already');
    if (this.#trace.on) this.#trace.routed(peer, method, 'SystemController', idJson, params);
    return this.#judge(peer, lobby, params);
  }

  async #judge(peer: Peer, lobby: Lobby, params: object): Promise<Answered | null> {
    const method = 'auth.handshake';
    const fromMs = this.#clock.nowMs();
    const context = parseTraceparent((params as { readonly traceparent?: unknown }).traceparent);
    const span = this.#tracer.on ? this.#tracer.start(method, context, {}) : NO_SPAN;
    let answer: Answered | null;
    try {
      answer = await this.#lobbies.handshake(peer, lobby, params);
      // Strangers are not measured: they could have as many spans as they like.
      if (typeof answer === 'string') span.end();
    } catch (error) {
      answer = this.#fault(peer, method, context, span, error);
    }
    // Who has gone meanwhile is not told.
    if (answer === null) return null;
    this.#metrics.requestDurations.SystemController.observe((this.#clock.nowMs() - fromMs) / 1000);
    return counted(this.#metrics.requests[method], answer);
  }

  #invoke(session: Session, route: Route, params: object): Answered | Promise<Answered> {
    const { outcomes } = route;
    if (route.scopeBit !== 0 && (session.scopeBits & route.scopeBit) === 0) {
      outcomes.denied += 1;
      return fail('permissionDenied', { scope: route.scope });
    }
    if (!route.validate(params)) {
      outcomes.invalid += 1;
      outcomes.validationFailures += 1;
      return invalidParams(route.validate);
    }
    const span = this.#tracer.on ? this.#span(session, route, params) : NO_SPAN;
    try {
      const result = route.handle(session, params as never, span);
      if (result instanceof Promise) return this.#later(session, route, params, result, span);
      const answer = encodeResult(route, result);
      // What is answered at once is measured for nobody but a client that says it wants to know.
      if (span !== NO_SPAN && contextIn(params) !== null) endSpan(span, answer);
      return counted(outcomes, answer);
    } catch (error) {
      const context = contextOf(session, params);
      return counted(outcomes, this.#fault(session.peer, route.method, context, span, error));
    }
  }

  #span(session: Session, route: Route, params: object): Span {
    return this.#tracer.start(route.method, contextOf(session, params), {
      'openclaw.session_id': session.sessionId,
      'openclaw.client_id': session.clientId,
    });
  }

  /** Of a method that a caller has named. */
  #outcomesOf(method: string): MethodCounts {
    return this.#routes.get(method)?.outcomes ?? this.#metrics.requests.unknown;
  }

  /** What a port has to say first. */
  async #later(
    session: Session,
    route: Route,
    params: object,
    result: Promise<unknown>,
    span: Span,
  ): Promise<Answered> {
    const fromMs = this.#clock.nowMs();
    session.openCalls += 1;
    session.principal.hold();
    try {
      const settled = await result;
      // Where nobody is left to be told, only what came of it counts.
      const isUntold = session.peer.closed && !(settled instanceof Failure);
      const answer = isUntold ? '' : encodeResult(route, settled);
      endSpan(span, answer);
      return this.#countedLater(route, fromMs, answer);
    } catch (error) {
      const context = contextOf(session, params);
      return this.#countedLater(route, fromMs, this.#fault(session.peer, route.method, context, span, error));
    } finally {
      session.openCalls -= 1;
      session.principal.release();
      this.#takeWaiting(session);
    }
  }

  /** An answer that was not there at once is measured: from turn to turn of the loop, which costs no look at a clock. */
  #countedLater(route: Route, fromMs: number, answer: Answered): Answered {
    route.durations.observe((this.#clock.nowMs() - fromMs) / 1000);
    return counted(route.outcomes, answer);
  }

  #finishBatch(peer: Peer, session: Session | null, replies: readonly Reply[]): void {
    const said = replies.filter((reply) => reply !== null);
    if (said.length > 0) this.#send(peer, `[${said.join(',')}]`);
    session?.closeBatch();
  }

  #send(peer: Peer, text: string): void {
    if (peer.closed) return;
    if (peer.session !== null) {
      peer.session.say(text);
      return;
    }
    if (this.#trace.on) this.#trace.sent(peer, text);
    const bytes = peer.send(text);
    if (bytes < 0) return;
    this.#metrics.messagesSent += 1;
    this.#metrics.sentBytes += bytes;
  }

  /** Under the id of the client's own trace where there is one, so that both find the same thing. */
  #fault(peer: Peer, method: string, context: TraceContext | null, span: Span, error: unknown): Failure {
    const traceId = span.traceId ?? context?.traceId ?? randomHex(16);
    this.#onFault(peer, method, traceId, error);
    const failure = fail('internalError', { trace_id: traceId });
    endSpan(span, failure);
    return failure;
  }
}

/** The result as JSON, or why there is none. */
type Answered = string | RawJson | Failure;

/** Counts what came of a request, and gives it back. */
const counted = <A extends Answered>(outcomes: MethodCounts, answer: A): A => {
  if (answer instanceof Failure) outcomes[outcomeOfError(answer.code)] += 1;
  else outcomes.ok += 1;
  return answer;
};

const encodeResult = (route: Route, result: unknown): Answered =>
  result instanceof Failure || result instanceof RawJson ? result : route.serialize(result as never);

/** The trace that a request belongs to: its own, else its connection's. */
const contextOf = (session: Session, params: object): TraceContext | null =>
  contextIn(params) ?? session.traceContext;

/** −32603 and 5xxx are the gateway's; every other error is the caller's. */
const isOwnFault = (code: number): boolean => code === ERRORS.internalError.code || code >= 5000;

const endSpan = (span: Span, answer: Answered): void => {
  if (!(answer instanceof Failure)) span.end();
  else span.end({ 'rpc.jsonrpc.error_code': answer.code }, isOwnFault(answer.code));
};

const respond = (idJson: string, answer: Answered): string => {
  if (answer instanceof Failure) return errorReply(idJson, answer);
  return resultReply(idJson, answer instanceof RawJson ? answer.json : answer);
};

const textOf = (frame: Uint8Array, from: number, to: number): string => utf8.decode(frame.subarray(from, to));

/** The params at [from, to); null where there is no JSON object. */
const readParams = (frame: Uint8Array, from: number, to: number): object | null => {
  // Braces were seen at both ends.
  if (to - from <= 2) return NO_PARAMS;
  try {
    return JSON.parse(textOf(frame, from, to)) as object;
  } catch {
    return null;
  }
};

/** Keeps the answers of one batch within bounds. What is small, as every answer to a change is, always fits. */
const fitter = (): ((member: unknown, reply: Reply) => Reply) => {
  let leftBytes: number = PROTOCOL.maxBatchAnswerBytes;
  return (member, reply) => {
    if (reply === null || reply.length < SMALL_REPLY_BYTES) return reply;
    const bytes = Buffer.byteLength(reply);
    if (bytes <= leftBytes) {
      leftBytes -= bytes;
      return reply;
    }
    const reason = `the answers to this batch are more than ${PROTOCOL.maxBatchAnswerBytes} bytes together; ask for less at once`;
    return errorReply(readRequest(member).idJson ?? NULL_ID, fail('invalidRequest', { reason }));
  };
};

/** A method's name as a caller wrote it, short enough to send back. */
const cut = (method: string): string =>
  method.length > 128 ? `${method.slice(0, 128).toWellFormed()}…` : method;
