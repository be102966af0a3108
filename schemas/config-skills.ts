/**
 * The options of skills. Those of an MCP server stand in a section of its own, `[skills.mcp.NAME]`, once for
 * each server: here is the table that every such section follows.
 */
import {
  BASE_URL,
  type BooleanOption,
  boolean,
  type ConfigOption,
  FILE_PATH,
  integer,
  isLoopbackUrl,
  number,
  parseUrl,
  type StringOption,
  type StringsOption,
  string,
  strings,
  type TextRule,
  VARIABLE_NAME,
} from './config-kinds.js';

/** A pattern of names, `*` for any characters; behind an `@`, a pattern of principals. */
const SKILL_PATTERN: TextRule = {
  pattern: /^[\x21-\x3f\x41-\x7e]{1,128}(?:@[A-Za-z0-9._:*-]{1,64})?$/,
  expected: 'a pattern such as "read_*", or "read_*@ada" for one principal',
};
const ARGUMENT: TextRule = { pattern: /^[^\0]*$/, expected: 'an argument', unspoken: true };
const VARIABLE: TextRule = {
  pattern: /^[A-Za-z_][A-Za-z0-9_]*(?:=[^\0]*)?$/,
  expected: 'NAME=value, or NAME alone for the gateway’s own variable of that name',
  unspoken: true,
};

export const SKILLS_OPTIONS = {
  'skills.built_in': strings({
    default: [],
    rule: SKILL_PATTERN,
    reloadable: true,
    reason:
      'Which of the skills that come with the gateway may be used: `reminder.set`, `reminder.list`, `reminder.cancel`, `memory.search`, `time.now`. `*` stands for any characters, and `@` and a pattern of principals narrow an entry to those.',
  }),
  'skills.timeout_seconds': number({
    default: 30,
    min: 0.1,
    max: 3600,
    unit: 'seconds',
    reloadable: true,
    reason: 'How long one run of a skill may take. A reply waits for it.',
  }),
  'skills.background_timeout_seconds': number({
    default: 3600,
    min: 0.1,
    max: 86_400,
    unit: 'seconds',
    reloadable: true,
    reason:
      'The same for a run in the background, which nobody waits for and which ends with a notification.',
  }),
  'skills.max_output_bytes': integer({
    default: 65_536,
    min: 1024,
    max: 1_048_576,
    unit: 'bytes',
    reloadable: true,
    reason: 'What a run may give back; the rest is cut off. All of it is read by the model, and paid for.',
  }),
  'skills.max_concurrent': integer({
    default: 4,
    min: 1,
    max: 1000,
    unit: 'runs',
    reloadable: true,
    reason:
      'Runs of one skill at the same time; one more is refused. Keeps one skill from taking everything. A principal may have all but a quarter of them, at least one.',
  }),
} as const satisfies Readonly<Record<string, ConfigOption>>;

/** The options of `[skills.mcp.NAME]`. */
/** The skills that come with the gateway. */
export const BUILT_IN_SKILLS = [
  'reminder.set',
  'reminder.list',
  'reminder.cancel',
  'memory.search',
  'time.now',
] as const;

export type BuiltInSkill = (typeof BUILT_IN_SKILLS)[number];

/** Whether a name is that of a pattern, in which `*` stands for any characters. */
const isMatch = (pattern: string, name: string): boolean => {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
};

/** Of `skills.built_in` the first entry that is the name, or a pattern, of none; undefined where there is none such. */
export const unknownBuiltIn = (entries: readonly string[]): string | undefined =>
  entries.find((entry) => !BUILT_IN_SKILLS.some((name) => isMatch(entry.replace(/@.*$/, ''), name)));

export const MCP_OPTIONS = {
  command: string({
    default: '',
    rule: FILE_PATH,
    reloadable: false,
    reason:
      'The program that is the server, talked to through its standard input and output: a path, or a name that `PATH` leads to. It runs with the rights of the gateway.',
  }),
  args: strings({ default: [], rule: ARGUMENT, reloadable: false, reason: 'The arguments of `command`.' }),
  env: strings({
    default: [],
    rule: VARIABLE,
    reloadable: false,
    reason:
      'Environment variables of `command`, besides `PATH`, `HOME`, `USER`, `LOGNAME`, `SHELL`, `TERM`, `LANG`, `TZ` and `TMPDIR`: it gets no other of the gateway’s. `NAME` alone passes the gateway’s own on, so that a secret need not stand in this file.',
  }),
  url: string({
    default: '',
    rule: BASE_URL,
    reloadable: false,
    reason:
      'Where a server is that runs elsewhere (streamable HTTP, or the older HTTP with SSE), instead of `command`. `http:` only to this machine, or see `insecure`.',
  }),
  token_env: string({
    default: '',
    rule: VARIABLE_NAME,
    reloadable: false,
    reason:
      'The environment variable that holds the bearer token for `url`; empty: no token. The token itself never stands in this file.',
  }),
  token_file: string({
    default: '',
    rule: FILE_PATH,
    reloadable: false,
    reason: 'A file that holds nothing but the token, instead of `token_env`; empty: no file.',
  }),
  insecure: boolean({
    default: false,
    reloadable: false,
    reason:
      'Allows `http:` to another machine. Arguments, results and token then cross the network in the clear: only inside a network of your own.',
  }),
  allow: strings({
    default: ['*'],
    rule: SKILL_PATTERN,
    reloadable: true,
    reason:
      'Which of the server’s tools may be used, by their names at the server. `*` stands for any characters, and `@` and a pattern of principals narrow an entry to those: `["read_*", "write_file@ada"]`.',
  }),
} as const satisfies Readonly<Record<string, ConfigOption>>;

