/** The script for fish, from 3.0 on. */
import { allCommands, type CommandSpec } from '../command-tree.js';
import { places, steps, takers } from './parts.js';

/** A word between single quotes; there a backslash stands for itself but before a quote or another one. */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** A line for each word, with what it is. */
const listed = (rows: readonly (readonly [string, string])[]): string =>
  rows
    .map(([word, description]) => `            printf '%s\\t%s\\n' ${quoted(word)} ${quoted(description)}\n`)
    .join('');

/** @param keys of the configuration */
export const fishCompletion = (tree: CommandSpec, keys: readonly string[]): string => {
  const branch = (from: readonly string[], actions: readonly string[]): string =>
    `            case ${from.map(quoted).join(' ')}\n${actions.map((each) => `                ${each}\n`).join('')}`;
  const walked = [
    ...steps(tree).map(({ from, to }) => branch([from], [`set at ${quoted(to)}`, 'set count 0'])),
    ...takers(tree).map(({ flags, value }) =>
      branch(
        flags.map((flag) => `*:${flag}`),
        [`set value ${quoted(value)}`],
      ),
    ),
  ];
  const commands = allCommands(tree);
  const options = commands.map(
    ({ path, options: known }) =>
      `        case ${quoted(path)}\n${listed(
        known.flatMap(({ flags, description }) => flags.map((flag) => [flag, description] as const)),
      )}`,
  );
  const names = commands
    .filter(({ subcommands }) => subcommands.length > 0)
    .map(
      ({ path, subcommands }) =>
        `        case ${quoted(path)}\n${listed(subcommands.map(({ name, description }) => [name, description]))}`,
    );
  const placed = places(tree).map(
    ({ at, value }) => `            case ${quoted(at)}\n                set value ${quoted(value)}\n`,
  );
  return `# openclaw: completion for fish, made by \`openclaw completion fish\`
function __openclaw_complete
    set -l at ''
    set -l value ''
    set -l count 0
    set -l current (commandline -ct)
    set -l words (commandline -opc)
    for word in $words[2..-1]
        if test -n "$value"
            set value ''
            continue
        end
        switch "$at:$word"
${walked.join('')}            case '*:-*'
            case '*'
                set count (math $count + 1)
        end
    end
    if test -z "$value"; and string match -q -- '-*' $current
        switch "$at"
${options.join('')}        end
        return
    end
    if test -z "$value"
        switch "$at:$count"
${placed.join('')}        end
        if test $count -eq 0
            __openclaw_commands "$at"
        end
    end
    switch "$value"
        case file
            __fish_complete_path $current
        case key
            printf '%s\\n' ${keys.map(quoted).join(' ')}
        case '=*'
            string split ' ' -- (string sub -s 2 -- $value)
    end
end
function __openclaw_commands
    switch "$argv[1]"
${names.join('')}    end
end
complete -c openclaw -e
complete -c openclaw -f -a '(__openclaw_complete)'
`;
};
