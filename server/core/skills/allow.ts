/** Who may use which skill: patterns of names, each with a pattern of principals or for everybody. */

/** Does `text` match, where each `*` stands for any characters? Takes at most the product of their lengths. */
const matches = (pattern: string, text: string): boolean => {
  let at = 0;
  let from = 0;
  /** Where to go on when what follows the last star does not fit. */
  let starAt = -1;
  let starFrom = 0;
  while (from < text.length) {
    if (pattern[at] === '*') {
      starAt = at;
      starFrom = from;
      at += 1;
    } else if (at < pattern.length && pattern[at] === text[from]) {
      at += 1;
      from += 1;
    } else if (starAt !== -1) {
      at = starAt + 1;
      starFrom += 1;
      from = starFrom;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
};

export class AllowList {
  readonly #entries: readonly { readonly name: string; readonly principal: string }[];

  /** @param entries `read_*` for everybody, `read_*@ada` for one principal, as the configuration has checked them */
  constructor(entries: readonly string[]) {
    this.#entries = entries.map((entry) => {
      const at = entry.lastIndexOf('@');
      return at === -1
        ? { name: entry, principal: '*' }
        : { name: entry.slice(0, at), principal: entry.slice(at + 1) };
    });
  }

  allows(name: string, principal: string): boolean {
    return this.#entries.some((entry) => matches(entry.name, name) && matches(entry.principal, principal));
  }
}
