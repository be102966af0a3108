/**
 * What a model is offered: the skills it may ask for now, as it is to write them. Bounded, because everything offered is
 * sent with every step and read by the model: providers refuse more than so many, and then there is no reply at all.
 */
import type { ToolDefinition } from '../../backends/reasoning/port.js';
import type { SkillInfo } from '../../backends/skills/port.js';

/** What OpenAI takes. */
const MAX_TOOLS = 128;
/** Of names, descriptions and schemas as JSON. */
const MAX_BYTES = 256 * 1024;

/** What every skill can be asked for besides its own arguments, unless it has one of that name. */
export const BACKGROUND = 'background';
const BACKGROUND_SCHEMA = {
  type: 'boolean',
  description:
    'true: do not wait for it; the user is notified when it has ended, and its result is not told here.',
};

type Schema = SkillInfo['parameters'];

const propertiesOf = ({ properties }: Schema): { readonly [name: string]: unknown } =>
  typeof properties === 'object' && properties !== null ? { ...properties } : {};

/** `background` is an argument of the skill itself. */
export const hasOwnBackground = ({ parameters }: SkillInfo): boolean =>
  Object.hasOwn(propertiesOf(parameters), BACKGROUND);

const toolOf = (skill: SkillInfo): ToolDefinition => {
  const { toolName, description, parameters } = skill;
  const properties = { ...propertiesOf(parameters), [BACKGROUND]: BACKGROUND_SCHEMA };
  return {
    name: toolName,
    description,
    parameters: hasOwnBackground(skill) ? parameters : { ...parameters, properties },
  };
};

export interface Offer {
  readonly tools: readonly ToolDefinition[];
  /** Skills that could be used and found no room. */
  readonly leftOut: number;
}

/** Of `skills`, those that can be used now, the first ones where there are too many. */
export const offerOf = (skills: readonly SkillInfo[]): Offer => {
  const ready = skills.filter(({ state }) => state === 'ready');
  const tools: ToolDefinition[] = [];
  let bytes = 0;
  for (const skill of ready) {
    if (tools.length === MAX_TOOLS) break;
    const tool = toolOf(skill);
    const size = Buffer.byteLength(JSON.stringify(tool));
    if (bytes + size > MAX_BYTES) continue;
    bytes += size;
    tools.push(tool);
  }
  return { tools, leftOut: ready.length - tools.length };
};
