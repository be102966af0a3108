/** What a gateway is started with, what it can be told while it runs, and how it fails. */
import type { Config } from '../schemas/config.js';
import { TokenFileError } from './auth/token-file.js';
import { MemoryError } from './backends/memory/port.js';
import { PinFileError } from './backends/skills/pin-file.js';
import type { Reloaded } from './backends/system/port.js';
import { HomeError } from './config/errors.js';
import type { Home } from './config/home.js';
import type { Clock } from './core/time/clock.js';
import type { TraceEvent } from './core/trace/trace.js';
import { KeyError } from './keys.js';
import { OperationsListenError } from './ops/listener.js';
import type { Log, LogOutput } from './ops/log.js';
import type { LogLevel } from './ops/log-level.js';
import { PromptError } from './reasoning.js';
import { SkillsError } from './skills.js';
import { ListenError } from './socket/listener.js';
import { TlsError } from './socket/tls.js';

export interface GatewayOptions {
  readonly config: Config;
  readonly home: Home;
  /** Accept the debug token on a loopback address. */
  readonly debug: boolean;
  /** Gets every event of the live trace, bodies left out, as it happens. */
  readonly onTrace?: (event: TraceEvent) => void;
  /** Reads the configuration again, for a reload. Throws ConfigError. */
  readonly loadConfig: () => Config;
  readonly log?: Log;
  /** Where the log is written, unless `log` is given: standard output. */
  readonly logTo?: LogOutput;
  /** Where time comes from, unless it is the system's. */
  readonly clock?: Clock;
  /** Where the built web UI is, unless it is beside the gateway. */
  readonly webFolder?: string;
}

export interface Gateway {
  /** Where clients connect, as a `ws:` or `wss:` URL. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Where operators ask: `/metrics`, `/healthz` and `/readyz`. */
  readonly operationsUrl: string;
  /** Takes what can change while running from the configuration; the log says what came of it. */
  reload(): Promise<Reloaded>;
  /** Logs more for a while: the next of info, debug and trace, and behind them as configured. */
  stepLogLevel(): LogLevel;
  /** Says in the log where it listens; to be called once signals are listened to, for whoever waits for that line may send one. */
  logStart(): void;
  /** Tells the service manager that clients can come, if there is one; to be called once signals are listened to, for the same reason. */
  announceReady(): void;
  /** Drains and ends. A second call waits no longer for streams. */
  close(): Promise<void>;
  /** Rejects with {@link GatewayFailed}, everything closed, where it cannot go on; never resolves. */
  readonly failed: Promise<never>;
}

/** A running gateway could not go on; the message is one sentence for the operator. */
export class GatewayFailed extends Error {
  override readonly name = 'GatewayFailed';
}

/** The gateway cannot start; the message is one sentence that says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Whether an error’s message is one sentence that says what to do. */
export const isForOperators = (error: unknown): error is Error =>
  [
    HomeError,
    TokenFileError,
    KeyError,
    PromptError,
    SkillsError,
    PinFileError,
    MemoryError,
    ListenError,
    OperationsListenError,
    TlsError,
  ].some((kind) => error instanceof kind);
