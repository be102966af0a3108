/** A conversation in the words of Anthropic's messages. */
import type { ContentBlockParam, MessageParam, Tool } from '@anthropic-ai/sdk/resources/messages';
import { argumentsOf, type Conversation } from './conversation.js';
import type { ReasoningStep } from './port.js';

const stepMessages = ({ text, outcomes }: ReasoningStep): MessageParam[] => {
  // A block of text without words is refused.
  const said: ContentBlockParam[] = text.trim() === '' ? [] : [{ type: 'text', text }];
  const asked = outcomes.map(
    ({ call: { id, name, argumentsJson } }): ContentBlockParam => ({
      type: 'tool_use',
      id,
      name,
      input: argumentsOf(argumentsJson),
    }),
  );
  const content = [...said, ...asked];
  if (content.length === 0) return [];
  const messages: MessageParam[] = [{ role: 'assistant', content }];
  if (outcomes.length > 0) {
    messages.push({
      role: 'user',
      content: outcomes.map(({ call, ok, content: result }) => ({
        type: 'tool_result',
        tool_use_id: call.id,
        content: result,
        is_error: !ok,
      })),
    });
  }
  return messages;
};

export const anthropicMessages = ({ turns, steps }: Conversation): MessageParam[] => [
  ...turns.map(({ role, content }): MessageParam => ({ role, content })),
  ...steps.flatMap(stepMessages),
];

export const anthropicTools = ({ tools }: Conversation): Tool[] =>
  tools.map(({ name, description, parameters }) => ({
    name,
    description,
    input_schema: { ...parameters, type: 'object' },
  }));
