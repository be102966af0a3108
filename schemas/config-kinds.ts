/** What kinds of options there are, and how text in them must look. */
import { isIP } from 'node:net';

/** 10⁹: how far limits and heartbeats may be turned up (protocol section 8). */
export const BILLION = 1_000_000_000;
export const MIB = 1024 * 1024;

interface Described {
  /** The threat or trade-off the option answers. */
  readonly reason: string;
  /** Whether a running gateway takes a new value when it reloads. */
  readonly reloadable: boolean;
  /** What 0 means, where it means something else than a very small value. */
  readonly zero?: string;
}

export interface NumericOption extends Described {
  readonly default: number;
  /** When the option is not set, its value is this many times another option’s, not `default`. */
  readonly derived?: { readonly from: string; readonly factor: number };
  /** Smallest and largest allowed value, both included. */
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
}

/** How a text must look: a pattern, and the same in words. */
export interface TextRule {
  readonly pattern: RegExp;
  readonly expected: string;
  /** What is refused may be a secret that was written into the wrong place: nobody repeats it. */
  readonly unspoken?: true;
}

export interface IntegerOption extends NumericOption {
  readonly type: 'integer';
}
export interface NumberOption extends NumericOption {
  readonly type: 'number';
}
/** A whole number, or a word that stands for one which the gateway finds out by itself. */
export interface CountOption<W extends string = string> extends Described {
  readonly type: 'count';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  readonly word: W;
  /** What the word stands for. */
  readonly meaning: string;
}
export interface BooleanOption extends Described {
  readonly type: 'boolean';
  readonly default: boolean;
}
export interface StringOption extends Described {
  readonly type: 'string';
  readonly default: string;
  readonly rule: TextRule;
}
export interface StringsOption extends Described {
  readonly type: 'strings';
  readonly default: readonly string[];
  /** Holds for each member. */
  readonly rule: TextRule;
}
export interface EnumOption<V extends string = string> extends Described {
  readonly type: 'enum';
  readonly values: readonly V[];
  readonly default: V;
}

export type ConfigOption =
  | IntegerOption
  | NumberOption
  | CountOption
  | BooleanOption
  | StringOption
  | StringsOption
  | EnumOption;

/** What an option can hold. */
export type ConfigValue = number | boolean | string | readonly string[];

export const integer = (option: Omit<IntegerOption, 'type'>): IntegerOption => ({
  type: 'integer',
  ...option,
});
export const number = (option: Omit<NumberOption, 'type'>): NumberOption => ({ type: 'number', ...option });
export const countOr = <const W extends string>(
  word: W,
  option: Omit<CountOption<NoInfer<W>>, 'type' | 'word'>,
): CountOption<W> => ({ type: 'count', word, ...option });
export const boolean = (option: Omit<BooleanOption, 'type'>): BooleanOption => ({
  type: 'boolean',
  ...option,
});
export const string = (option: Omit<StringOption, 'type'>): StringOption => ({ type: 'string', ...option });
export const strings = (option: Omit<StringsOption, 'type'>): StringsOption => ({
  type: 'strings',
  ...option,
});
export const oneOf = <const V extends string>(
  values: readonly V[],
  option: Omit<EnumOption<NoInfer<V>>, 'type' | 'values'>,
): EnumOption<V> => ({ type: 'enum', values, ...option });

export const HOST: TextRule = {
  pattern: /^[A-Za-z0-9._:%-]{1,255}$/,
  expected: 'a host name or an IP address such as "127.0.0.1"',
};
export const FILE_PATH: TextRule = { pattern: /^[^\0]*$/, expected: 'the path of a file' };
export const TEXT: TextRule = { pattern: /^[^\0]{0,65536}$/, expected: 'a text of at most 65536 characters' };
export const ORIGIN: TextRule = {
  pattern: /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@A-Z*]+$/,
  expected: 'an origin in lower case such as "https://chat.example.org", with no path',
};
export const HOST_NAME: TextRule = {
  pattern: /^(?:[A-Za-z0-9._-]{1,253}|\[?[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?)$/,
  expected: 'a host name such as "chat.example.org", with no port',
};

/** Neither a password nor a query: keys have their own places, and this one is shown in the log. */
export const BASE_URL: TextRule = {
  pattern: /^(?:https?:\/\/[^\s?#@\\]+)?$/,
  expected: 'an http:// or https:// URL such as "http://127.0.0.1:11434/v1", with no password and no query',
  unspoken: true,
};
export const MODEL_NAME: TextRule = {
  pattern: /^[\x20-\x7e]{0,256}$/,
  expected: 'the name of a model such as "nomic-embed-text"',
};
export const VARIABLE_NAME: TextRule = {
  pattern: /^(?:[A-Za-z_][A-Za-z0-9_]*)?$/,
  expected: 'the name of an environment variable such as "OPENAI_API_KEY", not the key itself',
  unspoken: true,
};

/** Null: it is no URL that `fetch` could open. */
export const parseUrl = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null);

/** Does the URL lead to this machine and nowhere else? */
export const isLoopbackUrl = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);

export const TIME_ZONE: TextRule = {
  pattern: /^[A-Za-z0-9+_/-]{0,64}$/,
  expected: 'the name of a time zone such as "Europe/Berlin"',
};

/** Does the runtime know the time zone of that name? */
export const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== null;
  } catch {
    return false;
  }
};

export const ADDRESS_RANGE: TextRule = {
  pattern: /^[0-9A-Fa-f:.]{2,45}(?:\/\d{1,3})?$/,
  expected: 'an IP address or a range such as "10.0.0.0/8"',
};

/** Is it an address, or a range (RFC 4632) no longer than its kind of address? */
export const isAddressRange = (text: string): boolean => {
  const [address = '', bits = '0'] = text.split('/');
  const version = isIP(address);
  return ADDRESS_RANGE.pattern.test(text) && version !== 0 && Number(bits) <= (version === 4 ? 32 : 128);
};
