/** The script for bash, from 3.2 on; it needs nothing of the package bash-completion. */
import { allCommands, type CommandSpec } from '../command-tree.js';
import { places, quoted, steps, takers } from './parts.js';

/** @param keys of the configuration */
export const bashCompletion = (tree: CommandSpec, keys: readonly string[]): string => {
  const walked = [
    ...steps(tree).map(({ from, to }) => `      ${quoted(from)}) at=${quoted(to)} count=0 ;;\n`),
    ...takers(tree).map(
      ({ flags, value }) =>
        `      ${flags.map((flag) => `*:${flag}`).join(' | ')}) value=${quoted(value)} ;;\n`,
    ),
  ];
  const known = allCommands(tree).map(({ path, options, subcommands }) => {
    const flags = options.flatMap((option) => option.flags).join(' ');
    const names = subcommands.map(({ name }) => name).join(' ');
    return `    ${quoted(path)}) options=${quoted(flags)} commands=${quoted(names)} ;;\n`;
  });
  const placed = places(tree).map(({ at, value }) => `      ${quoted(at)}) value=${quoted(value)} ;;\n`);
  return `# openclaw: completion for bash, made by \`openclaw completion bash\`
_openclaw() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at='' value='' options='' commands='' words='' word count=0 i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    # bash makes words of their own of these, in --option=value and ws://address.
    if [[ $word == ['=:'] ]]; then
      ((++i < COMP_CWORD)) && value=''
      continue
    fi
    if [[ -n $value ]]; then
      value=''
      continue
    fi
    case "$at:$word" in
${walked.join('')}      *:-*) ;;
      *) ((++count)) ;;
    esac
  done
  [[ $current == ['=:'] ]] && current=''
  case "$at" in
${known.join('')}  esac
  if [[ -z $value && $current == -* ]]; then
    words=$options
  elif [[ -z $value ]]; then
    case "$at:$count" in
${placed.join('')}    esac
    ((count == 0)) && words=$commands
  fi
  case "$value" in
    key) words=${quoted(keys.join(' '))} ;;
    =*) words="$words \${value#=}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ $value == file ]]; then
    local IFS=$'\\n'
    compopt -o filenames 2> /dev/null
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _openclaw openclaw
`;
};
