/** What must hold between the options of a configuration. */
import type { Config, ConfigKey } from './config.js';
import { BASE_URL, isAddressRange, isLoopbackUrl, isTimeZone, parseUrl } from './config-kinds.js';

export interface ConfigRule {
  /** The options it compares; the first is the one to change. */
  readonly keys: readonly [ConfigKey, ...ConfigKey[]];
  /** The rule as a clause, for the documents. */
  readonly summary: string;
  /** One sentence without a full stop where the rule is broken, else null. */
  readonly problem: (config: Config) => string | null;
}

export const CONFIG_RULES: readonly ConfigRule[] = [
  {
    keys: ['gateway.heartbeat_timeout', 'gateway.heartbeat_interval'],
    summary: '`gateway.heartbeat_timeout` is at least `gateway.heartbeat_interval`',
    problem: ({ gateway }) =>
      gateway.heartbeat_timeout < gateway.heartbeat_interval
        ? `gateway.heartbeat_timeout must be at least gateway.heartbeat_interval (${gateway.heartbeat_interval} seconds), but is ${gateway.heartbeat_timeout}`
        : null,
  },
  {
    keys: ['gateway.timezone'],
    summary: '`gateway.timezone` is empty or a time zone that Node.js knows',
    problem: ({ gateway: { timezone } }) =>
      timezone === '' || isTimeZone(timezone)
        ? null
        : `gateway.timezone must be a time zone such as "Europe/Berlin", or empty for the system’s, but is ${JSON.stringify(timezone)}`,
  },
  {
    keys: ['gateway.trusted_proxies'],
    summary:
      'each of `gateway.trusted_proxies` is an IPv4 or IPv6 address, or a range of at most 32 or 128 bits',
    problem: ({ gateway: { trusted_proxies } }) => {
      const bad = trusted_proxies.find((range) => !isAddressRange(range));
      return bad === undefined
        ? null
        : `gateway.trusted_proxies must hold IP addresses or ranges such as "10.0.0.0/8", but holds ${JSON.stringify(bad)}`;
    },
  },
  ...(['cert_path', 'key_path'] as const).map(
    (name): ConfigRule => ({
      keys: [`gateway.tls.${name}`, 'gateway.tls.enabled'],
      summary: `\`gateway.tls.enabled = true\` needs \`gateway.tls.${name}\``,
      problem: ({ gateway: { tls } }) =>
        tls.enabled && tls[name] === ''
          ? `gateway.tls.${name} must name a file because gateway.tls.enabled is true, but is empty`
          : null,
    }),
  ),
  ...(['base_url', 'model'] as const).map(
    (name): ConfigRule => ({
      keys: [`memory.embeddings.${name}`, 'memory.embeddings.enabled'],
      summary: `\`memory.embeddings.enabled = true\` needs \`memory.embeddings.${name}\``,
      problem: ({ memory: { embeddings } }) =>
        embeddings.enabled && embeddings[name] === ''
          ? `memory.embeddings.${name} must be set because memory.embeddings.enabled is true, but is empty`
          : null,
    }),
  ),
  {
    keys: ['memory.embeddings.base_url', 'memory.embeddings.insecure'],
    summary:
      '`memory.embeddings.base_url` is a URL; with `http:` it leads to this machine, or `memory.embeddings.insecure` is true',
    problem: ({ memory: { embeddings } }) => {
      if (embeddings.base_url === '') return null;
      const url = parseUrl(embeddings.base_url);
      if (url === null)
        return `memory.embeddings.base_url must be ${BASE_URL.expected}, but is something else`;
      return url.protocol === 'https:' || isLoopbackUrl(url) || embeddings.insecure
        ? null
        : 'memory.embeddings.base_url must begin with https: because it leads to another machine, or memory.embeddings.insecure must be true';
    },
  },
  {
    keys: ['memory.embeddings.api_key_env', 'memory.embeddings.api_key_file'],
    summary: 'at most one of `memory.embeddings.api_key_env` and `memory.embeddings.api_key_file` is set',
    problem: ({ memory: { embeddings } }) =>
      embeddings.api_key_env !== '' && embeddings.api_key_file !== ''
        ? 'memory.embeddings.api_key_env must be empty where memory.embeddings.api_key_file names a file, but both are set'
        : null,
  },
  {
    keys: ['metrics.port', 'gateway.port', 'metrics.host', 'gateway.host'],
    summary: '`metrics.port` differs from `gateway.port` on the same host',
    problem: ({ metrics, gateway }) =>
      metrics.port !== 0 && metrics.port === gateway.port && metrics.host === gateway.host
        ? `metrics.port must differ from gateway.port, but both are ${metrics.port}`
        : null,
  },
];
