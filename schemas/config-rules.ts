/** What must hold between the options of a configuration. */

import type { Config } from './config.js';
import { type ConfigRule, endpointRules, providerRules } from './config-endpoints.js';
import { BASE_URL, isAddressRange, isLoopbackUrl, isTimeZone, parseUrl } from './config-kinds.js';
import {
  BUILT_IN_SKILLS,
  MCP_RULES,
  type McpKey,
  type McpServerConfig,
  unknownBuiltIn,
} from './config-skills.js';

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
  ...endpointRules('memory.embeddings', ({ memory }) => memory.embeddings),
  ...providerRules('reasoning', ({ reasoning }) => reasoning),
  ...providerRules('reasoning.fallback.first', ({ reasoning }) => reasoning.fallback.first),
  ...providerRules('reasoning.fallback.second', ({ reasoning }) => reasoning.fallback.second),
  {
    keys: ['reasoning.fallback.first.provider', 'reasoning.fallback.second.provider', 'reasoning.provider'],
    summary: 'a provider to fall back to needs another `reasoning.provider` than `embedded`',
    problem: ({ reasoning: { provider, fallback } }) =>
      provider === 'embedded' && (fallback.first.provider !== 'none' || fallback.second.provider !== 'none')
        ? 'reasoning.provider must name the provider to ask first because a fallback is set, but is "embedded"'
        : null,
  },
  {
    keys: ['reasoning.system_prompt', 'reasoning.system_prompt_file'],
    summary: 'at most one of `reasoning.system_prompt` and `reasoning.system_prompt_file` is set',
    problem: ({ reasoning }) =>
      reasoning.system_prompt !== '' && reasoning.system_prompt_file !== ''
        ? 'reasoning.system_prompt must be empty where reasoning.system_prompt_file names a file, but both are set'
        : null,
  },
  {
    keys: ['skills.built_in'],
    summary: 'each of `skills.built_in` is the name, or a pattern, of a skill that comes with the gateway',
    problem: ({ skills: { built_in } }) => {
      const unknown = unknownBuiltIn(built_in);
      return unknown === undefined
        ? null
        : `skills.built_in must hold names or patterns of ${BUILT_IN_SKILLS.join(', ')}, but holds ${JSON.stringify(unknown)}`;
    },
  },
  {
    keys: ['telemetry.otlp_endpoint', 'telemetry.otlp_headers_env', 'telemetry.otlp_headers_file'],
    summary: '`telemetry.otlp_endpoint` is a URL; with headers and `http:` it leads to this machine',
    problem: ({ telemetry: { otlp_endpoint, otlp_headers_env, otlp_headers_file } }) => {
      if (otlp_endpoint === '') return null;
      const url = parseUrl(otlp_endpoint);
      if (url === null) return `telemetry.otlp_endpoint must be ${BASE_URL.expected}, but is something else`;
      const hasHeaders = otlp_headers_env !== '' || otlp_headers_file !== '';
      return hasHeaders && url.protocol === 'http:' && !isLoopbackUrl(url)
        ? 'telemetry.otlp_endpoint must begin with https: because it leads to another machine and headers go there'
        : null;
    },
  },
  {
    keys: ['telemetry.otlp_headers_env', 'telemetry.otlp_headers_file'],
    summary: 'at most one of `telemetry.otlp_headers_env` and `telemetry.otlp_headers_file` is set',
    problem: ({ telemetry: { otlp_headers_env, otlp_headers_file } }) =>
      otlp_headers_env !== '' && otlp_headers_file !== ''
        ? 'telemetry.otlp_headers_env must be empty where telemetry.otlp_headers_file names a file, but both are set'
        : null,
  },
  {
    keys: ['metrics.token_env', 'metrics.token_file'],
    summary: 'at most one of `metrics.token_env` and `metrics.token_file` is set',
    problem: ({ metrics }) =>
      metrics.token_env !== '' && metrics.token_file !== ''
        ? 'metrics.token_env must be empty where metrics.token_file names a file, but both are set'
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

/** The rules that hold for this configuration: those between options, and those within each MCP server's section. */
export const configRules = ({ skills }: Config): readonly ConfigRule[] => [
  ...CONFIG_RULES,
  ...Object.keys(skills.mcp).flatMap((name) =>
    MCP_RULES.map(({ options: [first, ...others], summary, problem }): ConfigRule => {
      const at = (option: keyof McpServerConfig): McpKey => `skills.mcp.${name}.${option}`;
      return {
        keys: [at(first), ...others.map(at)],
        summary,
        problem: (config) => {
          const server = config.skills.mcp[name];
          return server === undefined ? null : problem(server, at);
        },
      };
    }),
  ),
];
