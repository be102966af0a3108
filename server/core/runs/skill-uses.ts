/** What is kept of the skills that a reply has used: enough to see later what was asked and what came of it, within bounds. */

import { PROTOCOL } from '../../../schemas/codes.js';
import { deeperThan, hasHalfCharacter } from '../../../schemas/json-bounds.js';
import type { SkillUse } from '../../backends/memory/port.js';
import type { SkillArguments } from '../skills/arguments.js';

/** Of arguments as JSON, and of what came of a call. */
const MAX_SHOWN_CHARS = 1000;
/** Of the arguments, inside of what surrounds them. */
const MAX_DEPTH = PROTOCOL.maxMetadataDepth - 4;
const UNKNOWN_END = 'The gateway was ended before it had a result.';
/** What surrounds the uses of a reply. */
const FRAME_BYTES = 16;

const cut = (text: string): string =>
  text.length <= MAX_SHOWN_CHARS ? text : `${text.slice(0, MAX_SHOWN_CHARS).toWellFormed()}…`;

export interface BegunSkill {
  readonly invocationId: string;
  readonly skill: string;
  readonly arguments: SkillArguments;
}

export interface UsedSkill extends BegunSkill {
  readonly ok: boolean;
  readonly content: string;
}

const shown = ({ invocationId, skill, arguments: args, ok, content }: UsedSkill): SkillUse => {
  const json = JSON.stringify(args);
  const isShown = json.length <= MAX_SHOWN_CHARS && !deeperThan(args, MAX_DEPTH) && !hasHalfCharacter(json);
  return {
    invocation_id: invocationId,
    skill,
    ...(isShown ? { arguments: args } : {}),
    ok,
    content: cut(content.toWellFormed()),
  };
};

const bytesOf = (use: SkillUse): number => Buffer.byteLength(JSON.stringify(use)) + 1;

export class SkillUses {
  readonly #uses: SkillUse[] = [];
  #bytes = FRAME_BYTES;
  readonly #open = new Map<string, BegunSkill>();

  begin(skill: BegunSkill): void {
    this.#open.set(skill.invocationId, skill);
  }

  /** Nothing happens where it has ended already. */
  end(invocationId: string, ok: boolean, content: string): void {
    const begun = this.#open.get(invocationId);
    if (this.#open.delete(invocationId) && begun !== undefined) this.add({ ...begun, ok, content });
  }

  /** Those that have begun and not ended may have done something, so they count as used. */
  endAll(content: string): void {
    for (const invocationId of [...this.#open.keys()]) this.end(invocationId, false, content);
  }

  /** Of what no longer fits, nothing is kept. */
  add(used: UsedSkill): void {
    const use = shown(used);
    const bytes = bytesOf(use);
    if (this.#bytes + bytes > PROTOCOL.maxMetadataBytes) return;
    this.#bytes += bytes;
    this.#uses.push(use);
  }

  /** What there is to tell if nothing more is heard of this reply. */
  get soFar(): readonly SkillUse[] {
    let bytes = this.#bytes;
    const open = [...this.#open.values()]
      .map((begun) => shown({ ...begun, ok: false, content: UNKNOWN_END }))
      .filter((use) => {
        bytes += bytesOf(use);
        return bytes <= PROTOCOL.maxMetadataBytes;
      });
    return [...this.#uses, ...open];
  }

  /** In the order in which they ended; null: none was used. */
  get all(): readonly SkillUse[] | null {
    return this.#uses.length === 0 ? null : this.#uses;
  }
}
