/**
 * What a server offered when it was first used, or approved: a hash of each tool, and one of all. A server that offers
 * anything else is not used until somebody has looked at it (a tool that changes its description after it was trusted
 * can make a model do what nobody agreed to).
 */
import { createHash } from 'node:crypto';

/** The part of a tool that a model sees, and that its arguments are checked by. */
export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: { readonly [key: string]: unknown };
}

export interface Pin {
  readonly hash: string;
  /** A hash of each tool, by its name. */
  readonly tools: Readonly<Record<string, string>>;
}

export interface PinDifference {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** Keeps pins over restarts. */
export interface PinStore {
  get(server: string): Pin | null;
  /** Resolves once it would survive a power loss. Rejects where it cannot be kept. */
  set(server: string, pin: Pin): Promise<void>;
}

/** JSON with the members of every object in one order. `value` came out of a JSON parser and is not deep. */
const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
};

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The order of the tools, and of the members of their schemas, makes no difference. */
export const pinOf = (tools: readonly OfferedTool[]): Pin => {
  const hashes = tools
    .map(({ name, description, parameters }): readonly [string, string] => [
      name,
      hashOf(canonicalJson([name, description, parameters])),
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return { hash: hashOf(JSON.stringify(hashes)), tools: Object.fromEntries(hashes) };
};

export const differenceOf = (pinned: Pin, offered: Pin): PinDifference => {
  const was = new Map(Object.entries(pinned.tools));
  const is = new Map(Object.entries(offered.tools));
  return {
    added: [...is.keys()].filter((name) => !was.has(name)),
    changed: [...is].filter(([name, hash]) => was.has(name) && was.get(name) !== hash).map(([name]) => name),
    removed: [...was.keys()].filter((name) => !is.has(name)),
  };
};
