/** A conversation in the words of Anthropic's messages. */
import type {
  ContentBlockParam,
  MessageCreateParamsBase,
  MessageParam,
  Tool,
} from '@anthropic-ai/sdk/resources/messages';
import { anthropicSchema } from './anthropic-schemas.js';
import { argumentsOf, type Conversation } from './conversation.js';
import type { ReasoningStep, ToolDefinition } from './port.js';
import { plain, wellNamed } from './well-named.js';

/** Ids are held to the same letters as names. */
const named = (steps: readonly ReasoningStep[]): readonly ReasoningStep[] => wellNamed(steps, plain);

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
  ...named(steps).flatMap(stepMessages),
];

const toolOf = ({ name, description, parameters }: ToolDefinition): Tool => ({
  name,
  description,
  input_schema: anthropicSchema(parameters),
});

/** What the model may ask for. Where it may not any more, what it has asked for has to be there all the same. */
export const anthropicTools = ({
  tools,
  steps,
}: Conversation): Pick<MessageCreateParamsBase, 'tools' | 'tool_choice'> => {
  if (tools.length > 0) return { tools: tools.map(toolOf) };
  const asked = new Set(named(steps).flatMap(({ outcomes }) => outcomes.map(({ call }) => call.name)));
  if (asked.size === 0) return {};
  const parameters = { type: 'object' };
  return {
    tools: [...asked].map((name) => toolOf({ name, description: 'Not there any more.', parameters })),
    tool_choice: { type: 'none' },
  };
};
