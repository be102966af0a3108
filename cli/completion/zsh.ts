/** The script for zsh: sourced, or as a file \`_openclaw\` in a folder of its \`fpath\`. */
import { allCommands, type CommandSpec } from '../command-tree.js';
import { places, quoted, steps, takers } from './parts.js';

/** `name:what it is`, as \`_describe\` takes it. */
const described = (name: string, description: string): string =>
  quoted(`${name.replaceAll(':', '\\:')}:${description}`);

/** @param keys of the configuration */
export const zshCompletion = (tree: CommandSpec, keys: readonly string[]): string => {
  const walked = [
    ...steps(tree).map(({ from, to }) => `      (${quoted(from)}) at=${quoted(to)} count=0 ;;\n`),
    ...takers(tree).map(
      ({ flags, value }) =>
        `      (${flags.map((flag) => `*:${flag}`).join('|')}) value=${quoted(value)} ;;\n`,
    ),
  ];
  const known = allCommands(tree).map(({ path, options, subcommands }) => {
    const flags = options.flatMap(({ flags: spellings, description }) =>
      spellings.map((flag) => described(flag, description)),
    );
    const names = subcommands.map(({ name, description }) => described(name, description));
    return `    (${quoted(path)})
      options=(${flags.join(' ')})
      commands=(${names.join(' ')})
      ;;
`;
  });
  const placed = places(tree).map(({ at, value }) => `      (${quoted(at)}) value=${quoted(value)} ;;\n`);
  return `#compdef openclaw
# openclaw: completion for zsh, made by \`openclaw completion zsh\`
_openclaw() {
  local at= value= word
  local -i i count=0
  local -a options commands choices
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    if [[ -n $value ]]; then
      value=
      continue
    fi
    case "$at:$word" in
${walked.join('')}      (*:-*) ;;
      (*) ((++count)) ;;
    esac
  done
  case "$at" in
${known.join('')}  esac
  if [[ -z $value && $PREFIX == -* ]]; then
    _describe -o option options
    return
  fi
  if [[ -z $value ]]; then
    case "$at:$count" in
${placed.join('')}    esac
    ((count == 0 && $#commands > 0)) && _describe command commands
  fi
  case "$value" in
    (file) _files ;;
    (key) choices=(${keys.map(quoted).join(' ')}); compadd -a choices ;;
    ('='*) choices=(\${=value#=}); compadd -a choices ;;
  esac
}
if [[ $funcstack[1] == _openclaw ]]; then
  _openclaw "$@"
else
  compdef _openclaw openclaw
fi
`;
};
