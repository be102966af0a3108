/**
 * The skills port: what the gateway needs from whatever runs skills. What a skill says, its name and description
 * included, is data of a stranger: it is shown and handed on, and decides nothing.
 */

/**
 * `ready`; or why it cannot be called now: its server is starting, has failed and will be started again, or offers other
 * tools than were approved.
 */
export type SkillState = 'ready' | 'starting' | 'failed' | 'changed';

export interface SkillInfo {
  /** `files.read_file`: the source's name, a dot, the tool's. Built-in ones are called what they are: `time.now`. */
  readonly name: string;
  /** The name under which a model asks for it: letters, digits, `_` and `-`, 64 at most; the same for good. */
  readonly toolName: string;
  /** The MCP server it belongs to; null: it comes with the gateway. */
  readonly server: string | null;
  /** Its name without the server's, of which patterns speak. */
  readonly tool: string;
  readonly description: string;
  /** JSON Schema of its arguments, an object; small, and not deep. */
  readonly parameters: { readonly [key: string]: unknown };
  readonly state: SkillState;
}

/** An MCP server, for those who operate the gateway. */
export interface SkillServer {
  readonly name: string;
  readonly state: SkillState;
  /** Why it is not ready, one sentence; null where it is. */
  readonly reason: string | null;
  /** Skills it offers, or offered when it last worked. */
  readonly skills: number;
  /** Of the tools it offers now; null: it has offered none yet. */
  readonly hash: string | null;
  /** Where it is `changed`: the tools that are not as they were approved. */
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export interface SkillInvocation {
  readonly invocationId: string;
  /** A name of {@link SkillsPort.list}. */
  readonly skill: string;
  /** Checked against the skill's schema before anything runs. */
  readonly arguments: { readonly [key: string]: unknown };
  readonly principal: string;
  readonly channelId: string;
  /** UTF-8 of {@link SkillOutcome.content}; the rest is cut off. */
  readonly maxOutputBytes: number;
}

/** What came of it: text for a model. `ok: false` says why there is no result. */
export interface SkillOutcome {
  readonly ok: boolean;
  readonly content: string;
}

/**
 * - `approved`: what the server offers now may be used from now on, also after a restart.
 * - `other-hash`: it offers something else than what was looked at.
 */
export type ApproveOutcome = 'approved' | 'other-hash' | 'no-server' | 'not-stored';

export interface SkillsPort {
  /** What there is now, whoever may use it. */
  list(): readonly SkillInfo[];
  servers(): readonly SkillServer[];
  /** Runs one. Never rejects: a failure is an outcome that is not ok, and so is an abort, soon after it. */
  invoke(invocation: SkillInvocation, signal: AbortSignal): Promise<SkillOutcome>;
  approve(server: string, hash: string): Promise<ApproveOutcome>;
  /** Ends what runs, and whatever runs it. */
  close(): Promise<void>;
}

/** One reminder that waits for its time. */
export interface Reminder {
  readonly id: string;
  readonly text: string;
  readonly dueAtMs: number;
  readonly cron: string | null;
}

export interface ReminderRequest {
  readonly text: string;
  readonly at?: string;
  readonly in_seconds?: number;
  readonly cron?: string;
}

/** What the built-in skills need of the gateway's notifications. Everything is the principal's own. */
export interface Reminders {
  /** A problem is a clause behind “the reminder”. */
  set(principal: string, reminder: ReminderRequest): Promise<Reminder | { readonly problem: string }>;
  /** Oldest first. */
  list(principal: string): Promise<readonly Reminder[]>;
  /** False: the principal has none of that id. */
  cancel(principal: string, id: string): Promise<boolean>;
}
