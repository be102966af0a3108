/** What the gateway itself has to say to those who run it: notifications of type `alert` (protocol section 7). */
import type { Clock } from '../time/clock.js';
import type { Notifications } from './notifications.js';

export interface AlertsOptions {
  readonly notifications: Notifications;
  readonly clock: Clock;
  /** The principals that may operate the gateway, as of now. */
  readonly operators: () => Iterable<string>;
  readonly onFault: (what: string, error: unknown) => void;
}

export class Alerts {
  readonly #options: AlertsOptions;
  /** What was last said of each condition that holds. */
  readonly #raised = new Map<string, string>();

  constructor(options: AlertsOptions) {
    this.#options = options;
  }

  /** A condition holds. Said once, until it is over or there is something else to say of it. */
  raise(condition: string, msg: string): void {
    if (this.#raised.get(condition) === msg) return;
    this.#raised.set(condition, msg);
    this.#tell(msg);
  }

  /** A condition holds no longer; `msg` goes to those who heard that it did. Nothing where it did not hold. */
  over(condition: string, msg: string): void {
    if (this.#raised.delete(condition)) this.#tell(msg);
  }

  #tell(msg: string): void {
    const { notifications, clock, operators, onFault } = this.#options;
    const nowMs = clock.wallMs();
    for (const principal of operators()) {
      const alert = { principal, clientId: null, type: 'alert', msg, createdAtMs: nowMs, dueAtMs: nowMs };
      notifications.tell({ ...alert, cron: null }).catch((error: unknown) => onFault('alert', error));
    }
  }
}
