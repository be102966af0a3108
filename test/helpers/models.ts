/** Providers of models for a gateway under test: a mock of both makers' servers, and the configuration that leads there. */
import type { TestContext } from 'node:test';
import { type ChatCompletionRequest, LLMock } from '@copilotkit/aimock';
import { engine } from './engine.js';
import { atEnd } from './gateway.js';

type Value = string | number | boolean;

/** Lines of a section. */
const lines = (set: Readonly<Record<string, Value>>): string =>
  Object.entries(set)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`)
    .join('');

/**
 * The text of a configuration file without a rate limit whose replies come from a provider.
 * @param reasoning keys of `[reasoning]`
 * @param rest further tables
 */
export const modelConfig = (reasoning: Readonly<Record<string, Value>>, rest = ''): string =>
  engine(
    0,
    { heartbeat_interval: 1, heartbeat_timeout: 60, heartbeat_max_missed: 60 },
    `[reasoning]\n${lines({ provider: 'openai-compatible', model: 'm', ...reasoning })}\n[log]\nlevel = "error"\n\n${rest}`,
  );

/** A table of `[reasoning]`'s, such as `fallback.first`. */
export const table = (name: string, set: Readonly<Record<string, Value>>): string =>
  `[reasoning.${name}]\n${lines(set)}\n`;

/** A mock of a provider, which is gone after the test. */
export const mockModels = async (t: TestContext, prepare: (server: LLMock) => void): Promise<LLMock> => {
  const server = new LLMock({ port: 0, logLevel: 'silent' });
  prepare(server);
  await server.start();
  atEnd(t, () => server.stop());
  return server;
};

/** The newest words of the user in a request. */
export const lastWords = ({ messages }: ChatCompletionRequest): string => {
  const content = messages.findLast(({ role }) => role === 'user')?.content;
  return typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join('');
};
