/** What is there for operators to ask over HTTP: metrics, whether it is alive, whether it takes clients. */
import type { GatewayMetrics } from '../metrics/metrics.js';
import { type GatewayGauges, MetricsPage } from '../metrics/registry.js';
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
  /** Has metrics rendered once, which takes longer the first time: behind the start, and before somebody asks. Never rejects. */
  prepare(): Promise<void>;
}

/** @throws KeyError, OperationsListenError */
export const openOperations = async (options: OpenOperationsOptions): Promise<Operations> => {
  const { config, env, health, metrics, gauges, onFault } = options;
  // Not loaded later: without a free descriptor that would fail, end the process, and never be tried again.
  const page = new MetricsPage(metrics, gauges);
  const { host, port } = config;
  const listener = await listenForOperations(
    { host, port, token: readToken('metrics', config, env), onFault },
    {
      '/metrics': guarded(async () => ({
        status: 200,
        contentType: page.contentType,
        body: await page.render(),
      })),
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
    prepare: () => page.warmUp().catch((error: unknown) => onFault('metrics', error)),
  };
};
