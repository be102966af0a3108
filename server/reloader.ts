/** What changes while the gateway runs: its configuration, when it is told to read it again, and its certificate. */
import { type Config, type ConfigKey, configValue, isConfigKey } from '../schemas/config.js';
import type { ReasoningSettings } from './backends/reasoning/settings.js';
import type { Reloaded } from './backends/system/port.js';
import { ConfigError } from './config/errors.js';
import { compareConfigs } from './config/reload.js';
import { KeyError } from './keys.js';
import { PromptError } from './reasoning.js';
import type { CertificateKeeper } from './socket/certificate-keeper.js';
import { ListenError } from './socket/listener.js';
import { TlsError, type TlsFiles } from './socket/tls.js';
import type { TelemetrySettings } from './telemetry/settings.js';

/** What decides which certificate is presented, and how. */
const CERTIFICATE_KEYS: readonly ConfigKey[] = [
  'gateway.tls.cert_path',
  'gateway.tls.key_path',
  'gateway.tls.min_version',
];

/** What the configuration means together with the files and variables that it names. */
export interface Prepared {
  readonly reasoning: ReasoningSettings;
  readonly telemetry: TelemetrySettings | null;
}

/** Options that name a file which holds something else than before. */
const changedFiles = (before: Prepared, after: Prepared): readonly string[] => {
  const keys = new Map(before.reasoning.providers.map(({ section, apiKey }) => [section, apiKey]));
  const renewed = after.reasoning.providers.flatMap(({ section, apiKey }) =>
    keys.has(section) && keys.get(section) !== apiKey ? [`${section}.api_key_file`] : [],
  );
  const headersOf = ({ telemetry }: Prepared): string => JSON.stringify(telemetry?.headers ?? {});
  return [
    ...renewed,
    ...(before.reasoning.systemPrompt === after.reasoning.systemPrompt
      ? []
      : ['reasoning.system_prompt_file']),
    ...(headersOf(before) === headersOf(after) ? [] : ['telemetry.otlp_headers_file']),
  ];
};

export const tlsFiles = ({ gateway: { tls } }: Config): TlsFiles => ({
  certPath: tls.cert_path,
  keyPath: tls.key_path,
  minVersion: tls.min_version,
});

export interface ReloaderOptions {
  /** What the gateway runs with. */
  readonly config: Config;
  /** Reads the configuration again. Throws ConfigError. */
  readonly loadConfig: () => Config;
  readonly prepared: Prepared;
  /** Reads keys, headers and prompt again. Throws KeyError and PromptError. */
  readonly prepare: (config: Config) => Prepared;
  /** Null without TLS. */
  readonly keeper: CertificateKeeper | null;
  /** Hands every part what it runs with from now on. */
  readonly apply: (config: Config, prepared: Prepared) => Promise<void>;
}

/** Reloads and renewals go one after the other, each upon what the one before it has left. */
export class Reloader {
  readonly #options: ReloaderOptions;
  #config: Config;
  #prepared: Prepared;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#prepared = options.prepared;
  }

  /** Takes what can change while running from the configuration; where something is wrong with it, nothing. */
  reload(): Promise<Reloaded> {
    return this.#inTurn(async () => {
      try {
        return await this.#reload();
      } catch (error) {
        const isForOperator = [ConfigError, KeyError, PromptError, TlsError, ListenError].some(
          (kind) => error instanceof kind,
        );
        if (isForOperator && error instanceof Error) return { outcome: 'refused', reason: error.message };
        throw error;
      }
    });
  }

  /** Presents a certificate whose files have changed. Rejects with a sentence for the operator; the one before stays. */
  async lookForCertificate(): Promise<void> {
    const { keeper } = this.#options;
    if (keeper !== null) await this.#inTurn(() => keeper.look());
  }

  async #reload(): Promise<Reloaded> {
    const { keeper, loadConfig, prepare, apply } = this.#options;
    const loaded = loadConfig();
    const renewable = keeper?.canPresent === true && loaded.gateway.tls.enabled;
    const compared = compareConfigs(this.#config, loaded, renewable ? [] : CERTIFICATE_KEYS);
    const prepared = prepare(compared.next);
    const renewal = await keeper?.renew(tlsFiles(compared.next));
    const changed = new Set<string>(compared.changed);
    const needsRestart = new Set<string>(compared.needsRestart);
    if (renewal === 'renewed' && !CERTIFICATE_KEYS.some((key) => changed.has(key))) {
      changed.add('gateway.tls.cert_path');
    }
    if (renewal === 'needs-restart') needsRestart.add('gateway.tls.cert_path');
    for (const key of changedFiles(this.#prepared, prepared)) {
      // Where the option itself has changed, that says it all.
      if (!isConfigKey(key) || configValue(compared.next, key) === '') continue;
      if (configValue(compared.next, key) === configValue(this.#config, key)) changed.add(key);
    }
    this.#config = compared.next;
    this.#prepared = prepared;
    await apply(compared.next, prepared);
    return { outcome: 'reloaded', changed: [...changed], needsRestart: [...needsRestart] };
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(task);
    this.#turn = done.catch(() => {});
    return done;
  }
}
