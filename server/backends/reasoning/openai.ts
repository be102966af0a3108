/** OpenAI, and everything that speaks like it, through OpenAI's SDK. */
import OpenAI from 'openai';
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import type { Conversation } from './conversation.js';
import { counted } from './estimate.js';
import { cutOff } from './failure.js';
import { guardedFetch } from './guarded-fetch.js';
import { openaiMessages, openaiTools } from './openai-messages.js';
import { endOf, type Listener, type Provider, type Said, SILENT_LOG } from './provider.js';
import { baseUrlOf, type ProviderSettings } from './settings.js';
import { ToolCallParts } from './tool-calls.js';

/** A chunk as it comes: servers leave out what they like. */
interface Chunk {
  readonly choices?: readonly {
    readonly delta?: {
      readonly content?: unknown;
      /** What it says instead of a reply that it does not want to give. */
      readonly refusal?: unknown;
      readonly reasoning_content?: unknown;
      readonly reasoning?: unknown;
      readonly tool_calls?: readonly {
        readonly index?: unknown;
        readonly id?: unknown;
        readonly function?: { readonly name?: unknown; readonly arguments?: unknown };
      }[];
    };
    readonly finish_reason?: unknown;
  }[];
  readonly usage?: { readonly prompt_tokens?: unknown; readonly completion_tokens?: unknown } | null;
}

/** What not every server takes. Each is found out once. */
interface Dialect {
  asksForUsage: boolean;
  maxTokensName: 'max_tokens' | 'max_completion_tokens';
}

export const openOpenAI = (settings: ProviderSettings): Provider => {
  const client = new OpenAI({
    // Nothing is taken from the environment.
    apiKey: settings.apiKey ?? 'none',
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    baseURL: baseUrlOf(settings),
    maxRetries: 0,
    fetch: guardedFetch,
    ...(settings.apiKey === null ? { defaultHeaders: { Authorization: null } } : {}),
    ...SILENT_LOG,
  });
  const dialect: Dialect = {
    asksForUsage: true,
    // OpenAI's newer models refuse the old name, and most other servers do not know the new one.
    maxTokensName: settings.baseUrl === null ? 'max_completion_tokens' : 'max_tokens',
  };

  const bodyOf = (conversation: Conversation): ChatCompletionCreateParamsStreaming => {
    const { maxOutputTokens, temperature, tools } = conversation;
    return {
      model: settings.model,
      messages: openaiMessages(conversation),
      stream: true,
      ...(dialect.asksForUsage ? { stream_options: { include_usage: true } } : {}),
      ...(maxOutputTokens === null ? {} : { [dialect.maxTokensName]: maxOutputTokens }),
      ...(temperature === null ? {} : { temperature }),
      ...(tools.length === 0 ? {} : { tools: openaiTools(conversation) }),
    };
  };

  /** Begins a stream; where the server does not take something that can be left out, it is asked without that. */
  const begin = async (conversation: Conversation, signal: AbortSignal): Promise<AsyncIterable<unknown>> => {
    for (;;) {
      try {
        return await client.chat.completions.create(bodyOf(conversation), { signal });
      } catch (error) {
        if (signal.aborted || !adapt(dialect, error)) throw error;
      }
    }
  };

  return {
    stream: async (conversation, listener, signal) => hear(await begin(conversation, signal), listener),
  };
};

/** False: there is nothing to be learnt from the refusal. */
const adapt = (dialect: Dialect, error: unknown): boolean => {
  const status = error instanceof Error && 'status' in error ? error.status : null;
  if (status !== 400 && status !== 422) return false;
  const { message } = error as Error;
  if (dialect.asksForUsage && /stream_options|include_usage/.test(message)) {
    dialect.asksForUsage = false;
    return true;
  }
  if (dialect.maxTokensName === 'max_tokens' && /max_completion_tokens/.test(message)) {
    dialect.maxTokensName = 'max_completion_tokens';
    return true;
  }
  return false;
};

const hear = async (stream: AsyncIterable<unknown>, listener: Listener): Promise<Said> => {
  const parts = new ToolCallParts();
  let finish: string | null = null;
  let inputTokens: number | null = null;
  let outputTokens: number | null = null;
  const said = (): Said => ({
    ...endOf(finish === 'length', parts.calls()),
    inputTokens,
    outputTokens,
  });
  try {
    for await (const event of stream) {
      const { choices, usage } = event as Chunk;
      if (usage !== undefined && usage !== null) {
        inputTokens = counted(usage.prompt_tokens) ?? inputTokens;
        outputTokens = counted(usage.completion_tokens) ?? outputTokens;
      }
      const choice = choices?.[0];
      if (choice === undefined) continue;
      const { delta } = choice;
      if (delta !== undefined && delta !== null) {
        const { content, refusal, tool_calls, reasoning_content, reasoning } = delta;
        const text = content || refusal;
        if (typeof text === 'string' && text !== '') {
          const room = listener.text(text);
          if (room !== null) await room;
        } else if (tool_calls !== undefined && tool_calls !== null) {
          for (const { index, id, function: called } of tool_calls) {
            parts.add({ index, id, name: called?.name, arguments: called?.arguments });
          }
          listener.alive();
        } else if (reasoning_content || reasoning) {
          listener.alive();
        }
      }
      if (typeof choice.finish_reason === 'string') {
        finish = choice.finish_reason;
        listener.over();
      }
    }
  } catch (error) {
    // Whatever came behind its end, the reply is whole.
    if (finish === null) throw error;
  }
  // The SDK ends an aborted stream, and one that was cut within an event, like one that is over.
  if (finish === null) throw cutOff();
  return said();
};
