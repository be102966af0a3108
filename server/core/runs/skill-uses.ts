/** What is kept of the skills that a reply has used: enough to see later what was asked and what came of it, within bounds. */

import { PROTOCOL } from '../../../schemas/codes.js';
import { deeperThan, hasHalfCharacter } from '../../../schemas/json-bounds.js';
import type { SkillUse } from '../../backends/memory/port.js';
import type { SkillArguments } from '../skills/arguments.js';

/** Of arguments as JSON, and of what came of a call. */
const MAX_SHOWN_CHARS = 1000;
/** Of the arguments, inside of what surrounds them. */
const MAX_DEPTH = PROTOCOL.maxMetadataDepth - 4;
/** What surrounds the uses of a reply. */
const FRAME_BYTES = 16;

const cut = (text: string): string =>
  text.length <= MAX_SHOWN_CHARS ? text : `${text.slice(0, MAX_SHOWN_CHARS).toWellFormed()}…`;

export interface UsedSkill {
  readonly invocationId: string;
  readonly skill: string;
  readonly arguments: SkillArguments;
  readonly ok: boolean;
  readonly content: string;
}

export class SkillUses {
  readonly #uses: SkillUse[] = [];
  #bytes = FRAME_BYTES;

  /** Of what no longer fits, nothing is kept. */
  add({ invocationId, skill, arguments: args, ok, content }: UsedSkill): void {
    const json = JSON.stringify(args);
    const isShown = json.length <= MAX_SHOWN_CHARS && !deeperThan(args, MAX_DEPTH) && !hasHalfCharacter(json);
    const use: SkillUse = {
      invocation_id: invocationId,
      skill,
      ...(isShown ? { arguments: args } : {}),
      ok,
      content: cut(content.toWellFormed()),
    };
    const bytes = Buffer.byteLength(JSON.stringify(use)) + 1;
    if (this.#bytes + bytes > PROTOCOL.maxMetadataBytes) return;
    this.#bytes += bytes;
    this.#uses.push(use);
  }

  /** In the order in which they ended; null: none was used. */
  get all(): readonly SkillUse[] | null {
    return this.#uses.length === 0 ? null : this.#uses;
  }
}