type McpOptions = typeof MCP_OPTIONS;
export type McpOptionName = keyof McpOptions;
/** A key of a server's section: the name between is one that {@link isServerName} knows to be one. */
export type McpKey = `skills.mcp.${string}.${McpOptionName}`;

type ValueOf<O> = O extends BooleanOption
  ? boolean
  : O extends StringsOption
    ? readonly string[]
    : O extends StringOption
      ? string
      : never;
/** What `[skills.mcp.NAME]` says, completed. */
export type McpServerConfig = { readonly [N in McpOptionName]: ValueOf<McpOptions[N]> };
export type McpServersConfig = Readonly<Record<string, McpServerConfig>>;

export const MCP_OPTION_NAMES = Object.keys(MCP_OPTIONS) as readonly McpOptionName[];

/** What the names of built-in skills begin with, and what they have for a source. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['built-in', 'reminder', 'memory', 'time']);
const MAX_NAME_LENGTH = 24;

/** Why a server cannot be called that, as a clause; null: it can. */
export const serverNameProblem = (name: string): string | null => {
  if (RESERVED_NAMES.has(name)) return 'that is taken by skills that come with the gateway';
  // Neither two in a row nor one at the end: `NAME__TOOL` is told apart again.
  return name.length <= MAX_NAME_LENGTH && /^[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*$/.test(name)
    ? null
    : `use up to ${MAX_NAME_LENGTH} lower-case letters and digits, with single - or _ between them`;
};

const MCP_PREFIX = 'skills.mcp.';

/** `skills.mcp.files.command` → `files` and `command`; null for a key of another section. */
export const splitMcpKey = (key: string): { readonly server: string; readonly option: string } | null => {
  if (!key.startsWith(MCP_PREFIX)) return null;
  const [server = '', option = '', ...more] = key.slice(MCP_PREFIX.length).split('.');
  return more.length > 0 ? null : { server, option };
};

export const isMcpKey = (key: string): key is McpKey => {
  const parts = splitMcpKey(key);
  return (
    parts !== null && serverNameProblem(parts.server) === null && Object.hasOwn(MCP_OPTIONS, parts.option)
  );
};

/** The option that a server's key stands for. */
export const mcpOption = (key: McpKey): ConfigOption =>
  MCP_OPTIONS[splitMcpKey(key)?.option as McpOptionName];

/** Every key of a server's section. */
export const mcpKeysOf = (server: string): readonly McpKey[] =>
  MCP_OPTION_NAMES.map((option): McpKey => `skills.mcp.${server}.${option}`);

interface McpRule {
  readonly options: readonly [McpOptionName, ...McpOptionName[]];
  readonly summary: string;
  /** A clause without its end where the rule is broken, else null. `at` makes an option's key. */
  readonly problem: (server: McpServerConfig, at: (option: McpOptionName) => string) => string | null;
}

/** What must hold within each server's section. */
export const MCP_RULES: readonly McpRule[] = [
  {
    options: ['command', 'url'],
    summary: 'each `[skills.mcp.NAME]` has either `command` or `url`',
    problem: ({ command, url }, at) => {
      if (command !== '' && url !== '')
        return `${at('command')} must be empty where ${at('url')} is set, but both are set`;
      return command === '' && url === '' ? `${at('command')} or ${at('url')} must be set` : null;
    },
  },
  {
    options: ['args', 'env', 'command'],
    summary: '`skills.mcp.NAME.args` and `env` go with `command`',
    problem: ({ command, args, env }, at) => {
      if (command !== '' || (args.length === 0 && env.length === 0)) return null;
      return `${at(args.length > 0 ? 'args' : 'env')} must be empty where there is no ${at('command')}`;
    },
  },
  {
    options: ['url', 'insecure'],
    summary:
      '`skills.mcp.NAME.url` is a URL; with `http:` it leads to this machine, or `skills.mcp.NAME.insecure` is true',
    problem: ({ url: text, insecure }, at) => {
      if (text === '') return null;
      const url = parseUrl(text);
      if (url === null) return `${at('url')} must be ${BASE_URL.expected}, but is something else`;
      return url.protocol === 'https:' || isLoopbackUrl(url) || insecure
        ? null
        : `${at('url')} must begin with https: because it leads to another machine, or ${at('insecure')} must be true`;
    },
  },
  {
    options: ['token_env', 'token_file', 'url'],
    summary: 'at most one of `skills.mcp.NAME.token_env` and `token_file` is set, and only with `url`',
    problem: ({ token_env, token_file, url }, at) => {
      if (token_env !== '' && token_file !== '')
        return `${at('token_env')} must be empty where ${at('token_file')} names a file, but both are set`;
      if (url !== '' || (token_env === '' && token_file === '')) return null;
      return `${at(token_env === '' ? 'token_file' : 'token_env')} must be empty where there is no ${at('url')}`;
    },
  },
];
