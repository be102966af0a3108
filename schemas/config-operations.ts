/** Options of `[metrics]`, `[log]` and `[telemetry]`: what is for operators alone. */
import {
  BASE_URL,
  type ConfigOption,
  FILE_PATH,
  HOST,
  integer,
  number,
  oneOf,
  string,
  VARIABLE_NAME,
} from './config-kinds.js';

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
      'The least severe lines that are written to standard output: `error` is what an operator has to look at, `warn` what one should, `info` what changes, `debug` every connection and reply. `SIGUSR2` turns it up for a while.',
  }),
  'telemetry.otlp_endpoint': string({
    default: '',
    rule: BASE_URL,
    reloadable: true,
    reason:
      'Where spans of requests and replies are sent, as OpenTelemetry’s OTLP over HTTP with JSON: a collector such as `http://127.0.0.1:4318`, behind which comes `/v1/traces`. Empty: nowhere, and nothing of it is loaded.',
  }),
  'telemetry.otlp_headers_env': string({
    default: '',
    rule: VARIABLE_NAME,
    reloadable: true,
    reason:
      'The environment variable that holds the headers which the collector wants, as `NAME=VALUE` with commas between them and a blank as `%20`; empty: none. The headers themselves never stand in this file.',
  }),
  'telemetry.otlp_headers_file': string({
    default: '',
    rule: FILE_PATH,
    reloadable: true,
    reason:
      'A file that holds nothing but these headers, instead of `otlp_headers_env`; empty: no file. Read again at every reload.',
  }),
  'telemetry.sample_ratio': number({
    default: 1,
    min: 0,
    max: 1,
    zero: 'none',
    reloadable: true,
    reason:
      'The share of traces that are sent, of those that begin at the gateway. For one that a client has begun, the flag in its `traceparent` decides.',
  }),
} as const satisfies Readonly<Record<string, ConfigOption>>;
