/**
 * One MCP server as the gateway's thread knows it: the thread it lives on, ended where it no longer answers and started
 * again whenever it ends; what it offers, and whether that is what was approved.
 */
import { Worker } from 'node:worker_threads';
import type { FromServer, ServerTarget, ServerThreadData, ToServer } from './messages.js';
import { afterPatience } from './patience.js';
import { differenceOf, type OfferedTool, type Pin, type PinStore } from './pin.js';
import type {
  ApproveOutcome,
  SkillInfo,
  SkillInvocation,
  SkillOutcome,
  SkillServer,
  SkillState,
} from './port.js';
import { RestartDelays } from './restart-delays.js';
import { killGroup } from './stdio.js';
import { toolNameOf } from './tool-name.js';

/** A server that has offered nothing by then is given up. */
const START_MS = 90_000;
/** A thread that has not said what became of a call so long after it was told to end it is busy for ever. */
const STUCK_MS = 5000;
/** For a server to leave by itself. */
const CLOSE_MS = 4000;
/** All that a server can make its thread keep. */
const HEAP_LIMITS = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };

export interface McpServerOptions {
  readonly name: string;
  readonly target: ServerTarget;
}

/** What those who operate the gateway should know. */
export interface ServerReport {
  readonly server: string;
  readonly state: SkillState;
  /** One sentence; it repeats no word of the server's. */
  readonly sentence: string;
}

export interface McpServerContext {
  readonly pins: PinStore;
  readonly clientVersion: string;
  /** The state has changed, or why it is what it is; said once. */
  readonly onReport: (report: ServerReport) => void;
  /** A server's program runs, in a group of its own; null: no longer. */
  readonly onProcess: (server: string, pid: number | null) => void;
}

interface Call {
  readonly finish: (outcome: SkillOutcome) => void;
  forgive: () => void;
}

const failed = (content: string): SkillOutcome => ({ ok: false, content });
const NO_DIFFERENCE = { added: [], changed: [], removed: [] };

export class McpServer {
  readonly name: string;
  readonly #target: ServerTarget;
  readonly #context: McpServerContext;
  readonly #delays = new RestartDelays();
  #worker: Worker | null = null;
  /** Of the process that the thread has started. */
  #pid: number | null = null;
  #state: SkillState = 'starting';
  #reason: string | null = 'It is starting.';
  /** The last it said on standard error, for operators. */
  #said = '';
  #reported = '';
  #pin: Pin | null = null;
  #skills: readonly Omit<SkillInfo, 'state'>[] = [];
  #readySinceMs: number | null = null;
  readonly #calls = new Map<number, Call>();
  #lastCallId = 0;
  #startDeadline: () => void = () => {};
  #restart: NodeJS.Timeout | null = null;
  #closing = false;

  constructor({ name, target }: McpServerOptions, context: McpServerContext) {
    this.name = name;
    this.#target = target;
    this.#context = context;
    this.#start();
  }

  list(): readonly SkillInfo[] {
    return this.#skills.map((skill) => ({ ...skill, state: this.#state }));
  }

  describe(): SkillServer {
    const pinned = this.#state === 'changed' ? this.#context.pins.get(this.name) : null;
    const difference =
      pinned === null || this.#pin === null ? NO_DIFFERENCE : differenceOf(pinned, this.#pin);
    const said = this.#state === 'failed' && this.#said !== '' ? ` It said: ${this.#said}` : '';
    return {
      name: this.name,
      state: this.#state,
      reason: this.#reason === null ? null : `${this.#reason}${said}`,
      skills: this.#skills.length,
      hash: this.#pin?.hash ?? null,
      ...difference,
    };
  }

