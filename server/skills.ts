/** What `[skills]` means to what runs them, with tokens and variables read from where they are kept. */
import { readFileSync } from 'node:fs';
import type { Config } from '../schemas/config.js';
import type { McpServerConfig } from '../schemas/config-skills.js';
import type { McpServerOptions } from './backends/skills/threaded.js';

/** Skills cannot be used as configured; the message is one sentence for the operator, and repeats no token. */
export class SkillsError extends Error {
  override readonly name = 'SkillsError';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What a program needs to find its way; everything else, tokens above all, is for its configuration to give. */
const PASSED_ON = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'LANG', 'TZ', 'TMPDIR'];

/**
 * The MCP servers of a configuration, whose options have been checked with it.
 *
 * @throws SkillsError where a variable or a token is not where it should be
 */
export const mcpServers = ({ skills }: Config, env: Environment): readonly McpServerOptions[] =>
  Object.entries(skills.mcp).map(([name, server]) => ({
    name,
    target:
      server.command === ''
        ? { kind: 'url', url: server.url, token: tokenOf(name, server, env) }
        : {
            kind: 'command',
            command: server.command,
            args: server.args,
            env: variablesOf(name, server, env),
          },
  }));

const variablesOf = (name: string, server: McpServerConfig, env: Environment): Record<string, string> => {
  const variables: Record<string, string> = {};
  for (const passed of PASSED_ON) {
    const value = env[passed];
    if (value !== undefined) variables[passed] = value;
  }
  for (const entry of server.env) {
    const at = entry.indexOf('=');
    if (at !== -1) {
      variables[entry.slice(0, at)] = entry.slice(at + 1);
      continue;
    }
    const value = env[entry];
    if (value === undefined) {
      throw new SkillsError(
        `skills.mcp.${name}.env names the variable ${entry}, which is not set: set it for the gateway, or leave it out.`,
      );
    }
    variables[entry] = value;
  }
  return variables;
};

const tokenOf = (
  name: string,
  { token_env: variable, token_file: file }: McpServerConfig,
  env: Environment,
): string | null => {
  if (variable !== '')
    return usable(env[variable] ?? '', `skills.mcp.${name}.token_env names the variable ${variable}`);
  if (file === '') return null;
  const place = `skills.mcp.${name}.token_file names ${file}`;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause';
    throw new SkillsError(`${place}, which cannot be read (${code}): mend that, or leave it empty.`);
  }
  return usable(text, place);
};

/** A token as a header can carry it. */
const usable = (text: string, place: string): string => {
  const token = text.trim();
  if (token === '') throw new SkillsError(`${place}, which is not set or empty: put the token there.`);
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new SkillsError(`${place}, which holds more than a token: leave nothing but the token there.`);
  return token;
};
