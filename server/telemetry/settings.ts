/** Where spans go. */
export interface TelemetrySettings {
  /** Whole, as `http://127.0.0.1:4318/v1/traces`. */
  readonly url: string;
  /** What the collector wants to see besides, such as a key. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the traces that begin here, from 0 to 1; for a client's own trace its flag decides. */
  readonly sampleRatio: number;
}
