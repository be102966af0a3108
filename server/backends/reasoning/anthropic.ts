/** Anthropic, and everything that speaks like it, through Anthropic's SDK. */
import Anthropic from '@anthropic-ai/sdk';
import { anthropicMessages, anthropicTools } from './anthropic-messages.js';
import { namedBack } from './anthropic-schemas.js';
import { counted } from './estimate.js';
import { cutOff } from './failure.js';
import { guardedFetch } from './guarded-fetch.js';
import { endOf, type Listener, type Provider, type Said, SILENT_LOG } from './provider.js';
import { baseUrlOf, type ProviderSettings } from './settings.js';
import { ToolCallParts } from './tool-calls.js';

/** The API wants a number; every model takes this one. */
const DEFAULT_MAX_TOKENS = 4096;

/** An event as it comes, of any type. */
interface Event {
  readonly type?: unknown;
  readonly index?: unknown;
  readonly message?: { readonly usage?: TokenCounts };
  readonly content_block?: {
    readonly type?: unknown;
    readonly id?: unknown;
    readonly name?: unknown;
    readonly text?: unknown;
  };
  readonly delta?: {
    readonly text?: unknown;
    readonly partial_json?: unknown;
    readonly stop_reason?: unknown;
  };
  readonly usage?: TokenCounts;
}

interface TokenCounts {
  readonly input_tokens?: unknown;
  readonly cache_creation_input_tokens?: unknown;
  readonly cache_read_input_tokens?: unknown;
  readonly output_tokens?: unknown;
}

/** Cached or not, it was read. */
const inputOf = (usage: TokenCounts | undefined): number | null => {
  const fresh = counted(usage?.input_tokens);
  if (fresh === null) return null;
  return (
    fresh +
    (counted(usage?.cache_creation_input_tokens) ?? 0) +
    (counted(usage?.cache_read_input_tokens) ?? 0)
  );
};

export const openAnthropic = (settings: ProviderSettings): Provider => {
  const client = new Anthropic({
    // Nothing is taken from the environment.
    apiKey: settings.apiKey ?? 'none',
    authToken: null,
    baseURL: baseUrlOf(settings),
    maxRetries: 0,
    fetch: guardedFetch,
    ...(settings.apiKey === null ? { defaultHeaders: { Authorization: null } } : {}),
    ...SILENT_LOG,
  });
  return {
    stream: async (conversation, listener, signal) => {
      const { system, maxOutputTokens, temperature } = conversation;
      const stream = await client.messages.create(
        {
          model: settings.model,
          max_tokens: maxOutputTokens ?? DEFAULT_MAX_TOKENS,
          messages: anthropicMessages(conversation),
          stream: true,
          ...(system === '' ? {} : { system }),
          // Its scale ends at 1.
          ...(temperature === null ? {} : { temperature: Math.min(1, temperature) }),
          ...anthropicTools(conversation),
        },
        { signal },
      );
      const said = await hear(stream, listener);
      return { ...said, toolCalls: namedBack(said.toolCalls, conversation.tools) };
    },
  };
};

const hear = async (stream: AsyncIterable<unknown>, listener: Listener): Promise<Said> => {
  const parts = new ToolCallParts();
  let stopReason: string | null = null;
  let isOver = false;
  let inputTokens: number | null = null;
  let outputTokens: number | null = null;
  try {
    for await (const raw of stream) {
      const event = raw as Event;
      switch (event.type) {
        case 'message_start':
          inputTokens = inputOf(event.message?.usage);
          break;
        case 'content_block_start': {
          const { type, id, name, text } = event.content_block ?? {};
          if (type === 'tool_use') {
            parts.add({ index: event.index, id, name, arguments: '' });
            listener.alive();
          } else if (typeof text === 'string' && text !== '') {
            await listener.text(text);
          }
          break;
        }
        case 'content_block_delta': {
          const { text, partial_json } = event.delta ?? {};
          if (typeof text === 'string' && text !== '') {
            const room = listener.text(text);
            if (room !== null) await room;
            break;
          }
          if (typeof partial_json === 'string') {
            parts.add({ index: event.index, id: undefined, name: undefined, arguments: partial_json });
          }
          listener.alive();
          break;
        }
        case 'message_delta':
          if (typeof event.delta?.stop_reason === 'string') {
            stopReason = event.delta.stop_reason;
            listener.over();
          }
          inputTokens = inputOf(event.usage) ?? inputTokens;
          outputTokens = counted(event.usage?.output_tokens) ?? outputTokens;
          break;
        case 'message_stop':
          isOver = true;
          break;
      }
    }
  } catch (error) {
    // Whatever came behind its end, the reply is whole.
    if (stopReason === null) throw error;
  }
  // The SDK ends an aborted stream, and one that was cut within an event, like one that is over.
  if (stopReason === null && !isOver) throw cutOff();
  const isCut = stopReason === 'max_tokens' || stopReason === 'model_context_window_exceeded';
  return { ...endOf(isCut, parts.calls()), inputTokens, outputTokens };
};
