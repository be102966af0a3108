/** What `[telemetry]` means: where spans go, with headers read from where they are kept. */
import type { Config } from '../schemas/config.js';
import { type Environment, KeyError, readSecret } from './keys.js';
import type { TelemetrySettings } from './telemetry/settings.js';

/** OTLP/HTTP has traces under this path (OpenTelemetry Protocol 1.5, “OTLP/HTTP Request”). */
const TRACES_PATH = '/v1/traces';
/** RFC 9110 section 5.1. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 section 5.5, without what is obsolete. */
const HEADER_VALUE = /^[\x20-\x7e]*$/;

const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
};

/** `name=value` pairs with commas between them, values percent-encoded: the form of `OTEL_EXPORTER_OTLP_HEADERS`. */
const parseHeaders = (text: string): Readonly<Record<string, string>> | null => {
  const headers: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, at)).trim();
    const value = decoded(pair.slice(at + 1).trim());
    if (!HEADER_NAME.test(name) || value === null || !HEADER_VALUE.test(value)) return null;
    headers[name] = value;
  }
  return headers;
};

/** @throws KeyError where there are no headers where some should be */
const readHeaders = (
  { otlp_headers_env: variable, otlp_headers_file: file }: Config['telemetry'],
  env: Environment,
): Readonly<Record<string, string>> => {
  const secret = readSecret(
    {
      what: 'headers',
      variable: ['telemetry.otlp_headers_env', variable],
      file: ['telemetry.otlp_headers_file', file],
    },
    env,
  );
  if (secret === null) return {};
  const headers = parseHeaders(secret.text);
  if (headers !== null) return headers;
  throw new KeyError(
    `${secret.place}, which holds no headers: write NAME=VALUE, more of them with commas between, and a blank in a value as %20.`,
  );
};

/**
 * Null: nobody wants spans.
 *
 * @throws KeyError where there are no headers where some should be
 */
export const telemetrySettings = ({ telemetry }: Config, env: Environment): TelemetrySettings | null => {
  const { otlp_endpoint: endpoint, sample_ratio: sampleRatio } = telemetry;
  if (endpoint === '') return null;
  const base = endpoint.replace(/\/+$/, '');
  const url = base.endsWith(TRACES_PATH) ? base : `${base}${TRACES_PATH}`;
  return { url, headers: readHeaders(telemetry, env), sampleRatio };
};
