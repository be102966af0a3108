/** Which skills there are, and who may use which. */
import type { SkillInfo, SkillServer, SkillsPort } from '../../backends/skills/port.js';
import type { AllowList } from './allow.js';

/** `[skills]` and the `allow` of each server, as they are now. */
export interface SkillRules {
  builtIn: AllowList;
  servers: ReadonlyMap<string, AllowList>;
}

/** A skill and what runs it. */
export interface Skill {
  readonly info: SkillInfo;
  readonly port: SkillsPort;
}

export class Catalogue {
  readonly #ports: readonly SkillsPort[];
  readonly #rules: SkillRules;

  /** @param ports whose skills have names that no other’s have */
  constructor(ports: readonly SkillsPort[], rules: SkillRules) {
    this.#ports = ports;
    this.#rules = rules;
  }

  /** What a principal may use, in the order of names; whether it can be used now, its state tells. */
  list(principal: string): readonly SkillInfo[] {
    return this.#ports
      .flatMap((port) => port.list())
      .filter((info) => this.#allows(info, principal))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * A skill by its name, or by the one a model knows it by. Null: there is none, or not for this principal, which is
   * the same to it.
   */
  find(principal: string, name: string): Skill | null {
    for (const port of this.#ports) {
      const info = port.list().find((each) => each.name === name || each.toolName === name);
      if (info !== undefined) return this.#allows(info, principal) ? { info, port } : null;
    }
    return null;
  }

  servers(): readonly SkillServer[] {
    return this.#ports.flatMap((port) => port.servers());
  }

  /** What holds of a server is known to the port that has it. */
  async approve(server: string, hash: string): ReturnType<SkillsPort['approve']> {
    for (const port of this.#ports) {
      const outcome = await port.approve(server, hash);
      if (outcome !== 'no-server') return outcome;
    }
    return 'no-server';
  }

  #allows({ server, tool }: SkillInfo, principal: string): boolean {
    const list = server === null ? this.#rules.builtIn : this.#rules.servers.get(server);
    return list?.allows(tool, principal) ?? false;
  }
}
