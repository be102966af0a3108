/** Every alert: what it looks at, when it goes off, what to do first, and samples that show both. */
import type { Alert } from './alert.js';
import { CLIENT_ALERTS } from './client-alerts.js';
import { PROCESS_ALERTS, STORE_ALERTS } from './process-alerts.js';
import { REPLY_ALERTS } from './reply-alerts.js';

export const ALERTS: readonly Alert[] = [
  ...PROCESS_ALERTS,
  ...STORE_ALERTS,
  ...REPLY_ALERTS,
  ...CLIENT_ALERTS,
];
