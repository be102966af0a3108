/** What commands talk to, and how they fail; `main.ts` supplies the process's own. */

/** A place to print to. */
export interface Output {
  write(text: string): unknown;
  /** Whether a person is watching; decides about colour. */
  readonly isTTY?: boolean;
}

export interface Io {
  /** Data, and nothing else. */
  readonly stdout: Output;
  /** Remarks and errors. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** 1: it failed. 2: it was called wrongly. */
export type ExitStatus = 1 | 2;

/** Ends a command: `message` goes to standard error as it is, `exitStatus` to the system. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitStatus: ExitStatus;

  constructor(message: string, exitStatus: ExitStatus = 1) {
    super(message);
    this.exitStatus = exitStatus;
  }
}
