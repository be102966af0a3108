/**
 * The validators of every client method's `params`: Ajv's standalone code, with what it imports
 * and what a hostile message could make expensive taken out of it.
 */
import { Ajv } from 'ajv';
import standaloneModule from 'ajv/dist/standalone/index.js';
import { PROTOCOL } from '../../schemas/codes.js';
import { CLIENT_METHODS, GENERATED_MARK, identifier, type Output, plain } from './schema.js';

const standaloneCode = standaloneModule.default;

/**
 * Length limits count code points (JSON Schema 2020-12 validation, section 6.3.1). Ajv counts
 * all of a text to compare it with a limit of 128; a megabyte of text need not be counted.
 */
const LONGER_THAN = `/** Has \`text\` more than \`limit\` code points? Reads no more of it than 2 × limit units. */
function longerThan(text, limit) {
  if (text.length <= limit) return false;
  if (text.length > 2 * limit) return true;
  let points = 0;
  for (const _ of text) points++;
  return points > limit;
}
`;

/** Replaces, and insists that there was something to replace: a new Ajv may write other code. */
const mustReplace = (code: string, pattern: RegExp, by: string): string => {
  const replaced = code.replace(pattern, by);
  if (replaced === code)
    throw new Error(`Ajv's code has nothing that matches ${pattern}; adapt this generator.`);
  return replaced;
};

/** No import, no loop over hostile input that goes on after enough errors were found. */
const harden = (code: string): string => {
  let text = mustReplace(code, /"use strict";\n?/, '');
  const counter = /const (\w+) = require\("ajv\/dist\/runtime\/ucs2length"\)\.default;\n/.exec(text)?.[1];
  if (counter === undefined) throw new Error("Ajv's code counts no characters; adapt this generator.");
  text = mustReplace(text, /const \w+ = require\("ajv\/dist\/runtime\/ucs2length"\)\.default;\n/, '');
  text = mustReplace(text, new RegExp(`\\b${counter}\\((\\w+)\\) > (\\d+)`, 'g'), 'longerThan($1, $2)');
  text = mustReplace(text, new RegExp(`\\b${counter}\\((\\w+)\\) < 1\\b`, 'g'), '$1.length < 1');
  const enough = `if(errors >= ${PROTOCOL.maxListedErrors}) break;`;
  text = mustReplace(text, /for\(const \w+ in \w+\)\{/g, `$&\n${enough}`);
  text = mustReplace(text, /for\(let (\w+)=0; \1<\w+; \1\+\+\)\{/g, `$&\n${enough}`);
  const loops = text.match(/\b(for|while)\s*\(/g)?.length ?? 0;
  if (loops !== text.split(enough).length - 1) throw new Error("Ajv's code has a loop without a bound.");
  text = text.replace(/^const (schema\d+) = .*\n/gm, (line, name: string) =>
    text.split(new RegExp(`\\b${name}\\b`)).length > 2 ? line : '',
  );
  const foreign = new RegExp(`\\b(${counter}|require|import)\\b\\(`).exec(text);
  if (foreign !== null) throw new Error(`Ajv's code still calls ${foreign[1]}; adapt this generator.`);
  return text;
};

const declarations = `// ${GENERATED_MARK}
import type { ClientMethod } from '../methods.js';

/** One thing that is wrong with a method's params. */
export interface ValidationError {
  /** JSON Pointer (RFC 6901) to the member in question; \`''\` is params itself. */
  readonly instancePath: string;
  readonly keyword: string;
  /** What the keyword wanted; \`additionalProperty\` names an unknown member (the caller's text, of any length). */
  readonly params: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/**
 * True where the params are as the method table says. Otherwise \`errors\` says why until the
 * next call: every error of small params, and of hostile ones no more than a few dozen.
 */
export interface Validate {
  (params: unknown): boolean;
  readonly errors?: readonly ValidationError[] | null;
}

/** By method name; has no prototype, so that only methods are found. */
export declare const validators: Readonly<Record<ClientMethod, Validate>>;
`;

/** \`schemas/generated/validators.js\` and its types. @throws where Ajv's code is not as expected. */
export const buildValidators = (): readonly Output[] => {
  const ajv = new Ajv({ allErrors: true, strict: true, code: { source: true, esm: true, lines: true } });
  const exported: Record<string, string> = {};
  for (const [name, { params }] of CLIENT_METHODS) {
    ajv.addSchema(plain(params), identifier(name));
    exported[identifier(name)] = identifier(name);
  }
  const code = harden(standaloneCode(ajv, exported)).replace(/^export const (\w+) = /gm, 'const $1 = ');
  const entries = CLIENT_METHODS.map(([name]) => `  '${name}': ${identifier(name)},\n`).join('');
  const table = `export const validators = Object.freeze({\n  __proto__: null,\n${entries}});\n`;
  return [
    {
      path: 'schemas/generated/validators.js',
      text: `// ${GENERATED_MARK}\n${LONGER_THAN}${code}\n${table}`,
    },
    { path: 'schemas/generated/validators.d.ts', text: declarations },
  ];
};
