/** One value against its option: is it allowed, and if not, how to say so. */
import { type ConfigKey, type ConfigOption, type ConfigValue, configOption } from '../../schemas/config.js';
import { quote } from './quote.js';

export type Checked = { readonly value: ConfigValue } | { readonly problem: string };

/**
 * Checks a value as it came out of a TOML parser.
 *
 * @returns the value, or a clause that follows the place it stands in: `gateway.port must be …, but is …`.
 */
export function checkValue(key: ConfigKey, raw: unknown): Checked {
  const option = configOption(key);
  const value = accept(option, raw);
  if (value !== null) return { value };
  const hasRule = option.type === 'string' || option.type === 'strings';
  const shown = hasRule && option.rule.unspoken ? 'something else' : describe(raw);
  return { problem: `${key} must be ${expected(option)}, but is ${shown}` };
}

/**
 * Checks a value written as text: in a variable, a flag or an argument. Lists are written
 * `a,b` or as a JSON array; a list's member that holds a comma needs the array.
 */
export function checkText(key: ConfigKey, text: string): Checked {
  return checkValue(key, fromText(configOption(key), text));
}

/** What an option accepts, in words: `an integer from 0 to 65535`. */
export function expected(option: ConfigOption): string {
  switch (option.type) {
    case 'integer':
      return `an integer from ${option.min} to ${option.max}`;
    case 'number':
      return `a number from ${option.min} to ${option.max}`;
    case 'count':
      return `an integer from ${option.min} to ${option.max}, or "${option.word}"`;
    case 'boolean':
      return 'true or false';
    case 'enum': {
      const names = option.values.map((value) => JSON.stringify(value));
      return names.length === 1 ? String(names[0]) : `one of ${names.join(', ')}`;
    }
    case 'string':
      return option.rule.expected;
    case 'strings':
      return `a list of strings, each ${option.rule.expected}`;
  }
}

function accept(option: ConfigOption, raw: unknown): ConfigValue | null {
  switch (option.type) {
    case 'integer':
    case 'number': {
      if (typeof raw !== 'number' || !(raw >= option.min && raw <= option.max)) return null;
      if (option.type === 'integer' && !Number.isInteger(raw)) return null;
      return raw === 0 ? 0 : raw; // −0 would be printed as such
    }
    case 'count':
      if (raw === option.word) return option.word;
      return Number.isInteger(raw) && Number(raw) >= option.min && Number(raw) <= option.max
        ? Number(raw)
        : null;
    case 'boolean':
      return typeof raw === 'boolean' ? raw : null;
    case 'enum':
      return typeof raw === 'string' && option.values.includes(raw) ? raw : null;
    case 'string':
      return typeof raw === 'string' && option.rule.pattern.test(raw) ? raw : null;
    case 'strings': {
      const isMember = (item: unknown): item is string =>
        typeof item === 'string' && option.rule.pattern.test(item);
      return Array.isArray(raw) && raw.every(isMember) ? raw : null;
    }
  }
}

/** Text that is not of the option's type stays text, so that the check names it as it was typed. */
function fromText(option: ConfigOption, text: string): unknown {
  switch (option.type) {
    case 'integer':
    case 'number':
    case 'count':
      return /^[+-]?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'string':
    case 'enum':
      return text;
    case 'strings': {
      if (!text.trimStart().startsWith('[')) {
        return text.split(',').flatMap((item) => (item.trim() === '' ? [] : [item.trim()]));
      }
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
    }
  }
}

function describe(raw: unknown): string {
  switch (typeof raw) {
    case 'string':
      return raw === '' ? 'empty' : quote(raw);
    case 'number':
    case 'boolean':
      return String(raw);
    case 'bigint':
      return quote(String(raw)).slice(1, -1);
    default:
      if (raw instanceof Date) return 'a date';
      if (Array.isArray(raw))
        return `the list ${quote(JSON.stringify(raw, (_, v) => (typeof v === 'bigint' ? String(v) : v)))}`;
      return 'a section';
  }
}