  invoke(tool: string, invocation: SkillInvocation, signal: AbortSignal): Promise<SkillOutcome> {
    const hash = this.#pin?.hash;
    if (this.#state !== 'ready' || hash === undefined || this.#worker === null || this.#closing)
      return Promise.resolve(failed(`${invocation.skill} ${this.#whyNot()}`));
    const id = ++this.#lastCallId;
    const { arguments: args, maxOutputBytes } = invocation;
    return new Promise((resolve) => {
      const onAbort = (): void => {
        this.#post({ kind: 'cancel', id });
        call.forgive = afterPatience(STUCK_MS, () =>
          this.#giveUp('does not answer, and keeps its thread busy'),
        );
        resolve(failed('It was ended before it had a result.'));
      };
      const call: Call = {
        finish: (outcome) => {
          call.forgive();
          signal.removeEventListener('abort', onAbort);
          resolve(outcome);
        },
        forgive: () => {},
      };
      this.#calls.set(id, call);
      this.#post({ kind: 'call', id, tool, hash, arguments: args, maxOutputBytes });
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** From now on it may be used as it is, if that is what was looked at. */
  async approve(hash: string): Promise<ApproveOutcome> {
    const pin = this.#pin;
    if (pin === null || pin.hash !== hash) return 'other-hash';
    try {
      await this.#context.pins.set(this.name, pin);
    } catch {
      return 'not-stored';
    }
    if (this.#state === 'changed' && this.#pin === pin) this.#becomeReady();
    return 'approved';
  }

  async close(): Promise<void> {
    this.#closing = true;
    if (this.#restart !== null) clearTimeout(this.#restart);
    this.#startDeadline();
    const worker = this.#worker;
    if (worker === null) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    this.#post({ kind: 'close' });
    const forgive = afterPatience(CLOSE_MS, () => void worker.terminate());
    await ended;
    forgive();
  }

  #start(): void {
    this.#restart = null;
    this.#state = 'starting';
    const workerData: ServerThreadData = { target: this.#target, clientVersion: this.#context.clientVersion };
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData,
      // Nothing of ours is there for the taking, and what it prints goes nowhere.
      env: {},
      stdout: true,
      stderr: true,
      resourceLimits: HEAP_LIMITS,
    });
    this.#worker = worker;
    worker.stdout.resume();
    worker.stderr.resume();
    this.#startDeadline = afterPatience(START_MS, () => this.#giveUp('has not begun in time'));
    worker.on('message', (message: FromServer) => this.#receive(message));
    worker.on('error', (error: NodeJS.ErrnoException) => {
      this.#failed(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'needs too much memory' : 'made its thread fail',
      );
    });
    worker.on('exit', () => this.#ended());
  }

  #giveUp(reason: string): void {
    this.#failed(reason);
    void this.#worker?.terminate();
  }

  #receive(message: FromServer): void {
    if (message.kind === 'process') this.#runsAs(message.pid);
    // What it still says behind its end is of no use.
    if (this.#state === 'failed') return;
    switch (message.kind) {
      case 'failed':
        this.#failed(message.reason, message.said);
        return;
      case 'offers':
        this.#startDeadline();
        void this.#offered(message.tools, message.pin);
        return;
      case 'outcome': {
        const call = this.#calls.get(message.id);
        this.#calls.delete(message.id);
        call?.finish({ ok: message.ok, content: message.content });
      }
    }
  }

  /** On first use what it offers is what it may offer. */
  async #offered(tools: readonly OfferedTool[], pin: Pin): Promise<void> {
    this.#skills = tools.map(({ name: tool, description, parameters }) => ({
      name: `${this.name}.${tool}`,
      toolName: toolNameOf(this.name, tool),
      server: this.name,
      tool,
      description,
      parameters,
    }));
    this.#pin = pin;
    const { pins } = this.#context;
    const pinned = pins.get(this.name);
    if (pinned === null) {
      try {
        await pins.set(this.name, pin);
      } catch {
        this.#giveUp('cannot be used, because what it offers could not be written down');
        return;
      }
      // It may have offered something else, or failed, meanwhile.
      if (this.#pin !== pin || this.#state === 'failed') return;
      this.#becomeReady();
    } else if (pinned.hash === pin.hash) this.#becomeReady();
    else {
      this.#become(
        'changed',
        `It offers other tools than were approved: \`openclaw skills approve ${this.name} --dry-run\` shows which, and without --dry-run lets them be used.`,
      );
    }
  }

  #becomeReady(): void {
    this.#readySinceMs ??= performance.now();
    this.#said = '';
    this.#become('ready', null);
  }

  /** It works no longer; its thread ends, and then it is started again. */
  #failed(reason: string, said = ''): void {
    if (this.#state === 'failed') return;
    this.#startDeadline();
    this.#said = said;
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { finish } of calls) finish(failed('Its server ended while it ran.'));
    if (!this.#closing) this.#become('failed', `It ${reason}; it is started again.`);
    this.#state = 'failed';
  }

  #ended(): void {
    this.#failed('has ended');
    // A thread that was ended has left its process behind.
    const wasForced = this.#pid !== null;
    if (this.#pid !== null) killGroup(this.#pid, 'SIGKILL');
    this.#runsAs(null);
    this.#worker = null;
    if (this.#closing) return;
    const workedMs = this.#readySinceMs === null ? 0 : performance.now() - this.#readySinceMs;
    this.#readySinceMs = null;
    const delayMs = this.#delays.next(workedMs, wasForced);
    if (delayMs !== null) this.#restart = setTimeout(() => this.#start(), delayMs);
    else
      this.#become(
        'failed',
        'It had to be ended by force too often: it is not started again before the gateway is.',
      );
  }

  #runsAs(pid: number | null): void {
    if (this.#pid === pid) return;
    this.#pid = pid;
    this.#context.onProcess(this.name, pid);
  }

  #become(state: SkillState, reason: string | null): void {
    this.#state = state;
    this.#reason = reason;
    const sentence = `The MCP server ${this.name} ${reason === null ? 'works.' : `cannot be used: ${reason}`}`;
    if (sentence === this.#reported) return;
    this.#reported = sentence;
    this.#context.onReport({ server: this.name, state, sentence });
  }

  #whyNot(): string {
    if (this.#closing) return 'cannot be called any more: the gateway is ending.';
    switch (this.#state) {
      case 'changed':
        return 'cannot be called: its server offers other tools than were approved, and an operator has to look at them.';
      case 'failed':
        return 'cannot be called now: its server has failed, and is started again.';
      default:
        return 'cannot be called yet: its server is starting.';
    }
  }

  #post(message: ToServer): void {
    this.#worker?.postMessage(message);
  }
}
