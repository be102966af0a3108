/** For tests: a reasoning port on providers, which is closed with the test, and what it has told. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { ProviderNews } from './messages.js';
import type { ReasoningRequest } from './port.js';
import type { ReasoningSettings } from './settings.js';
import { openThreadedReasoning, type ThreadedReasoning } from './threaded.js';

export interface Opened {
  readonly reasoning: ThreadedReasoning;
  readonly news: ProviderNews[];
}

export const failure = (provider: string, retryable: boolean) => ({
  code: 5020,
  message: 'Reasoning failed',
  data: { provider, retryable },
});

export const openReasoning = (t: TestContext, settings: ReasoningSettings): Opened => {
  const news: ProviderNews[] = [];
  const reasoning = openThreadedReasoning({
    settings,
    failure,
    onFailure: (error) => assert.fail(error),
    onNews: (said) => news.push(said),
  });
  t.after(() => reasoning.close());
  return { reasoning, news };
};

export const asking = (message: string, rest: Partial<ReasoningRequest> = {}): ReasoningRequest => ({
  message,
  recalled: [],
  tools: [],
  steps: [],
  ...rest,
});
