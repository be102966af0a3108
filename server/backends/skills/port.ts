/** The skills port: what the gateway needs from whatever runs skills. */
export interface SkillInfo {
  readonly name: string;
  readonly description: string;
  /** Where it comes from. */
  readonly source: string;
  /** JSON Schema of its arguments. */
  readonly parameters: unknown;
  readonly state: string;
}

export interface SkillsPort {
  /** The skills that a principal may use. */
  list(principal: string): Promise<readonly SkillInfo[]>;
}
