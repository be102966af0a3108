/** A conversation in the words of OpenAI's chat completions. */
import type {
  ChatCompletionFunctionTool,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import { argumentsOf, type Conversation } from './conversation.js';
import type { ReasoningStep } from './port.js';
import { wellNamed } from './well-named.js';

const stepMessages = ({ text, outcomes }: ReasoningStep): ChatCompletionMessageParam[] => {
  if (outcomes.length === 0) return text.trim() === '' ? [] : [{ role: 'assistant', content: text }];
  return [
    {
      role: 'assistant',
      content: text === '' ? null : text,
      tool_calls: outcomes.map(({ call: { id, name, argumentsJson } }) => ({
        id,
        type: 'function',
        // Servers that put it into a template refuse what is no JSON.
        function: { name, arguments: JSON.stringify(argumentsOf(argumentsJson)) },
      })),
    },
    ...outcomes.map(
      ({ call, ok, content }): ChatCompletionMessageParam => ({
        role: 'tool',
        tool_call_id: call.id,
        content: ok ? content : `Error: ${content}`,
      }),
    ),
  ];
};

export const openaiMessages = ({ system, turns, steps }: Conversation): ChatCompletionMessageParam[] => [
  ...(system === '' ? [] : [{ role: 'system' as const, content: system }]),
  ...turns.map(({ role, content }): ChatCompletionMessageParam => ({ role, content })),
  ...wellNamed(steps).flatMap(stepMessages),
];

export const openaiTools = ({ tools }: Conversation): ChatCompletionFunctionTool[] =>
  tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: { name, description, parameters: { ...parameters } },
  }));
