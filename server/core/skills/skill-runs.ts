/**
 * Runs of skills: each is told to the followers of its channel before and after, has a time limit, and shares its
 * skill with so many others at most. What comes of it is text for a model and decides nothing here.
 */
import { randomBytes } from 'node:crypto';
import type { SkillOutcomeLabel } from '../../../metrics/labels.js';
import { countSkillRun, type GatewayMetrics } from '../../../metrics/metrics.js';
import { ERRORS } from '../../../schemas/codes.js';
import type { SkillOutcome } from '../../backends/skills/port.js';
import type { Channel } from '../channels/channel.js';
import type { Principals } from '../channels/principal.js';
import type { Notifications } from '../notifications/notifications.js';
import { notificationFrame } from '../rpc/reply.js';
import { SCOPE_BIT } from '../sessions/scopes.js';
import type { Pump } from '../streams/pump.js';
import type { Stream } from '../streams/stream.js';
import type { Span } from '../telemetry/tracer.js';
import type { Clock } from '../time/clock.js';
import { Timer, type TimerWheel } from '../time/timer-wheel.js';
import type { RunTrace } from '../trace/run-trace.js';
import type { SkillArguments } from './arguments.js';
import type { Skill } from './catalogue.js';
import { SkillRoom } from './skill-room.js';
import type { StrayEvents } from './stray-events.js';

/** Of all skills together: what the gateway keeps for them is bounded. */
const MAX_RUNNING = 256;
/** Of a failure's text in an error, and of a result in a notification. */
const MAX_SHOWN_CHARS = 500;

/** `[skills]`, as it is now. */
export interface SkillLimits {
  timeoutMs: number;
  backgroundTimeoutMs: number;
  maxOutputBytes: number;
  maxConcurrent: number;
}

export interface SkillRunsOptions {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly pump: Pump;
  readonly strays: StrayEvents;
  readonly principals: Principals;
  readonly notifications: Notifications;
  readonly trace: RunTrace;
  readonly limits: SkillLimits;
  readonly metrics: GatewayMetrics;
  readonly onFault: (what: string, error: unknown) => void;
}

export interface SkillRequest {
  readonly skill: Skill;
  readonly arguments: SkillArguments;
  readonly channel: Channel;
  /** Of whoever has called it, or sent the message that is replied to. */
  readonly clientId: string;
  /** The reply that it is run for, in which step of it; null: none, it was called by itself. */
  readonly reply: { readonly messageId: string; readonly stream: Stream; readonly steps: number } | null;
  /** Answer at once, and end with a notification. */
  readonly background: boolean;
  /** What it is run for. */
  readonly span: Span;
  /** Ends the run, one in the background too; null: nothing does but its time limit. */
  readonly signal: AbortSignal | null;
}

export interface SkillRun {
  readonly invocationId: string;
  /** What came of it, or that it goes on in the background. Never rejects. */
  readonly outcome: Promise<SkillOutcome>;
}

/** Cut where no character is broken. */
const shortened = (text: string): string =>
  text.length <= MAX_SHOWN_CHARS ? text : `${text.slice(0, MAX_SHOWN_CHARS).toWellFormed()}…`;

/** `error` of `skill.result` and `skill.call`. */
export const skillError = (content: string): { readonly code: number; readonly message: string } => ({
  code: ERRORS.skillFailed.code,
  message: `${ERRORS.skillFailed.message}: ${shortened(content)}`,
});

const outcomeOf = ({ ok }: SkillOutcome, late: boolean, aborted: boolean): SkillOutcomeLabel => {
  if (ok) return 'ok';
  if (late) return 'timeout';
  return aborted ? 'cancelled' : 'failed';
};

export class SkillRuns {
  readonly #options: SkillRunsOptions;
  readonly #room = new SkillRoom(MAX_RUNNING);
  readonly #ends = new Map<AbortController, Promise<unknown>>();
  readonly #background = new Set<AbortController>();
  #stopped = false;

  constructor(options: SkillRunsOptions) {
    this.#options = options;
  }

