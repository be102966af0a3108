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
import type { SkillRuns } from '../skills/skill-runs.js';
import { NO_SPAN, type Span } from '../telemetry/tracer.js';
import { reasoningFailed } from './completion.js';
import { BACKGROUND, hasOwnBackground, offerOf } from './offered-tools.js';
import type { Run } from './run.js';
import type { UsedSkill } from './skill-uses.js';

/** Calls of one step that are run; the others are told that they were too many. */
const MAX_CALLS = 16;
/** Of all calls on the way to one reply and of what came of them: it is kept, and sent again with each step. */
const MAX_OUTCOME_BYTES = 1024 * 1024;
/** Of what was said: with more than that, there is no other step. */
const MAX_SAID_UNITS = 8 * 1024 * 1024;
const TOO_MUCH = 'It is left out: what came of all calls is too large already. Answer with what you have.';
/** Between what the model has said before its calls and what it says behind them. */
const PARAGRAPH = '\n\n';

/** How a reply ended: never with calls of tools. */
export type AgentEnd = Omit<ReasoningEnd, 'finishReason' | 'toolCalls'> & {
  readonly finishReason: Exclude<ReasoningEnd['finishReason'], 'tools'>;
};

export interface AgentSink extends Pick<ReasoningSink, 'onChunk'> {
  onEnd(end: AgentEnd): void;
}

export interface AgentOptions {
  readonly reasoning: Pick<ReasoningPort, 'start'>;
  readonly catalogue: Catalogue;
  readonly skillRuns: SkillRuns;
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
  start(run: Run, recalled: readonly RecalledTurn[], sink: AgentSink): ReasoningCall {
    const answer = new Answer(this.#options, run, recalled, sink);
    answer.next();
    return answer;
  }
}

class Answer implements ReasoningCall {
  readonly #options: AgentOptions;
  readonly #run: Run;
  readonly #recalled: readonly RecalledTurn[];
  readonly #sink: AgentSink;
  readonly #steps: ReasoningStep[] = [];
  readonly #abort = new AbortController();
  #usage: Usage = { input: 0, output: 0 };
  #leftBytes = MAX_OUTCOME_BYTES;
  #call: ReasoningCall | null = null;
  /** Of that call. */
  #callSpan: Span = NO_SPAN;
  /** Skills that have begun and not ended. */
  readonly #using = new Set<Omit<UsedSkill, 'ok' | 'content'>>();
  /** In this step the model may ask for skills, whatever is changed meanwhile. */
  #mayAsk = false;
  /** Said in this step. */
  #text = '';
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

  cancel(): void {
    this.#abort.abort();
    // They may have done something, so it is told that they were used.
    const content = 'The reply was ended before it had a result.';
    for (const use of this.#using) this.#run.skillUses.add({ ...use, ok: false, content });
    this.#using.clear();
    this.#call?.cancel();
    this.#callSpan.end({ 'openclaw.finish_reason': 'cancelled' });
  }

  /** Asks the model for its next step. Never throws. */
  next(): void {
    const { reasoning, onFault } = this.#options;
    const tools = this.#tools();
    this.#text = '';
    this.#callSpan = this.#run.origin.span.child('reasoning.call', { 'openclaw.step': this.#steps.length });
    try {
      this.#call = reasoning.start(
        { message: this.#run.message, recalled: this.#recalled, tools, steps: this.#steps },
        { onChunk: (text) => this.#said(text), onEnd: (end) => this.#ended(end) },
      );
    } catch (error) {
      onFault('reasoning', error, this.#run);
      this.#callSpan.end({}, true);
      this.#end('error', reasoningFailed('gateway', true));
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

  #said(text: string): void {
    if (this.#paragraphIsDue) this.#sink.onChunk(PARAGRAPH);
    this.#paragraphIsDue = false;
    this.#text += text;
    this.#saidUnits += text.length;
    this.#sink.onChunk(text);
  }

  #ended({ finishReason, toolCalls, usage, error }: ReasoningEnd): void {
    this.#call = null;
    this.#callSpan.end(
      {
        'openclaw.finish_reason': finishReason,
        'gen_ai.usage.input_tokens': usage.input,
        'gen_ai.usage.output_tokens': usage.output,
      },
      finishReason === 'error',
    );
    this.#usage = {
      input: this.#usage.input + usage.input,
      output: this.#usage.output + usage.output,
      ...(this.#usage.estimated === true || usage.estimated === true ? { estimated: true } : {}),
    };
    if (finishReason !== 'tools') this.#end(finishReason, error);
    // It asks for more although it was offered nothing, or talks without an end.
    else if (!this.#mayAsk || this.#saidUnits > MAX_SAID_UNITS) this.#end('length', null);
    else void this.#useSkills(toolCalls);
  }

  async #useSkills(calls: readonly ToolCall[]): Promise<void> {
    const outcomes = await this.#useAll(calls);
    if (this.#abort.signal.aborted) return;
    this.#steps.push({ text: this.#text, outcomes: outcomes.map(this.#bounded) });
    this.#paragraphIsDue ||= this.#text.trim() !== '';
    this.next();
  }

  /** Side by side, but of each skill no more than may run at the same time: the rest would be refused. */
  async #useAll(calls: readonly ToolCall[]): Promise<readonly ToolOutcome[]> {
    const outcomes: ToolOutcome[] = [];
    const waiting = new Map<string, [call: ToolCall, at: number][]>();
    for (const [at, call] of calls.entries()) {
      waiting.set(call.name, [...(waiting.get(call.name) ?? []), [call, at]]);
    }
    const useInTurn = async (queue: [ToolCall, number][]): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [call, at] = next;
        if (this.#abort.signal.aborted) return;
        outcomes[at] = await this.#use(call, at);
      }
    };
    const { maxConcurrent } = this.#options.skillLimits;
    const lanes = [...waiting.values()].flatMap((queue) =>
      Array.from({ length: Math.min(queue.length, maxConcurrent) }, () => useInTurn(queue)),
    );
    await Promise.all(lanes);
    return outcomes;
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
    const { catalogue, skillRuns } = this.#options;
    const { channel, messageId, stream, skillUses } = this.#run;
    const refuse = (content: string): ToolOutcome => ({ call, ok: false, content });
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
      reply: { messageId, stream },
      background,
      span: this.#run.origin.span,
      // What runs in the background outlives the reply.
      signal: background ? null : this.#abort.signal,
    });
    const use = { invocationId, skill: skill.info.name, arguments: args };
    this.#using.add(use);
    const { ok, content } = await outcome;
    if (this.#using.delete(use)) skillUses.add({ ...use, ok, content });
    return { call, ok, content };
  }

  #end(finishReason: AgentEnd['finishReason'], error: ReasoningEnd['error']): void {
    this.#sink.onEnd({ finishReason, usage: this.#usage, error });
  }
}
