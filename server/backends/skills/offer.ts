/** What a server lists, read with suspicion: what is too large, too deep or oddly named is no tool. */
import { deeperThan } from '../../../schemas/json-bounds.js';
import { ServerFailure } from './failure.js';
import type { OfferedTool } from './pin.js';

export const MAX_TOOLS = 512;
const MAX_TOOL_BYTES = 64 * 1024;
const MAX_LIST_BYTES = 512 * 1024;
/** Of a schema: what everybody's recursion bears. */
const MAX_DEPTH = 32;
/** MCP wants fewer kinds of characters; all of them can be seen and stand in one line. */
const NAME = /^[\x21-\x7e]{1,128}$/;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const readTool = (listed: unknown): OfferedTool | null => {
  if (!isRecord(listed)) return null;
  const { name, description = '', inputSchema } = listed;
  if (typeof name !== 'string' || !NAME.test(name)) return null;
  if (typeof description !== 'string' || !isRecord(inputSchema)) return null;
  const { type = 'object' } = inputSchema;
  if (type !== 'object' || deeperThan(inputSchema, MAX_DEPTH)) return null;
  return { name, description: description.toWellFormed(), parameters: { ...inputSchema, type } };
};

/** The usable ones, each name once, in the order of names. @throws ServerFailure where that is too much */
export const readTools = (listed: readonly unknown[]): readonly OfferedTool[] => {
  if (listed.length > MAX_TOOLS) throw new ServerFailure(`lists more than ${MAX_TOOLS} tools`);
  const tools = new Map<string, OfferedTool>();
  let bytes = 0;
  for (const each of listed) {
    const tool = readTool(each);
    if (tool === null || tools.has(tool.name)) continue;
    const size = Buffer.byteLength(JSON.stringify(tool));
    if (size > MAX_TOOL_BYTES) continue;
    bytes += size;
    if (bytes > MAX_LIST_BYTES)
      throw new ServerFailure(`lists more than ${MAX_LIST_BYTES / 1024} KiB of tools`);
    tools.set(tool.name, tool);
  }
  return [...tools.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
};
