/** Members of a JSON object that came from outside, each taken out as what it must be. */

import { PROTOCOL } from '../../../schemas/codes.js';
import { deeperThan, hasHalfCharacter } from '../../../schemas/json-bounds.js';
import type { Metadata } from './port.js';

/** A text is no line of an export; the message says why in a few words. */
export class LineError extends Error {
  override readonly name = 'LineError';
}

/** Nothing comes near it, and every seq behind it is still a safe integer. */
const MAX_SEQ = 1e12;
const TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;
/** Each method throws {@link LineError}, naming the member, where it is not as the method's name says. */
export class Fields {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #taken = new Set<string>();

  private constructor(object: object, path: string) {
    this.#object = object as Readonly<Record<string, unknown>>;
    this.#path = path;
  }

  static parse(text: string): Fields {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new LineError('it is not JSON');
    }
    if (!isObject(value)) throw new LineError('it is not a JSON object');
    return new Fields(value, '');
  }

  id(name: string, maxLength = 64): string {
    const value = this.#take(name);
    if (typeof value === 'string' && value.length <= maxLength && /^[A-Za-z0-9._:-]+$/.test(value))
      return value;
    throw this.#wrong(name, `is not 1 to ${maxLength} of A-Z a-z 0-9 . _ : -`);
  }

  /** Any text of at most so many characters; lone surrogates are none. */
  text(name: string, maxLength = Number.POSITIVE_INFINITY): string {
    const value = this.#take(name);
    if (typeof value !== 'string') throw this.#wrong(name, 'is not a string');
    if (!value.isWellFormed()) throw this.#wrong(name, 'has half a character (a lone surrogate)');
    if (value.length > maxLength && [...value].length > maxLength) {
      throw this.#wrong(name, `has more than ${maxLength} characters`);
    }
    return value;
  }

  integer(name: string): number {
    const value = this.#take(name);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw this.#wrong(name, 'is not a whole number');
  }

  /** A whole number, not negative. */
  count(name: string): number {
    const value = this.integer(name);
    if (value < 0) throw this.#wrong(name, 'is negative');
    return value;
  }

  seq(name: string): number {
    const value = this.integer(name);
    if (value < 1 || value > MAX_SEQ) throw this.#wrong(name, `is not between 1 and ${MAX_SEQ}`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.#take(name);
    if (typeof value !== 'boolean') throw this.#wrong(name, 'is neither true nor false');
    return value;
  }

  oneOf<const T extends string>(name: string, values: readonly T[]): T {
    const value = this.#take(name);
    const found = values.find((each) => each === value);
    if (found === undefined) throw this.#wrong(name, `is none of ${values.join(', ')}`);
    return found;
  }

  /** An RFC 3339 time since 1970, in milliseconds. */
  time(name: string): number {
    const value = this.#take(name);
    const ms = typeof value === 'string' && TIME.test(value) ? Date.parse(value) : Number.NaN;
    if (!(ms >= 0)) throw this.#wrong(name, 'is no time such as 2026-03-20T10:15:23.000Z');
    return ms;
  }

  /** A free-form object within the protocol's limits (section 4). */
  metadata(name: string): Metadata {
    const object = this.nested(name).#object;
    if (deeperThan(object, PROTOCOL.maxMetadataDepth)) {
      throw this.#wrong(name, `is nested deeper than ${PROTOCOL.maxMetadataDepth} levels`);
    }
    const json = JSON.stringify(object);
    if (Buffer.byteLength(json) > PROTOCOL.maxMetadataBytes) {
      throw this.#wrong(name, `is larger than ${PROTOCOL.maxMetadataBytes} bytes`);
    }
    if (hasHalfCharacter(json)) throw this.#wrong(name, 'has half a character (a lone surrogate)');
    return object;
  }

  nested(name: string): Fields {
    const value = this.#take(name);
    if (!isObject(value)) throw this.#wrong(name, 'is not an object');
    return new Fields(value, `${this.#path}${name}.`);
  }

  /** A list of objects, each to be read like {@link nested}. */
  list(name: string): readonly Fields[] {
    const value = this.#take(name);
    if (!Array.isArray(value) || !value.every(isObject)) throw this.#wrong(name, 'is not a list of objects');
    return value.map((each) => new Fields(each, `${this.#path}${name}.`));
  }

  /** Null where there is no member of that name. */
  optional<T>(name: string, read: (name: string) => T): T | null {
    return Object.hasOwn(this.#object, name) ? read(name) : null;
  }

  /** What nobody has taken would be lost. */
  refuseOthers(): void {
    for (const name of Object.keys(this.#object)) {
      if (!this.#taken.has(name)) throw new LineError('it has a member that is not known here');
    }
  }

  #take(name: string): unknown {
    if (!Object.hasOwn(this.#object, name)) throw this.#wrong(name, 'is missing');
    this.#taken.add(name);
    return this.#object[name];
  }

  #wrong(name: string, what: string): LineError {
    return new LineError(`${this.#path}${name} ${what}`);
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
