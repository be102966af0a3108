/** Connections that come, authenticate and go, over and over. */
import { type JoinOptions, Member, type Site } from './member.js';

/** Behind a refusal: a server that has no room is not asked in a busy loop. */
const PAUSE_MS = 100;

export class Churn {
  readonly #site: Site;
  readonly #optionsFor: (at: number) => JoinOptions;
  readonly #loops: Promise<unknown>;
  #ending = false;

  /** @param atOnce as many are underway at a time */
  constructor(site: Site, atOnce: number, optionsFor: (at: number) => JoinOptions) {
    this.#site = site;
    this.#optionsFor = optionsFor;
    this.#loops = Promise.all(Array.from({ length: atOnce }, (_, at) => this.#again(at)));
  }

  /** Resolves when the last one has gone. */
  async end(): Promise<void> {
    this.#ending = true;
    await this.#loops;
  }

  async #again(at: number): Promise<void> {
    while (!this.#ending) {
      try {
        const member = await Member.join(this.#site, this.#optionsFor(at));
        // An orderly end would keep the port for a minute, and there are 28 000 of them.
        member.vanish();
      } catch (error) {
        this.#site.tally.fault(`joining: ${(error as Error).message}`);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }
}
