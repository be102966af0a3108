/** The method table and the OpenRPC document as constants, for programs that must not load TypeBox. */
import { buildOpenRpc } from '../../schemas/openrpc.js';
import { GENERATED_MARK, type Output, TABLE } from './schema.js';

/** A string as a JavaScript literal in single quotes. */
const quoted = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;

const methodDeclarations = `// ${GENERATED_MARK}
import type { Direction, Scope, Target } from '../define.js';
import type { methods } from '../methods.js';

/** One row of the method table, as \`system.methods\` lists it. */
export interface MethodInfo {
  readonly name: keyof typeof methods;
  readonly direction: Direction;
  readonly target: Target;
  readonly scope: Scope | null;
  readonly summary: string;
}

/** Every method of the protocol, in the order of the table. */
export declare const METHODS: readonly MethodInfo[];
`;

/** `schemas/generated/methods.js` and its types: the table without its schemas. */
export const buildMethodList = (): readonly Output[] => {
  const rows = TABLE.map(([name, { direction, target, scope, summary }]) => {
    const fields = { name, direction, target, scope, summary };
    const members = Object.entries(fields).map(
      ([key, value]) => `${key}: ${value === null ? 'null' : quoted(value)}`,
    );
    return `  { ${members.join(', ')} },\n`;
  });
  return [
    {
      path: 'schemas/generated/methods.js',
      text: `// ${GENERATED_MARK}\nexport const METHODS = [\n${rows.join('')}];\n`,
    },
    { path: 'schemas/generated/methods.d.ts', text: methodDeclarations },
  ];
};

/** `schemas/generated/openrpc.js` and its types: what `rpc.discover` answers, ready to send. */
export const buildOpenRpcConstant = (version: string): readonly Output[] => [
  {
    path: 'schemas/generated/openrpc.js',
    text: `// ${GENERATED_MARK}\nexport const OPENRPC_JSON = ${quoted(JSON.stringify(buildOpenRpc(version)))};\n`,
  },
  {
    path: 'schemas/generated/openrpc.d.ts',
    text: `// ${GENERATED_MARK}\n\n/** The OpenRPC 1.3 document of the protocol, as JSON. */\nexport declare const OPENRPC_JSON: string;\n`,
  },
];
