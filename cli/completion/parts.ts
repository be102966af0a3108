/**
 * What the scripts for all shells have in common. Each walks over the words in front of the cursor: `at` is the command
 * so far, `value` what the next word is, where an option takes one, `count` the arguments so far.
 */
import { allCommands, type CommandSpec, type Values } from '../command-tree.js';

/** A word between single quotes, for bash and zsh. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** How `value` says it: `file`, `key`, `any`, or `=` and the choices. */
export const valueText = (values: Values): string =>
  values.kind === 'choices' ? `=${values.choices.join(' ')}` : values.kind;

/** Commands that lead on: what stands before, as `at:word`, and the command that it is then. */
export const steps = (tree: CommandSpec): readonly { readonly from: string; readonly to: string }[] =>
  allCommands(tree).flatMap(({ path, subcommands }) =>
    subcommands.map((each) => ({ from: `${path}:${each.name}`, to: each.path })),
  );

/** Options that take a word, by what it is; such an option takes one in every command that has it. */
export const takers = (
  tree: CommandSpec,
): readonly { readonly flags: readonly string[]; readonly value: string }[] => {
  const found = new Map<string, Set<string>>();
  for (const { flags, values } of allCommands(tree).flatMap(({ options }) => options)) {
    if (values === null) continue;
    const value = valueText(values);
    const group = found.get(value) ?? new Set();
    for (const flag of flags) group.add(flag);
    found.set(value, group);
  }
  return [...found].map(([value, flags]) => ({ flags: [...flags], value }));
};

/** Arguments that something is known about, as `at:count`. */
export const places = (tree: CommandSpec): readonly { readonly at: string; readonly value: string }[] =>
  allCommands(tree).flatMap(({ path, arguments: values }) =>
    values.flatMap((each, count) =>
      each.kind === 'any' ? [] : [{ at: `${path}:${count}`, value: valueText(each) }],
    ),
  );
