/** `config.example.toml` and `docs/configuration.md`, from the table of options. */
import {
  CONFIG_KEYS,
  CONFIG_RULES,
  CONFIG_SECTIONS,
  type ConfigKey,
  type ConfigOption,
  configOption,
  formatConfigValue,
  lastOf,
  parentOf,
} from '../schemas/config.js';
import { MCP_OPTIONS, MCP_RULES } from '../schemas/config-skills.js';

const COLUMNS = 100;

/** A file with every key commented out at its default; uncommented, it parses to the defaults. */
export function renderConfigExample(): string {
  const lines = [
    ...comment(
      'The configuration of the OpenClaw gateway. Copy it to ~/.openclaw/config.toml, take the # off what you change, and check it with `openclaw config check`. Everything here stands at its default.',
    ),
    ...comment('Generated from schemas/config*.ts: do not edit.'),
  ];
  for (const [section, summary] of Object.entries(CONFIG_SECTIONS)) {
    lines.push('', ...comment(summary), `[${section}]`);
    if (section === SERVERS) lines.push(...SERVER_EXAMPLE);
    for (const key of keysOf(section)) {
      const option = configOption(key);
      lines.push('', ...comment(plain(option.reason)));
      lines.push(...comment(plain(`Allowed: ${factsOf(option).join('; ')}.`)));
      lines.push(`# ${lastOf(key)} = ${formatConfigValue(option.default)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** The section that has one below it for each MCP server. */
const SERVERS = 'skills.mcp';

const SERVER_EXAMPLE: readonly string[] = [
  '',
  '#   [skills.mcp.files]',
  '#   command = "npx"',
  '#   args = ["-y", "@modelcontextprotocol/server-filesystem", "/home/me/notes"]',
  '#   allow = ["read_*", "write_file@ada"]',
  '',
  '#   [skills.mcp.tickets]',
  '#   url = "https://tickets.example.org/mcp"',
  '#   token_env = "TICKETS_TOKEN"',
];

/** The operators' page: where values come from, then a table for each section. */
export function renderConfigPage(): string {
  return `${[INTRODUCTION, ...Object.keys(CONFIG_SECTIONS).map(sectionOf), RULES, PROXIES, RENEWAL].join('\n\n')}\n`;
}

const INTRODUCTION = `<!-- Generated from schemas/config*.ts: do not edit. -->

# Configuration

The gateway reads \`~/.openclaw/config.toml\`, or \`config.toml\` in the directory that \`OPENCLAW_HOME\` names, or
the file of \`--config FILE\`, or the one that \`OPENCLAW_CONFIG\` names. Without a file every option has its default; \`config.example.toml\` shows
them all.

A value comes from the first of these that has it:

1. a flag, such as \`openclaw gateway --port 18800\`;
2. a variable: \`OPENCLAW_\`, then the key in capitals with \`__\` for each dot, such as
   \`OPENCLAW_GATEWAY__HEARTBEAT_INTERVAL=15\` or \`OPENCLAW_GATEWAY__TLS__ENABLED=true\`; lists are written \`a,b\`;
3. the file;
4. the default.

A secret stands in none of them: options such as \`reasoning.api_key_env\` name the variable that holds it, and where that is not set, the
variable with \`_FILE\` behind its name may name a file that does. [How to hand secrets over](deployment.md#secrets).

An unknown key or a bad value stops the start and names the file, the line and the key. Every problem of
a file is named at once.

| command | what it does |
| --- | --- |
| \`openclaw config list\` | prints every key, its value and where it comes from |
| \`openclaw config get gateway.heartbeat_timeout\` | prints one value |
| \`openclaw config set gateway.heartbeat_timeout 120\` | changes the file, keeping comments and layout; checks before it writes |
| \`openclaw config check [FILE]\` | finds mistakes without starting anything |
| \`openclaw config path\` | prints where the file is |

Each of them follows \`--config FILE\` and \`OPENCLAW_CONFIG\`.

A running gateway takes the options marked *reload* when \`openclaw gateway reload\` asks it to, or on \`SIGHUP\`
(\`kill -HUP\` and its process id), and names those that need a *restart*. A file with a mistake changes nothing: the
command, or for \`SIGHUP\` [the log](operations.md#the-log), says what is wrong with it.`;

const RULES = [
  '## Rules between options',
  '',
  ...[...CONFIG_RULES, ...MCP_RULES].map(({ summary }) => `- ${summary}.`),
].join('\n');

const PROXIES = `## Behind a proxy

To the gateway every client of a proxy comes from the proxy’s address, and the limits by address would hold for all of
them together. For a proxy listed in \`gateway.trusted_proxies\` the client’s address is taken from what the proxy says:

- \`X-Forwarded-For\`: the right-most address that is not itself in the list; what stands left of it is not believed.
  Where that element is no address, the proxy’s own address counts. Several header lines are one list.
- Without TLS at the gateway, the PROXY protocol v2 goes before it. Its header may carry an address and no more
  than a few bytes besides: with long extensions (TLVs), such as those of AWS’s Network Load Balancer, the connection
  never gets an answer. Each such connection is for one request. With Node.js 20 the first line of the request has to arrive
  together with the header, which HAProxy’s \`send-proxy-v2\` does not see to; else the answer is 505.
- With TLS at the gateway the PROXY protocol does not work: its header stands ahead of the TLS handshake, where the
  gateway does not read it. Use a proxy that ends TLS and writes \`X-Forwarded-For\`; one that only passes TLS on cannot
  tell the address of a client, and must not be listed.

List only proxies that set the header themselves and that strangers cannot reach the gateway past. What else a proxy
forwards (\`X-Forwarded-Proto\`, \`X-Forwarded-Host\`, \`Forwarded\`) is not believed: the name that clients use goes into
\`gateway.allowed_hosts\`, and the origin of their pages into \`gateway.allowed_origins\`.`;

const RENEWAL = `## Renewing the certificate

The files of \`gateway.tls\` are looked at every second. A change that is the same at two looks, be the files
written over, renamed or reached by another symbolic link, is taken like one of a reload: new connections get the new
certificate, and those that are there go on with the old one. Files that cannot serve (another key, expired, no PEM) change
nothing; the log says why, once, and \`system.reload\` answers with the same sentence. Within 30 days of its end the
certificate is warned of every day.

For a moment both certificates listen on the port, which Linux alone can do; elsewhere the log and the reload say that a
restart is needed. The kernel resets clients that are just connecting to the one that ends: next to none, and
\`sysctl net.ipv4.tcp_migrate_req=1\` (Linux 5.14 and later) hands those over, too.`;

function sectionOf(section: string): string {
  const options: readonly (readonly [string, ConfigOption])[] =
    section === SERVERS
      ? Object.entries(MCP_OPTIONS)
      : keysOf(section).map((key) => [lastOf(key), configOption(key)]);
  const rows = options.map(([name, option]) => {
    const cells = [
      `\`${name}\``,
      `\`${formatConfigValue(option.default)}\``,
      factsOf(option).join('; '),
      option.reloadable ? 'reload' : 'restart',
      option.reason,
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return [
    `## \`[${section}]\``,
    '',
    CONFIG_SECTIONS[section] ?? '',
    '',
    '| key | default | values | changes on | why |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

const keysOf = (section: string): readonly ConfigKey[] =>
  CONFIG_KEYS.filter((key) => parentOf(key) === section);

/** Unit, range, meaning of 0 and what the default derives from, each a phrase. */
function factsOf(option: ConfigOption): readonly string[] {
  switch (option.type) {
    case 'boolean':
      return ['true or false'];
    case 'enum':
      return [option.values.map((value) => `\`${formatConfigValue(value)}\``).join(' or ')];
    case 'count':
      return [`${option.unit}, ${option.min} to ${option.max}, or \`"${option.word}"\`: ${option.meaning}`];
    case 'string':
      return [option.rule.expected];
    case 'strings':
      return [`each ${option.rule.expected}`];
    case 'integer':
    case 'number': {
      const range = `${grouped(option.min)} to ${grouped(option.max)}`;
      return [
        option.unit === undefined ? range : `${option.unit}, ${range}`,
        ...(option.zero === undefined ? [] : [`0: ${option.zero}`]),
        ...(option.derived === undefined
          ? []
          : [`unless set, ${option.derived.factor} times \`${lastOf(option.derived.from)}\``]),
      ];
    }
  }
}

/** 1000000 → 1 000 000, with spaces that do not break. */
const grouped = (value: number): string => String(value).replace(/\B(?=(?:\d{3})+$)/g, '\u00a0');

/** Markdown's code marks mean nothing in a comment. */
const plain = (text: string): string => text.replaceAll('`', '').replaceAll('\u00a0', ' ');

function comment(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
