/** What must hold between the options of a service that the gateway asks over HTTP. */
import type { Config, ConfigKey } from './config.js';
import { BASE_URL, isLoopbackUrl, parseUrl } from './config-kinds.js';

export interface ConfigRule {
  /** The options it compares; the first is the one to change. */
  readonly keys: readonly [ConfigKey, ...ConfigKey[]];
  /** The rule as a clause, for the documents. */
  readonly summary: string;
  /** One sentence without a full stop where the rule is broken, else null. */
  readonly problem: (config: Config) => string | null;
}

interface Endpoint {
  readonly base_url: string;
  readonly api_key_env: string;
  readonly api_key_file: string;
  readonly insecure: boolean;
}

/** A section that has the options of an {@link Endpoint}. */
type EndpointSection = {
  [K in ConfigKey]: K extends `${infer S}.base_url` ? S : never;
}[ConfigKey];

/** Where the section leads, and how its key gets there. */
export const endpointRules = (
  section: EndpointSection,
  of: (config: Config) => Endpoint,
): readonly ConfigRule[] => [
  {
    keys: [`${section}.base_url`, `${section}.insecure`],
    summary: `\`${section}.base_url\` is a URL; with \`http:\` it leads to this machine, or \`${section}.insecure\` is true`,
    problem: (config) => {
      const { base_url, insecure } = of(config);
      if (base_url === '') return null;
      const url = parseUrl(base_url);
      if (url === null) return `${section}.base_url must be ${BASE_URL.expected}, but is something else`;
      return url.protocol === 'https:' || isLoopbackUrl(url) || insecure
        ? null
        : `${section}.base_url must begin with https: because it leads to another machine, or ${section}.insecure must be true`;
    },
  },
  {
    keys: [`${section}.api_key_env`, `${section}.api_key_file`],
    summary: `at most one of \`${section}.api_key_env\` and \`${section}.api_key_file\` is set`,
    problem: (config) => {
      const { api_key_env, api_key_file } = of(config);
      return api_key_env !== '' && api_key_file !== ''
        ? `${section}.api_key_env must be empty where ${section}.api_key_file names a file, but both are set`
        : null;
    },
  },
];

type ProviderSection = Extract<EndpointSection, `reasoning${string}`>;

/** What a section needs whose provider is asked over HTTP. */
export const providerRules = (
  section: ProviderSection,
  of: (config: Config) => Endpoint & { readonly provider: string; readonly model: string },
): readonly ConfigRule[] => {
  const isAsked = (provider: string): boolean => provider !== 'embedded' && provider !== 'none';
  return [
    {
      keys: [`${section}.model`, `${section}.provider`],
      summary: `\`${section}.model\` is set where \`${section}.provider\` has models`,
      problem: (config) => {
        const { provider, model } = of(config);
        return isAsked(provider) && model === ''
          ? `${section}.model must be set because ${section}.provider is "${provider}", but is empty`
          : null;
      },
    },
    {
      keys: [
        `${section}.api_key_env`,
        `${section}.api_key_file`,
        `${section}.base_url`,
        `${section}.provider`,
      ],
      summary: `without \`${section}.base_url\` a provider needs \`${section}.api_key_env\` or \`api_key_file\``,
      problem: (config) => {
        const { provider, base_url, api_key_env, api_key_file } = of(config);
        const whose = provider === 'anthropic' ? 'Anthropic' : 'OpenAI';
        return isAsked(provider) && base_url === '' && api_key_env === '' && api_key_file === ''
          ? `${section}.api_key_env or ${section}.api_key_file must lead to the key for ${whose}, or ${section}.base_url must say where the provider is, but all three are empty`
          : null;
      },
    },
    ...endpointRules(section, of),
  ];
};
