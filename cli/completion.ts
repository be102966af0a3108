/** `openclaw completion`: scripts that have a shell complete commands, options and what they take. */
import { Argument, type Command } from 'commander';
import { CONFIG_KEYS } from '../schemas/config.js';
import { commandTree } from './command-tree.js';
import { bashCompletion } from './completion/bash.js';
import { fishCompletion } from './completion/fish.js';
import { zshCompletion } from './completion/zsh.js';
import type { Terminal } from './terminal.js';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

const INSTALL = `
To have it in every new shell:
  bash  openclaw completion bash > ~/.local/share/bash-completion/completions/openclaw
        (with the package bash-completion; without it, put this into ~/.bashrc:
        source <(openclaw completion bash))
  zsh   openclaw completion zsh > ~/.zfunc/_openclaw
        (with these lines in ~/.zshrc: fpath+=~/.zfunc; autoload -Uz compinit; compinit)
  fish  openclaw completion fish > ~/.config/fish/completions/openclaw.fish
Make the folder where it is missing, and the file anew after an update.`;

/** Adds the command to `program`. @param whole makes the program with every command */
export const registerCompletion = (program: Command, io: Terminal, whole: () => Promise<Command>): void => {
  program
    .command('completion')
    .description('Print a script with which a shell completes commands and options')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', INSTALL)
    .action(async (shell: keyof typeof SCRIPTS) => {
      io.stdout.write(SCRIPTS[shell](commandTree(await whole()), CONFIG_KEYS));
    });
};
