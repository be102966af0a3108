/**
 * What a reply does inside, as events of the live trace: what was recalled, each step of the model and whoever was
 * asked for it, each skill, the end. Every method is called while {@link RunTrace.on} only.
 */
import { ERRORS } from '../../../schemas/codes.js';
import type { RecalledTurn } from '../../backends/reasoning/port.js';
import type { SkillOutcome } from '../../backends/skills/port.js';
import type { Clock } from '../time/clock.js';
import { shown } from './describe.js';
import type { Trace, TracedRun } from './trace.js';
import { LOOKED_AT_CHARS, OF_MODEL, rounded, TracedStep } from './traced-step.js';

/** What `--method` knows the lines by. */
const OF_RECALL = 'memory.recall';
const OF_SKILL = 'skill.invoke';

export interface TracedEnd {
  readonly finish_reason: string;
  readonly steps: number;
  readonly tokens: number;
  readonly duration_ms: number;
  /** Null: none is told. */
  readonly error: number | null;
}

/** A run of a skill on the way to a reply, or by itself. */
export interface TracedSkill {
  readonly run: TracedRun;
  readonly skill: string;
  /** Null: no model has asked for it. */
  readonly step: number | null;
  readonly background: boolean;
}

const errorOf = (code: number | null): { readonly error?: number } => (code === null ? {} : { error: code });
const stepOf = (step: number | null): { readonly step?: number } => (step === null ? {} : { step });

export class RunTrace {
  readonly #trace: Trace;
  readonly #clock: Clock;

  constructor(trace: Trace, clock: Clock) {
    this.#trace = trace;
    this.#clock = clock;
  }

  /** Somebody watches. */
  get on(): boolean {
    return this.#trace.on;
  }

  /** @param turns null: the store failed @param skipped nothing was to be recalled */
  recalled(
    run: TracedRun,
    turns: readonly RecalledTurn[] | null,
    skipped: boolean,
    startedAtMs: number,
  ): void {
    const outcome = turns === null ? 'failed' : skipped ? 'skipped' : 'ok';
    const summaries = (turns ?? []).filter(({ role }) => role === 'summary').length;
    this.#trace.inside(
      run,
      {
        kind: 'RECALL',
        method: OF_RECALL,
        outcome,
        messages: (turns?.length ?? 0) - summaries,
        summaries,
        duration_ms: rounded(this.#clock.nowMs() - startedAtMs),
        ...errorOf(turns === null ? ERRORS.internalError.code : null),
      },
      turns === null ? null : () => beginningOf(turns),
    );
  }

  /** A step begins. @param tools that are offered */
  step(run: TracedRun, step: number, tools: number): TracedStep {
    return new TracedStep(this.#trace, this.#clock, run, step, tools);
  }

  skillBegins({ run, skill, step, background }: TracedSkill, args: object): void {
    this.#trace.inside(
      run,
      {
        kind: 'CALL',
        method: OF_SKILL,
        skill: shown(skill),
        ...stepOf(step),
        ...(background ? { background } : {}),
      },
      () => JSON.stringify(args),
    );
  }

  /** @param outcome in a word; `refused`: it was not run */
  skillEnded(
    { run, skill, step, background }: TracedSkill,
    outcome: 'ok' | 'failed' | 'cancelled' | 'refused',
    { ok, content }: SkillOutcome,
    durationMs: number,
  ): void {
    this.#trace.inside(
      run,
      {
        kind: 'SKILL',
        method: OF_SKILL,
        skill: shown(skill),
        ...stepOf(step),
        ...(background ? { background } : {}),
        outcome,
        size_bytes: Buffer.byteLength(content),
        duration_ms: rounded(durationMs),
        ...errorOf(ok ? null : ERRORS.skillFailed.code),
      },
      () => content,
    );
  }

  done(run: TracedRun, { error, ...end }: TracedEnd): void {
    this.#trace.inside(run, { kind: 'DONE', method: OF_MODEL, ...end, ...errorOf(error) }, null);
  }
}

/** So much of what was recalled as may be looked at. */
const beginningOf = (turns: readonly RecalledTurn[]): string => {
  const seen: { role: string; content: string }[] = [];
  let chars = 0;
  for (const { role, content } of turns) {
    if (chars > LOOKED_AT_CHARS) break;
    seen.push({ role, content: content.slice(0, LOOKED_AT_CHARS) });
    chars += content.length;
  }
  return JSON.stringify(seen);
};
