/**
 * How one reply comes about, step by step: the model speaks and may ask for skills; those run, side by side; the model
 * is told what came of them and goes on, until it has answered. What a skill says is data for the model and nothing else.
 */
import { setMaxListeners } from 'node:events';
import type { Usage } from '../../backends/memory/port.js';
import type {
  ReasoningCall,
  ReasoningEnd,
  ReasoningPort,
  ReasoningSink,
  ReasoningStep,
  RecalledTurn,
  ToolCall,
  ToolDefinition,
  ToolOutcome,
} from '../../backends/reasoning/port.js';
import { readArguments } from '../skills/arguments.js';
import type { Catalogue } from '../skills/catalogue.js';
import { shareOf } from '../skills/skill-room.js';
import type { SkillRuns } from '../skills/skill-runs.js';
import { NO_SPAN, type Span } from '../telemetry/tracer.js';
import type { RunTrace } from '../trace/run-trace.js';
import type { TracedStep } from '../trace/traced-step.js';
import { estimateUsage, reasoningFailed, sumOfUsage } from './completion.js';
import { inLanes } from './lanes.js';
import { BACKGROUND, hasOwnBackground, offerOf } from './offered-tools.js';
import type { Run } from './run.js';

/** Calls of one step that are run; the others are told that they were too many. */
const MAX_CALLS = 16;
/** Of all calls on the way to one reply and of what came of them: it is kept, and sent again with each step. */
const MAX_OUTCOME_BYTES = 1024 * 1024;
/** Of what was said: with more than that, there is no other step. */
const MAX_SAID_UNITS = 8 * 1024 * 1024;
const TOO_MUCH = 'It is left out: what came of all calls is too large already. Answer with what you have.';
/** Between what the model has said before its calls and what it says behind them. */
const PARAGRAPH = '\n\n';
const NOTHING: Usage = { input: 0, output: 0 };

/** How a reply ended: never with calls of tools. */
export type AgentEnd = Omit<ReasoningEnd, 'finishReason' | 'toolCalls'> & {
  readonly finishReason: Exclude<ReasoningEnd['finishReason'], 'tools'>;
};

/** Who hears of replies that come about, of all of them. */
export interface AgentSink {
  /** A piece of the answer: not empty, well-formed Unicode on its own. */
  onChunk(run: Run, text: string): void;
  /** What the run has used is not what it was. */
  onSkills(run: Run): void;
  onEnd(run: Run, end: AgentEnd): void;
}

/** A reply that comes about. */
export interface AgentCall {
  /** Ends it; the sink hears nothing more. Gives what it has cost, of a step that was under way an estimate. */
  cancel(): Usage;
}

export interface AgentOptions {
  readonly reasoning: Pick<ReasoningPort, 'start'>;
  readonly catalogue: Catalogue;
  readonly skillRuns: SkillRuns;
  readonly trace: RunTrace;
  /** `reasoning.max_steps`, as it is now: how often a model may ask for skills on the way to one reply. */
  readonly limits: { readonly maxSteps: number };
  /** `skills.max_concurrent`, as it is now. */
  readonly skillLimits: { readonly maxConcurrent: number };
  /** So many skills are not offered for want of room, more than ever before. */
  readonly onLeftOut: (skills: number) => void;
  readonly onFault: (what: string, error: unknown, run: Run) => void;
}

export class Agent {
  readonly #options: AgentOptions;
  #mostLeftOut = 0;

  constructor(options: AgentOptions) {
    this.#options = {
      ...options,
      onLeftOut: (skills) => {
        if (skills > this.#mostLeftOut) options.onLeftOut(skills);
        this.#mostLeftOut = Math.max(this.#mostLeftOut, skills);
      },
    };
  }

