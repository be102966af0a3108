/**
 * Arguments against the schema of a tool. Both are a stranger's: this runs on the thread of that tool's server, which is
 * ended where a pattern of the schema takes for ever.
 */
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';

const MAX_PROBLEMS = 3;
const MAX_PROBLEM_CHARS = 200;

/** `validateSchema` off: what is wrong with a schema shows when it is compiled. Formats are remarks. */
const OPTIONS = { strict: false, validateSchema: false, validateFormats: false, logger: false } as const;

type Schema = { readonly [key: string]: unknown };

/** The dialect is the schema's own; without a word of it, that of MCP (2020-12). */
const compile = (schema: Schema): ValidateFunction => {
  // An instance for each schema: an `$id` must not reach into another tool's.
  const ajv = String(schema.$schema ?? '').includes('draft-0') ? new Ajv(OPTIONS) : new Ajv2020(OPTIONS);
  const validate = ajv.compile({ ...schema });
  // Its validator would answer with a promise, which is true whatever comes of it.
  if ('$async' in validate) throw new Error('an asynchronous schema');
  return validate;
};

export class ArgumentChecker {
  readonly #schema: Schema;
  #validate: ValidateFunction | null = null;

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** Why they cannot be used, a sentence for the model; null: they can. */
  problem(args: Schema): string | null {
    try {
      this.#validate ??= compile(this.#schema);
    } catch {
      return 'The tool’s own description of its arguments cannot be used, so it was not called.';
    }
    if (this.#validate(args)) return null;
    const errors = (this.#validate.errors ?? [])
      .slice(0, MAX_PROBLEMS)
      .map(({ instancePath, message, params }) => {
        const name = typeof params.additionalProperty === 'string' ? ` (${params.additionalProperty})` : '';
        return `${instancePath || 'the whole'} ${message}${name}`.slice(0, MAX_PROBLEM_CHARS).toWellFormed();
      });
    return `The arguments do not fit the tool: ${errors.join('; ')}.`;
  }
}
