/** The commands of the program as plain data, for whatever is generated from them. */
import type { Argument, Command, Option } from 'commander';

/** What a word on the command line may be. */
export type Values =
  | { readonly kind: 'any' }
  | { readonly kind: 'file' }
  | { readonly kind: 'key' }
  | { readonly kind: 'choices'; readonly choices: readonly string[] };

export interface OptionSpec {
  /** `-h`, `--help`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Of the word behind it; null where it takes none. */
  readonly values: Values | null;
}

export interface CommandSpec {
  /** From below the program: `gateway trace`; '' for the program itself. */
  readonly path: string;
  readonly name: string;
  readonly description: string;
  /** Its own, and those of the program, which are taken anywhere. */
  readonly options: readonly OptionSpec[];
  /** Of its arguments, in order. */
  readonly arguments: readonly Values[];
  readonly subcommands: readonly CommandSpec[];
}

/** The value's name in the help says what it is: `--token-file <file>`. */
const valuesOf = (name: string, choices: readonly string[] | undefined): Values => {
  if (choices !== undefined) return { kind: 'choices', choices };
  if (name === 'file') return { kind: 'file' };
  return name === 'key' ? { kind: 'key' } : { kind: 'any' };
};

const optionSpec = ({
  short,
  long,
  description,
  required,
  optional,
  flags,
  argChoices,
}: Option): OptionSpec => ({
  flags: [short, long].filter((flag) => flag !== undefined),
  description,
  values: required || optional ? valuesOf(/[<[]([^>\]]+)/.exec(flags)?.[1] ?? '', argChoices) : null,
});

const argumentSpec = (argument: Argument): Values => valuesOf(argument.name(), argument.argChoices);

/**
 * A command with everything below it.
 *
 * @param inherited options that it takes besides its own
 * @param siblings what `help` can be asked about, where it is that
 */
export const commandTree = (
  command: Command,
  inherited: readonly OptionSpec[] = [],
  path = '',
  siblings: readonly string[] = [],
): CommandSpec => {
  const help = command.createHelp();
  const own = help.visibleOptions(command).map(optionSpec);
  const isKnown = ({ flags }: OptionSpec): boolean =>
    own.some((each) => each.flags.some((flag) => flags.includes(flag)));
  const global = path === '' ? own.filter(({ flags }) => !flags.includes('--version')) : inherited;
  const below = help.visibleCommands(command);
  const names = below.map((each) => each.name()).filter((name) => name !== 'help');
  return {
    path,
    name: command.name(),
    description: command.description(),
    options: [...own, ...inherited.filter((option) => !isKnown(option))],
    arguments:
      command.name() === 'help'
        ? [{ kind: 'choices', choices: siblings }]
        : command.registeredArguments.map(argumentSpec),
    subcommands: below.map((each) =>
      commandTree(each, global, path === '' ? each.name() : `${path} ${each.name()}`, names),
    ),
  };
};

/** A command and everything below it, in the order of the help. */
export const allCommands = (command: CommandSpec): readonly CommandSpec[] => [
  command,
  ...command.subcommands.flatMap(allCommands),
];
