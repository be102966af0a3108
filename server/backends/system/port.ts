/** The system port: what the gateway's methods need of the process around them. */
export type Reloaded =
  | {
      readonly outcome: 'reloaded';
      /** Keys that took effect. */
      readonly changed: readonly string[];
      /** Keys that differ and stay as they are until a restart. */
      readonly needsRestart: readonly string[];
    }
  /** The configuration is not valid, and nothing has changed; the reason is fit for the operator. */
  | { readonly outcome: 'refused'; readonly reason: string };

/** Who wants the configuration to be read again. */
export interface ReloadAsker {
  readonly sessionId: string;
  readonly clientId: string;
}

export interface SystemPort {
  /** Resident memory of the whole process. */
  residentBytes(): number;
  /** Reads the configuration again. */
  reload(asker: ReloadAsker): Promise<Reloaded>;
}
