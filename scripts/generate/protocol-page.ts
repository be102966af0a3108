/** `docs/protocol.md`: the reference for who writes a client, from the method table and the codes. */
import { Ajv } from 'ajv';
import { CLOSES, ERRORS, PROTOCOL, RETRY_RULES } from '../../schemas/codes.js';
import type { Method } from '../../schemas/define.js';
import type { methods } from '../../schemas/methods.js';
import { CALLS, NOTIFICATIONS } from './examples.js';
import { fieldTable, markdownTable } from './field-table.js';
import { NOTES } from './notes.js';
import { INTRODUCTION, LIMITS, LIMITS_HEAD } from './protocol-prose.js';
import { GENERATED_MARK, type Output, plain, TABLE } from './schema.js';

const judge = new Ajv({ strict: true, allErrors: true });

/** An example that the schema refuses would teach readers what does not work. */
const hold = (name: string, schema: object, value: unknown): void => {
  if (!judge.validate(plain(schema), value))
    throw new Error(`The example of ${name}: ${judge.errorsText()}.`);
};

const exampleOf = (name: string, spec: Method): readonly string[] => {
  const lines: string[] = [];
  const head = { jsonrpc: '2.0' };
  if (Object.hasOwn(CALLS, name) && spec.result !== null) {
    const { params, result } = CALLS[name as keyof typeof CALLS];
    hold(name, spec.params, params);
    hold(name, spec.result, result);
    lines.push(`→ ${JSON.stringify({ ...head, method: name, params, id: 1 })}`);
    lines.push(`← ${JSON.stringify({ ...head, result, id: 1 })}`);
  }
  const notified = spec.result === null ? spec.params : spec.event;
  if (notified !== undefined && Object.hasOwn(NOTIFICATIONS, name)) {
    const params = NOTIFICATIONS[name as keyof typeof NOTIFICATIONS];
    hold(name, notified, params);
    lines.push(`← ${JSON.stringify({ ...head, method: name, params })}`);
  }
  return lines.length === 0 ? [] : ['```json', ...lines, '```', ''];
};

const scopeOf = (scope: string | null): string => (scope === null ? 'none' : `\`${scope}\``);

const anchorOf = (name: string): string => `[\`${name}\`](#${name.replaceAll('.', '')})`;

const sectionOf = ([name, spec]: readonly [string, Method]): readonly string[] => [
  `### ${name}`,
  '',
  `${spec.summary}. *${spec.direction}*, scope: ${scopeOf(spec.scope)}.`,
  '',
  ...(NOTES[name as keyof typeof methods] === undefined
    ? []
    : [NOTES[name as keyof typeof methods] ?? '', '']),
  ...fieldTable('params', plain(spec.params)),
  ...(spec.result === null ? [] : fieldTable('result', plain(spec.result))),
  ...(spec.event === undefined ? [] : fieldTable('params of the notification', plain(spec.event))),
  ...exampleOf(name, spec),
];

const errorRows = Object.values(ERRORS).map(({ code, message, data, retry }) => [
  String(code),
  message,
  data,
  RETRY_RULES[retry],
]);

const closeRows = Object.values(CLOSES).map(({ code, reason, when, retry }) => [
  String(code),
  reason,
  when,
  RETRY_RULES[retry],
]);

/** The page. @throws where an example is not what the table allows. */
export const buildProtocolPage = (): Output => {
  const list = TABLE.map(([name, { direction, target, scope, summary }]) => [
    anchorOf(name),
    direction,
    target,
    scopeOf(scope),
    summary,
  ]);
  const lines = [
    `<!-- ${GENERATED_MARK} -->`,
    '',
    INTRODUCTION,
    '## Methods',
    '',
    'A caller needs the scope of the method; who has not the scope of a notification does not get it.',
    '',
    ...markdownTable(['method', 'direction', 'target', 'scope', 'summary'], list),
    '',
    ...TABLE.flatMap(sectionOf),
    '## Error codes',
    '',
    '`error.code` says what happened and whether to try again; `error.message` is for people and may change.',
    '',
    ...markdownTable(['code', 'message', 'data', 'try again'], errorRows),
    '',
    '## Close codes',
    '',
    ...markdownTable(
      ['code', 'reason', 'when', 'connect again'],
      [
        ...closeRows,
        ['(1006)', '', 'no close frame arrived: the network, or an upgrade refused', RETRY_RULES['back-off']],
      ],
    ),
    '',
    '“Back off” is a random time up to a bound that doubles with each attempt.',
    '',
    LIMITS_HEAD,
    ...markdownTable(
      ['what', 'at most'],
      Object.keys(PROTOCOL).map((key) => LIMITS[key as keyof typeof LIMITS]),
    ),
    '',
  ];
  return { path: 'docs/protocol.md', text: lines.join('\n') };
};
