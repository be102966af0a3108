/** Options of `[metrics]` and `[log]`: what is for operators alone. */
import { type ConfigOption, HOST, integer, oneOf, string } from './config-kinds.js';

export const OPERATIONS_OPTIONS = {
  'metrics.host': string({
    default: '127.0.0.1',
    rule: HOST,
    reloadable: false,
    reason:
      'The address where health checks are answered: `/healthz` (it is alive) and `/readyz` (it takes clients).',
  }),
  'metrics.port': integer({
    default: 18790,
    min: 0,
    max: 65535,
    zero: 'any free port',
    reloadable: false,
    reason: 'The port of health checks, apart from the clients’, so that a firewall can tell them apart.',
  }),
  'log.level': oneOf(['trace', 'debug', 'info', 'warn', 'error'], {
    default: 'info',
    reloadable: true,
    reason:
      'The least severe entries that are written to standard error. So far those are what fails (`error`), a certificate that expires soon (`warn`) and one that was renewed (`info`).',
  }),
} as const satisfies Readonly<Record<string, ConfigOption>>;