  /** Begins the reply to a run's message; `sink` hears it as if it were one call of the model. */
  start(run: Run, recalled: readonly RecalledTurn[], sink: AgentSink): AgentCall {
    const answer = new Answer(this.#options, run, recalled, sink);
    answer.next();
    return answer;
  }
}

class Answer implements AgentCall, ReasoningSink {
  readonly #options: AgentOptions;
  readonly #run: Run;
  readonly #recalled: readonly RecalledTurn[];
  readonly #sink: AgentSink;
  readonly #steps: ReasoningStep[] = [];
  readonly #abort = new AbortController();
  #usage: Usage = NOTHING;
  #leftBytes = MAX_OUTCOME_BYTES;
  #call: ReasoningCall | null = null;
  /** Of that call. */
  #callSpan: Span = NO_SPAN;
  /** Of this step; null: nobody watched when it began. */
  #traced: TracedStep | null = null;
  /** In this step the model may ask for skills, whatever is changed meanwhile. */
  #mayAsk = false;
  /** The chunk that this step began with. */
  #stepIndex = 0;
  #saidUnits = 0;
  /** Something was said in an earlier step, and nothing in this one yet. */
  #paragraphIsDue = false;

  constructor(options: AgentOptions, run: Run, recalled: readonly RecalledTurn[], sink: AgentSink) {
    this.#options = options;
    this.#run = run;
    this.#recalled = recalled;
    this.#sink = sink;
    // Each skill that runs listens.
    setMaxListeners(MAX_CALLS, this.#abort.signal);
  }

  cancel(): Usage {
    this.#abort.abort();
    this.#run.skillUses.endAll('The reply was ended before it had a result.');
    if (this.#call === null) return this.#usage;
    this.#call.cancel();
    const asked = Buffer.byteLength(this.#run.message);
    const usage = estimateUsage(asked, Buffer.byteLength(this.#said()));
    this.#callSpan.end({ 'openclaw.finish_reason': 'cancelled' });
    this.#traced?.cancelled(usage, this.#said);
    return sumOfUsage(this.#usage, usage);
  }

  /** Asks the model for its next step. Never throws. */
  next(): void {
    const { reasoning, trace, onFault } = this.#options;
    const tools = this.#tools();
    this.#stepIndex = this.#run.stream.nextIndex;
    const step = this.#steps.length + 1;
    this.#run.steps = step;
    this.#callSpan = this.#run.origin.span.child('reasoning.call', { 'openclaw.step': step });
    this.#traced = trace.on ? trace.step(this.#run, step, tools.length) : null;
    const heard = this.#traced?.hearing(this, this.#said) ?? this;
    try {
      this.#call = reasoning.start(
        { message: this.#run.message, recalled: this.#recalled, tools, steps: this.#steps },
        heard,
      );
    } catch (error) {
      onFault('reasoning', error, this.#run);
      const failure = reasoningFailed('gateway', true);
      heard.onEnd({ finishReason: 'error', toolCalls: [], usage: NOTHING, error: failure });
    }
  }

  /** None in the last step, so that it is an answer. */
  #tools(): readonly ToolDefinition[] {
    const { catalogue, limits, onLeftOut } = this.#options;
    this.#mayAsk = this.#steps.length < limits.maxSteps;
    if (!this.#mayAsk) return [];
    const { tools, leftOut } = offerOf(catalogue.list(this.#run.channel.principal.name));
    onLeftOut(leftOut);
    return tools;
  }

  /** In this step, so far. */
  readonly #said = (): string => this.#run.stream.textFrom(this.#stepIndex);

  onChunk(text: string): void {
    if (this.#paragraphIsDue) {
      this.#paragraphIsDue = false;
      this.#sink.onChunk(this.#run, PARAGRAPH);
      this.#stepIndex = this.#run.stream.nextIndex;
    }
    this.#saidUnits += text.length;
    this.#sink.onChunk(this.#run, text);
  }

  onEnd({ finishReason, toolCalls, usage, error }: ReasoningEnd): void {
    this.#call = null;
    this.#callSpan.end(
      {
        'openclaw.finish_reason': finishReason,
        'gen_ai.usage.input_tokens': usage.input,
        'gen_ai.usage.output_tokens': usage.output,
      },
      finishReason === 'error',
    );
    this.#usage = sumOfUsage(this.#usage, usage);
    if (finishReason !== 'tools') this.#end(finishReason, error);
    // It asks for more although it was offered nothing, or talks without an end.
    else if (!this.#mayAsk || this.#saidUnits > MAX_SAID_UNITS) this.#end('length', null);
    else void this.#useSkills(toolCalls);
  }

  async #useSkills(calls: readonly ToolCall[]): Promise<void> {
    const outcomes = await this.#useAll(calls);
    if (this.#abort.signal.aborted) return;
    const text = this.#said();
    this.#steps.push({ text, outcomes: outcomes.map(this.#bounded) });
    this.#paragraphIsDue ||= text.trim() !== '';
    this.next();
  }

  /** Side by side, but of each skill no more than its principal may run at the same time: the rest would be refused. */
  #useAll(calls: readonly ToolCall[]): Promise<readonly ToolOutcome[]> {
    const { maxConcurrent } = this.#options.skillLimits;
    const use = (call: ToolCall, at: number): Promise<ToolOutcome> => this.#use(call, at);
    return inLanes(calls, ({ name }) => name, shareOf(maxConcurrent), use, this.#abort.signal);
  }

  /** From the first that is too large on, nothing more is used. */
  readonly #bounded = (outcome: ToolOutcome): ToolOutcome => {
    const { id, name, argumentsJson } = outcome.call;
    const bytes = Buffer.byteLength(outcome.content) + Buffer.byteLength(argumentsJson);
    if (bytes > this.#leftBytes) {
      this.#leftBytes = 0;
      return { call: { id, name, argumentsJson: '{}' }, ok: false, content: TOO_MUCH };
    }
    this.#leftBytes -= bytes;
    return outcome;
  };

  /** Never rejects. */
  async #use(call: ToolCall, at: number): Promise<ToolOutcome> {
    const { catalogue, skillRuns, trace } = this.#options;
    const { channel, skillUses, steps: step } = this.#run;
    const refuse = (content: string): ToolOutcome => {
      const outcome = { ok: false, content };
      const about = { run: this.#run, skill: call.name, step, background: false };
      if (trace.on) trace.skillEnded(about, 'refused', outcome, 0);
      return { call, ...outcome };
    };
    if (at >= MAX_CALLS)
      return refuse(`At most ${MAX_CALLS} skills are used at a time; ask again for this one.`);
    if (this.#leftBytes === 0) return refuse(TOO_MUCH);
    const skill = catalogue.find(channel.principal.name, call.name);
    if (skill === null) return refuse('There is no skill of that name.');
    const read = readArguments(call.argumentsJson);
    if (!read.ok) return refuse(read.problem);
    const { [BACKGROUND]: wanted, ...others } = read.arguments;
    const isOwn = hasOwnBackground(skill.info);
    const background = !isOwn && wanted === true;
    const args = isOwn ? read.arguments : others;
    const { invocationId, outcome } = skillRuns.start({
      skill,
      arguments: args,
      channel,
      clientId: this.#run.clientId,
      reply: this.#run,
      background,
      span: this.#run.origin.span,
      // What runs in the background outlives the reply.
      signal: background ? null : this.#abort.signal,
    });
    skillUses.begin({ invocationId, skill: skill.info.name, arguments: args });
    this.#sink.onSkills(this.#run);
    const { ok, content } = await outcome;
    skillUses.end(invocationId, ok, content);
    this.#sink.onSkills(this.#run);
    return { call, ok, content };
  }

  #end(finishReason: AgentEnd['finishReason'], error: ReasoningEnd['error']): void {
    this.#sink.onEnd(this.#run, { finishReason, usage: this.#usage, error });
  }
}
