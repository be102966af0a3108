/** Arguments of the built-in skills: their schemas are ours and flat, so that checking them is no work. */

interface Field {
  readonly type: 'string' | 'integer' | 'number';
  readonly description: string;
  /** Of a string's length, or of a number. */
  readonly minimum?: number;
  readonly maximum: number;
}

export interface FlatSchema {
  readonly required: readonly string[];
  readonly fields: Readonly<Record<string, Field>>;
}

/** The same as JSON Schema. */
export const jsonSchemaOf = ({ required, fields }: FlatSchema): { readonly [key: string]: unknown } => ({
  type: 'object',
  properties: Object.fromEntries(
    Object.entries(fields).map(([name, { type, description, minimum = 0, maximum }]) => [
      name,
      type === 'string'
        ? { type, description, minLength: minimum, maxLength: maximum }
        : { type, description, minimum, maximum },
    ]),
  ),
  required,
  additionalProperties: false,
});

const fits = ({ type, minimum = 0, maximum }: Field, value: unknown): boolean => {
  if (type === 'string') {
    return (
      typeof value === 'string' && value.length >= minimum && value.length <= maximum && value.isWellFormed()
    );
  }
  if (typeof value !== 'number' || !(value >= minimum && value <= maximum)) return false;
  return type === 'number' || Number.isInteger(value);
};

/** Why they cannot be used, a sentence for the model; null: they can. */
export const flatProblem = (
  { required, fields }: FlatSchema,
  args: Readonly<Record<string, unknown>>,
): string | null => {
  const missing = required.find((name) => !Object.hasOwn(args, name));
  if (missing !== undefined) return `The argument ${missing} is missing.`;
  for (const [name, value] of Object.entries(args)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined)
      return `There is no argument of that name; there are: ${Object.keys(fields).join(', ') || 'none'}.`;
    const { type, minimum = 0, maximum } = field;
    const what =
      type === 'string'
        ? `a string of ${minimum} to ${maximum} characters`
        : `a number from ${minimum} to ${maximum}`;
    if (!fits(field, value)) return `The argument ${name} must be ${what}.`;
  }
  return null;
};
