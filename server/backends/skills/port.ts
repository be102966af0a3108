/** The skills port: what the gateway needs from whatever runs skills. */

/** `ready`; or why it cannot be called now. */
export type SkillState = 'ready' | 'starting' | 'failed' | 'changed';

export interface SkillInfo {
  readonly name: string;
  readonly description: string;
  /** Where it comes from. */
  readonly source: string;
  /** JSON Schema of its arguments, an object. */
  readonly parameters: { readonly [key: string]: unknown };
  readonly state: SkillState;
}

export interface SkillInvocation {
  readonly invocationId: string;
  readonly skill: string;
  /** As whoever asks for it wrote them: checked against the skill's schema before anything runs. */
  readonly arguments: { readonly [key: string]: unknown };
  readonly principal: string;
  readonly channelId: string;
  readonly messageId: string;
}

/** What came of it: text for a model. `ok: false` says in a sentence why there is no result. */
export interface SkillOutcome {
  readonly ok: boolean;
  readonly content: string;
}

export interface SkillsPort {
  /** The skills that a principal may use. */
  list(principal: string): Promise<readonly SkillInfo[]>;
  /** Runs one. Never rejects; an abort, a failure and a time limit are outcomes that are not ok. */
  invoke(invocation: SkillInvocation, signal: AbortSignal): Promise<SkillOutcome>;
  /** Ends what runs, and whatever runs it. */
  close(): Promise<void>;
}
