/** Options of `[metrics]` and `[log]`: what is for operators alone. */
import { type ConfigOption, FILE_PATH, HOST, integer, oneOf, string, VARIABLE_NAME } from './config-kinds.js';

export const OPERATIONS_OPTIONS = {
  'metrics.host': string({
    default: '127.0.0.1',
    rule: HOST,
    reloadable: false,
    reason:
      'The address where metrics (`/metrics`) and health checks are answered: `/healthz` (it is alive) and `/readyz` (it takes clients).',
  }),
  'metrics.port': integer({
    default: 18790,
    min: 0,
    max: 65535,
    zero: 'any free port',
    reloadable: false,
    reason:
      'The port of metrics and health checks, apart from the clients’, so that a firewall can tell them apart.',
  }),
  'metrics.token_env': string({
    default: '',
    rule: VARIABLE_NAME,
    reloadable: false,
    reason:
      'The environment variable that holds a bearer token: whoever asks for `/metrics`, or for what `/readyz` says of the parts, must show it. Empty: no token. The token itself never stands in this file.',
  }),
  'metrics.token_file': string({
    default: '',
    rule: FILE_PATH,
    reloadable: false,
    reason: 'A file that holds nothing but the token, instead of `token_env`; empty: no file.',
  }),
  'log.level': oneOf(['trace', 'debug', 'info', 'warn', 'error'], {
    default: 'info',
    reloadable: true,
    reason:
      'The least severe entries that are written to standard error. So far those are what fails (`error`), a certificate that expires soon (`warn`) and one that was renewed (`info`).',
  }),
} as const satisfies Readonly<Record<string, ConfigOption>>;
