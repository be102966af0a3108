/** How many runs of skills there is room for: of each skill, and so many of them for one principal that others have some left. */

/** A quarter is kept free of any one principal; of one place, which nobody can share, none. */
export const shareOf = (places: number): number => Math.max(1, places - Math.ceil(places / 4));

export class SkillRoom {
  /** Runs by skill, by principal, and by both; none has 0. */
  readonly #running = new Map<string, number>();
  readonly #maxRunning: number;

  /** @param maxRunning of all skills together; who counts them all sees to the rest of it */
  constructor(maxRunning: number) {
    this.#maxRunning = maxRunning;
  }

  /** False: there is none. @param maxOfSkill as it is now */
  take(skill: string, principal: string, maxOfSkill: number): boolean {
    const [ofSkill, ofPrincipal, ofBoth] = keysOf(skill, principal);
    if (
      this.#count(ofSkill) >= maxOfSkill ||
      this.#count(ofBoth) >= shareOf(maxOfSkill) ||
      this.#count(ofPrincipal) >= shareOf(this.#maxRunning)
    ) {
      return false;
    }
    for (const key of [ofSkill, ofPrincipal, ofBoth]) this.#running.set(key, this.#count(key) + 1);
    return true;
  }

  leave(skill: string, principal: string): void {
    for (const key of keysOf(skill, principal)) {
      const left = this.#count(key) - 1;
      if (left > 0) this.#running.set(key, left);
      else this.#running.delete(key);
    }
  }

  #count(key: string): number {
    return this.#running.get(key) ?? 0;
  }
}

const keysOf = (skill: string, principal: string): readonly [string, string, string] => [
  JSON.stringify({ skill }),
  JSON.stringify({ principal }),
  JSON.stringify({ skill, principal }),
];
