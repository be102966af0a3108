/** The system port: what the gateway's methods need of the process around them. */
export interface Reloaded {
  /** Keys that took effect. */
  readonly changed: readonly string[];
  /** Keys that differ and stay as they are until a restart. */
  readonly needsRestart: readonly string[];
}

export interface SystemPort {
  /** Resident memory of the whole process. */
  residentBytes(): number;
  /** Reads the configuration again. Rejects with {@link ReloadRefused} where it is not valid; nothing has changed then. */
  reload(): Promise<Reloaded>;
}

/** The configuration is not valid; the message says where, in a sentence fit for the operator. */
export class ReloadRefused extends Error {
  override readonly name = 'ReloadRefused';
}