  start(request: SkillRequest): SkillRun {
    const { trace, clock } = this.#options;
    const { channel, background, reply, signal } = request;
    const { name } = request.skill.info;
    const invocationId = `inv-${randomBytes(12).toString('hex')}`;
    const startedAtMs = clock.nowMs();
    const span = request.span.child('skill.run', {
      'openclaw.skill': name,
      'openclaw.invocation_id': invocationId,
      'openclaw.background': background,
    });
    // A call that belongs to no message is one of its own.
    const about = {
      invocation_id: invocationId,
      skill: name,
      channel: channel.id,
      message_id: reply?.messageId ?? invocationId,
    };
    const traced = {
      run: { messageId: about.message_id, clientId: request.clientId, channel },
      skill: name,
      step: reply?.steps ?? null,
      background,
    };
    if (trace.on) trace.skillBegins(traced, request.arguments);
    this.#tell(
      request,
      channel,
      notificationFrame('skill.invoke', { ...about, arguments: request.arguments }),
    );
    const abort = new AbortController();
    const ended = this.#run(request, invocationId, abort).then(async ({ ok, content }) => {
      const durationMs = clock.nowMs() - startedAtMs;
      span.end({}, !ok);
      if (trace.on) {
        const outcome = ok ? 'ok' : signal?.aborted === true ? 'cancelled' : 'failed';
        trace.skillEnded(traced, outcome, { ok, content }, durationMs);
      }
      const frame = notificationFrame('skill.result', {
        ...about,
        ok,
        ...(ok ? { result: content } : { error: skillError(content) }),
        duration_ms: Math.round(durationMs),
      });
      if (background) await this.#endInBackground(request, frame, { ok, content });
      else this.#tell(request, channel, frame);
      return { ok, content };
    });
    this.#ends.set(abort, ended);
    if (background) this.#background.add(abort);
    void ended.finally(() => {
      this.#ends.delete(abort);
      this.#background.delete(abort);
    });
    const started = {
      ok: true,
      content: 'It runs in the background; a notification tells when it has ended.',
    };
    return { invocationId, outcome: background ? Promise.resolve(started) : ended };
  }

  /** Ends what nobody waits for, before a planned end; each leaves its notification. */
  endBackground(): void {
    for (const abort of this.#background) abort.abort();
  }

  /** Ends everything and takes no more; resolves once all has been told. */
  async close(): Promise<void> {
    this.#stopped = true;
    for (const abort of this.#ends.keys()) abort.abort();
    await Promise.all(this.#ends.values());
  }

  /** Never rejects. */
  async #run(request: SkillRequest, invocationId: string, abort: AbortController): Promise<SkillOutcome> {
    const { limits, wheel, clock, metrics, onFault } = this.#options;
    const { info, port } = request.skill;
    const count = (outcome: SkillOutcomeLabel): void => countSkillRun(metrics, info.server, outcome);
    const fault = (why: string): SkillOutcome => ({ ok: false, content: why });
    const refuse = (why: string): SkillOutcome => {
      count('refused');
      return fault(why);
    };
    const { name: principal } = request.channel.principal;
    if (this.#stopped) return refuse('The gateway is ending.');
    if (this.#ends.size >= MAX_RUNNING || !this.#room.take(info.name, principal, limits.maxConcurrent)) {
      return refuse(`${info.name} runs as often as it may at the same time; try again later.`);
    }
    const timeoutMs = request.background ? limits.backgroundTimeoutMs : limits.timeoutMs;
    let late = false;
    const timer = new Timer(null, () => {
      late = true;
      abort.abort();
    });
    const onAbort = (): void => abort.abort();
    request.signal?.addEventListener('abort', onAbort);
    if (request.signal?.aborted) abort.abort();
    wheel.schedule(timer, clock.nowMs() + timeoutMs);
    try {
      const outcome = await port.invoke(
        {
          invocationId,
          skill: info.name,
          arguments: request.arguments,
          principal,
          channelId: request.channel.id,
          maxOutputBytes: limits.maxOutputBytes,
        },
        abort.signal,
      );
      count(outcomeOf(outcome, late, abort.signal.aborted));
      return late && !outcome.ok ? fault(`It did not end within ${timeoutMs / 1000} seconds.`) : outcome;
    } catch (error) {
      onFault('skill', error);
      count('failed');
      return fault('It failed for a reason that is the gateway’s own.');
    } finally {
      wheel.cancel(timer);
      request.signal?.removeEventListener('abort', onAbort);
      this.#room.leave(info.name, principal);
    }
  }

  #tell({ reply }: SkillRequest, channel: Channel, frame: string): void {
    const { pump, strays } = this.#options;
    if (reply === null || reply.stream.endPosition !== -1) {
      strays.tell(channel, frame);
      return;
    }
    channel.log.appendFrame(frame, SCOPE_BIT.skills, reply.stream, null);
    pump.logGrew(channel.log);
  }

  /** Its reply has ended long ago, and perhaps nobody is there: whoever is hears of it, and the notification waits for the others. */
  async #endInBackground(request: SkillRequest, frame: string, { ok, content }: SkillOutcome): Promise<void> {
    const { principals, notifications, clock, strays, onFault } = this.#options;
    const { principal: owner, id } = request.channel;
    const { name } = request.skill.info;
    try {
      const principal = await principals.inUse(owner.name);
      const channel = principal?.channels.get(id);
      if (channel !== undefined) strays.tell(channel, frame);
      const nowMs = clock.wallMs();
      const notificationId = await notifications.add({
        principal: owner.name,
        clientId: null,
        type: 'skill',
        msg: `${name} has ${ok ? 'ended' : 'failed'}: ${shortened(content)}`,
        createdAtMs: nowMs,
        dueAtMs: nowMs,
        cron: null,
      });
      if (notificationId === null) throw new Error(`the queue of ${owner.name} is full`);
    } catch (error) {
      onFault('the notification of a skill', error);
    }
  }
}
