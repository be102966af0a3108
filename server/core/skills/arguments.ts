/** What a model or an operator wrote for arguments, before anybody looks at the skill. */
import { deeperThan } from '../../../schemas/json-bounds.js';

/** Of the arguments as JSON. */
const MAX_BYTES = 64 * 1024;
const MAX_DEPTH = 32;

export type SkillArguments = { readonly [key: string]: unknown };
export type ReadArguments =
  | { readonly ok: true; readonly arguments: SkillArguments }
  /** One sentence. */
  | { readonly ok: false; readonly problem: string };

const refuse = (problem: string): ReadArguments => ({ ok: false, problem });

const isObject = (value: unknown): value is SkillArguments =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Arguments that have been parsed already. */
export const checkArguments = (value: SkillArguments): ReadArguments => {
  if (deeperThan(value, MAX_DEPTH))
    return refuse(`The arguments are nested deeper than ${MAX_DEPTH} levels.`);
  const json = JSON.stringify(value);
  return Buffer.byteLength(json) > MAX_BYTES
    ? refuse(`The arguments are larger than ${MAX_BYTES / 1024} KiB.`)
    : { ok: true, arguments: value };
};

/** As a model writes them: meant to be JSON. Nothing at all means none. */
export const readArguments = (json: string): ReadArguments => {
  if (json.trim() === '') return { ok: true, arguments: {} };
  if (Buffer.byteLength(json) > MAX_BYTES)
    return refuse(`The arguments are larger than ${MAX_BYTES / 1024} KiB.`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return refuse('The arguments are no JSON.');
  }
  return isObject(value) ? checkArguments(value) : refuse('The arguments are no JSON object.');
};
