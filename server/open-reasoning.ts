/** The reasoning thread, and who hears how its providers do. */
import type { GatewayMetrics } from '../metrics/metrics.js';
import type { ReasoningSettings } from './backends/reasoning/settings.js';
import { openThreadedReasoning, type ThreadedReasoning } from './backends/reasoning/threaded.js';
import type { Alerts } from './core/notifications/alerts.js';
import { reasoningFailed } from './core/runs/completion.js';
import type { EventLog } from './ops/event-log.js';
import type { Health } from './ops/health.js';

export interface OpenReasoningOptions {
  readonly settings: ReasoningSettings;
  /** They come to be later than what they tell of. */
  readonly alerts: () => Alerts;
  readonly health: Health;
  readonly metrics: GatewayMetrics;
  readonly events: EventLog;
  readonly onFault: (what: string, error: unknown) => void;
}

export const openReasoning = ({
  settings,
  alerts,
  health,
  metrics,
  events,
  onFault,
}: OpenReasoningOptions): ThreadedReasoning =>
  openThreadedReasoning({
    settings,
    failure: reasoningFailed,
    onFailure: (error) => onFault('reasoning', error),
    onProviderCall: ({ section, outcome }) => {
      const calls = metrics.providerCalls[section];
      if (calls !== undefined) calls[outcome] += 1;
    },
    onNews: ({ section, state, sentence, detail }) => {
      events.provider(section, detail, sentence);
      if (state === 'down') {
        // Not more than that: one outage would take every gateway out.
        health.set(section, 'degraded');
        alerts().raise(section, sentence);
      } else if (state !== 'failed') {
        health.forget(section);
        alerts().over(section, sentence);
      }
    },
  });
