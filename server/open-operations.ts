/** What is there for operators to ask over HTTP: metrics, whether it is alive, whether it takes clients. */
import type { GatewayMetrics } from '../metrics/metrics.js';
import type { GatewayGauges, MetricsPage } from '../metrics/registry.js';
import type { Config } from '../schemas/config.js';
import { type Environment, readToken } from './keys.js';
import type { Health } from './ops/health.js';
import { guarded, json, listenForOperations, type OperationsListener } from './ops/listener.js';

export interface OpenOperationsOptions {
  readonly config: Config['metrics'];
  readonly env: Environment;
  readonly health: Health;
  readonly metrics: GatewayMetrics;
  readonly gauges: GatewayGauges;
  readonly onFault: (what: string, error: unknown) => void;
}

export interface Operations extends OperationsListener {
  /** Loads what renders metrics and has it do so once, which takes a while: behind the start, and before somebody asks. Never rejects. */
  prepare(): Promise<void>;
}

/** @throws KeyError, OperationsListenError */
export const openOperations = async (options: OpenOperationsOptions): Promise<Operations> => {
  const { config, env, health, metrics, gauges, onFault } = options;
  let page: Promise<MetricsPage> | null = null;
  const openPage = (): Promise<MetricsPage> => {
    page ??= import('../metrics/registry.js').then((loaded) => new loaded.MetricsPage(metrics, gauges));
    return page;
  };
  const { host, port } = config;
  const listener = await listenForOperations(
    { host, port, token: readToken('metrics', config, env), onFault },
    {
      '/metrics': guarded(async () => {
        const opened = await openPage();
        return { status: 200, contentType: opened.contentType, body: await opened.render() };
      }),
      '/healthz': () => json(200, { status: 'alive' }),
      // Whoever decides by the status alone, as an orchestrator does, needs no token.
      '/readyz': (mayAll) => {
        const { status, parts } = health.report();
        return json(status === 'unready' ? 503 : 200, mayAll ? { status, parts } : { status });
      },
    },
  );
  return {
    ...listener,
    prepare: async () => {
      await openPage()
        .then((opened) => opened.warmUp())
        .catch((error: unknown) => onFault('metrics', error));
    },
  };
};
