/** `openclaw skills`: what a model may ask for, and whether an MCP server's tools are what they were. */
import type { Command } from 'commander';
import { type Gateway, GatewayError } from '../client/node.js';
import { ERRORS } from '../schemas/codes.js';
import type { Params, Result } from '../schemas/methods.js';
import { withClient } from './connection.js';
import { CliError } from './io.js';
import { addTargetOptions, type TargetOptions } from './target.js';
import { formatTable, printable, printableLine, styleFor, type Terminal } from './terminal.js';

type Skill = Result<'skill.list'>['skills'][number];
type Server = Result<'skill.servers'>['servers'][number];

interface Options extends TargetOptions {
  readonly json?: boolean;
}

interface CallOptions extends Options {
  readonly channel?: string;
  readonly background?: boolean;
}

interface ApproveOptions extends Options {
  readonly dryRun?: boolean;
}

const DESCRIPTION_CHARS = 60;

/** Adds the command to `program`. */
export const registerSkills = (program: Command, io: Terminal): void => {
  const skills = program.command('skills').description('List, approve and call what a model may ask for');

  addTargetOptions(skills.command('list'))
    .description('List the skills you may use and, as an operator, the MCP servers they come from')
    .option('--json', 'print as JSON, with the skills’ parameters')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const found = await withClient(options, io, async (client) => ({
        skills: (await client.request('skill.list', {})).skills,
        servers: await serversFor(client),
      }));
      if (options.json) io.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
      else io.stdout.write(describe(found.skills, found.servers, io));
    });

  addTargetOptions(skills.command('approve'))
    .description('Let an MCP server’s tools be used as they are now')
    .argument('<server>', 'its name in the configuration')
    .option('--dry-run', 'only show what has changed')
    .option('--json', 'print as JSON')
    .action(async (name: string, _options, command: Command) => {
      const options = command.optsWithGlobals<ApproveOptions>();
      await withClient(options, io, (client) => approve(client, name, options, io));
    });

  addTargetOptions(skills.command('call'))
    .description('Run a skill and print its result')
    .argument('<skill>', 'its name, as `openclaw skills list` shows it')
    .argument('[arguments]', 'a JSON object such as \'{"zone": "UTC"}\'')
    .option('--channel <id>', 'the channel it runs in; left out: default')
    .option('--background', 'do not wait: a notification tells when it has ended')
    .option('--json', 'print as JSON')
    .action(async (skill: string, args: string | undefined, _options, command: Command) => {
      const options = command.optsWithGlobals<CallOptions>();
      const params = paramsFor(skill, args, options);
      const answer = await withClient(options, io, (client) => call(client, params));
      if (options.json) io.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
      else if (answer.ok) io.stdout.write(`${printable(answer.result ?? '')}\n`);
      if (!answer.ok) throw new CliError(printable(answer.error?.message ?? 'Skill failed.'));
    });
};

/** Null: only operators may see them. */
const serversFor = async (client: Gateway): Promise<readonly Server[] | null> =>
  client.session.scopes.includes('admin') ? (await client.request('skill.servers', {})).servers : null;

const describe = (skills: readonly Skill[], servers: readonly Server[] | null, io: Terminal): string => {
  const style = styleFor(io);
  const rows = skills.map(({ name, state, source, description }) => [
    name,
    state,
    source,
    firstLine(description),
  ]);
  const parts = [
    skills.length === 0
      ? 'There are no skills that you may use: [skills] of the configuration says which there are.\n'
      : formatTable(['SKILL', 'STATE', 'SOURCE', 'DESCRIPTION'], rows, style),
  ];
  if (servers !== null && servers.length > 0) {
    const lines = servers.map(({ name, state, skills: count, reason }) => [
      name,
      state,
      String(count),
      reason === null ? '' : printableLine(reason),
    ]);
    parts.push(formatTable(['SERVER', 'STATE', 'SKILLS', 'WHY'], lines, style));
  }
  return parts.join('\n');
};

const firstLine = (text: string): string => {
  const [line = ''] = text.trim().split('\n');
  return line.length > DESCRIPTION_CHARS ? `${line.slice(0, DESCRIPTION_CHARS - 1).toWellFormed()}…` : line;
};

const approve = async (
  client: Gateway,
  name: string,
  { dryRun = false, json = false }: ApproveOptions,
  io: Terminal,
): Promise<void> => {
  const { servers } = await client.request('skill.servers', {});
  const server = servers.find((each) => each.name === name);
  if (server === undefined) {
    throw new CliError(
      `There is no MCP server ${printableLine(name)}: \`openclaw skills list\` shows those that are configured.`,
    );
  }
  const { hash } = server;
  if (hash === null) {
    throw new CliError(
      `${name} has not offered any tools yet: ${printableLine(server.reason ?? 'wait until it works')}`,
    );
  }
  const isChanged = server.state === 'changed';
  const willApprove = isChanged && !dryRun;
  if (!json)
    io.stdout.write(
      isChanged ? differences(server) : `${name} offers what was approved: there is nothing to do.\n`,
    );
  if (willApprove) await client.request('skill.approve', { server: name, hash });
  if (json) io.stdout.write(`${JSON.stringify({ ...server, approved: willApprove }, null, 2)}\n`);
  else if (willApprove) io.stdout.write(`${name} is approved as it is now.\n`);
};

const differences = ({ added, changed, removed }: Server): string =>
  [
    ...added.map((tool) => `+ ${printableLine(tool)}`),
    ...changed.map((tool) => `~ ${printableLine(tool)}`),
    ...removed.map((tool) => `- ${printableLine(tool)}`),
  ]
    .map((line) => `${line}\n`)
    .join('');

const paramsFor = (
  skill: string,
  args: string | undefined,
  { channel, background }: CallOptions,
): Params<'skill.call'> => ({
  skill,
  ...(args === undefined ? {} : { arguments: parsed(args) }),
  ...(channel === undefined ? {} : { channel }),
  ...(background === undefined ? {} : { background }),
});

const parsed = (text: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new CliError('The arguments must be a JSON object such as \'{"zone": "UTC"}\'.', 2);
};

const call = async (client: Gateway, params: Params<'skill.call'>): Promise<Result<'skill.call'>> => {
  try {
    return await client.request('skill.call', params);
  } catch (error) {
    if (error instanceof GatewayError && error.code === ERRORS.skillNotFound.code) {
      throw new CliError(
        `There is no skill ${printableLine(params.skill)}, or you may not use it: \`openclaw skills list\` shows those that you may.`,
      );
    }
    throw error;
  }
};
