/** Calls of tools, put together from the fragments in which a provider streams them. */
import { ProviderFailure } from './failure.js';
import type { ToolCall } from './port.js';

/** In one step; more is a model that has lost itself. */
const MAX_CALLS = 128;
/** Of all calls of a step together: arguments, names and ids. */
const MAX_UNITS = 4 * 1024 * 1024;

interface Growing {
  id: string;
  name: string;
  argumentsJson: string;
}

/** A fragment as it comes: everything in it may be missing, or be something else. */
export interface Fragment {
  readonly index: unknown;
  readonly id: unknown;
  readonly name: unknown;
  readonly arguments: unknown;
}

export class ToolCallParts {
  readonly #calls: Growing[] = [];
  /** Which call is meant by a provider's number; some number every call 0, and some none. */
  readonly #byIndex = new Map<number, Growing>();
  #last: Growing | null = null;
  #units = 0;

  /** @throws ProviderFailure where it becomes more than any model has to say */
  add({ index, id, name, arguments: piece }: Fragment): void {
    const call = this.#callOf(index, typeof id === 'string' ? id : '', name);
    if (call.id === '' && typeof id === 'string') call.id = this.#counted(id);
    if (call.name === '' && typeof name === 'string') call.name = this.#counted(name);
    if (typeof piece === 'string') call.argumentsJson += this.#counted(piece);
    if (this.#calls.length > MAX_CALLS || this.#units > MAX_UNITS) {
      throw new ProviderFailure('asked for more tools at once than anybody can call', {
        transient: false,
        counts: true,
      });
    }
  }

  #counted(text: string): string {
    this.#units += text.length;
    return text;
  }

  #callOf(index: unknown, id: string, name: unknown): Growing {
    const numbered = typeof index === 'number' ? this.#byIndex.get(index) : (this.#last ?? undefined);
    const isAnother =
      numbered === undefined ||
      (id !== '' && numbered.id !== '' && numbered.id !== id) ||
      // Without a number and without an id, a name begins another call.
      (typeof index !== 'number' && id === '' && typeof name === 'string' && name !== '');
    if (!isAnother) return numbered;
    const call: Growing = { id: '', name: '', argumentsJson: '' };
    this.#calls.push(call);
    if (typeof index === 'number') this.#byIndex.set(index, call);
    this.#last = call;
    return call;
  }

  /** In the order in which they began. One without a name cannot be called and is left out. */
  calls(): readonly ToolCall[] {
    return this.#calls
      .filter(({ name }) => name !== '')
      .map(({ id, name, argumentsJson }, at) => ({
        id: id === '' ? `call_${at}` : id,
        name,
        argumentsJson: argumentsJson.trim() === '' ? '{}' : argumentsJson,
      }));
  }
}
