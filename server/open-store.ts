/** The store on its thread, and what operators are told of it: health, alerts, the log, metrics. */
import type { GatewayMetrics } from '../metrics/metrics.js';
import { openSqliteMemory, type SqliteMemory, type SqliteMemoryOptions } from './backends/memory/sqlite.js';
import type { Alerts } from './core/notifications/alerts.js';
import type { Health } from './ops/health.js';
import type { Log } from './ops/log.js';

export interface OpenStoreOptions
  extends Required<Pick<SqliteMemoryOptions, 'path' | 'embeddings' | 'onFailure'>> {
  /** They are made after the store. */
  readonly alerts: () => Alerts;
  readonly health: Health;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
}

/** @throws MemoryError */
export const openStore = ({
  path,
  embeddings,
  onFailure,
  alerts,
  health,
  metrics,
  log,
}: OpenStoreOptions): Promise<SqliteMemory> =>
  openSqliteMemory({
    path,
    embeddings,
    onFailure,
    onEmbeddings: (report) => {
      if (report.ok) {
        health.forget('memory.embeddings');
        log.warn('the embeddings endpoint works again');
      } else {
        health.set('memory.embeddings', 'degraded');
        log.warn(report.sentence);
      }
    },
    onCommit: ({ durationMs, calls }) => {
      metrics.storeCommits.observe(durationMs / 1000);
      metrics.storeBatches.observe(calls);
    },
    onHealth: (report) => {
      health.set('store', report.ok ? 'ok' : 'failing');
      if (report.ok) {
        log.warn('the store works again');
        alerts().over('store', 'The store works again: messages are taken.');
      } else {
        log.error(report.sentence);
        alerts().raise('store', `The store fails, and messages are refused: ${report.sentence}`);
      }
    },
  });
