/** What `[skills]` means to what runs them, with tokens and variables read from where they are kept. */
import type { Config } from '../schemas/config.js';
import type { McpServerConfig } from '../schemas/config-skills.js';
import type { McpServerOptions } from './backends/skills/threaded.js';
import { fileVariableOf, readSecretVariable } from './config/secret.js';
import { type Environment, readToken } from './keys.js';

/** Skills cannot be used as configured; the message is one sentence for the operator, and repeats no token. */
export class SkillsError extends Error {
  override readonly name = 'SkillsError';
}

/** What a program needs to find its way; everything else, tokens above all, is for its configuration to give. */
const PASSED_ON = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'LANG', 'TZ', 'TMPDIR'];

/**
 * The MCP servers of a configuration, whose options have been checked with it.
 *
 * @throws SkillsError where a variable is not set
 * @throws KeyError where a token, or the file of a variable, is not as it should be
 */
export const mcpServers = ({ skills }: Config, env: Environment): readonly McpServerOptions[] =>
  Object.entries(skills.mcp).map(([name, server]) => ({
    name,
    target:
      server.command === ''
        ? { kind: 'url', url: server.url, token: readToken(`skills.mcp.${name}`, server, env) }
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
    const value = variableValue(name, server, entry, env);
    if (value === undefined) {
      throw new SkillsError(
        `skills.mcp.${name}.env names the variable ${entry}, which is not set: set it for the gateway, or leave it out.`,
      );
    }
    variables[entry] = value;
  }
  return variables;
};

/** Undefined: it is not set. */
const variableValue = (
  name: string,
  { env: entries }: McpServerConfig,
  variable: string,
  env: Environment,
): string | undefined => {
  // Whoever passes `NAME_FILE` on as well has a server that reads the file itself.
  const hasFile = !entries.includes(fileVariableOf(variable)) && (env[fileVariableOf(variable)] ?? '') !== '';
  if (!hasFile) return env[variable];
  return readSecretVariable(
    `skills.mcp.${name}.env names the variable ${variable}`,
    variable,
    env,
  )?.text.trim();
};
