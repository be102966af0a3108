/** The reasoning thread, and who hears how its providers do. */
import type { ReasoningSettings } from './backends/reasoning/settings.js';
import { openThreadedReasoning, type ThreadedReasoning } from './backends/reasoning/threaded.js';
import type { Alerts } from './core/notifications/alerts.js';
import { reasoningFailed } from './core/runs/completion.js';
import type { EventLog } from './ops/event-log.js';

export interface OpenReasoningOptions {
  readonly settings: ReasoningSettings;
  /** They come to be later than what they tell of. */
  readonly alerts: () => Alerts;
  readonly events: EventLog;
  readonly onFault: (what: string, error: unknown) => void;
}

export const openReasoning = ({
  settings,
  alerts,
  events,
  onFault,
}: OpenReasoningOptions): ThreadedReasoning =>
  openThreadedReasoning({
    settings,
    failure: reasoningFailed,
    onFailure: (error) => onFault('reasoning', error),
    onNews: ({ section, state, sentence, detail }) => {
      events.provider(section, detail, sentence);
      if (state === 'down') alerts().raise(section, sentence);
      else if (state !== 'failed') alerts().over(section, sentence);
    },
  });
