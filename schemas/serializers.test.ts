import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Method } from './define.js';
import { notificationSerializers, resultSerializers } from './generated/serializers.js';
import { methods } from './methods.js';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: unknown;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly minimum?: number;
}

/** What breaks escapers: quotes, control characters, halves of pairs, lengths around their fast paths. */
const hostileUnit = fc.oneof(
  fc.constantFrom('"', '\\', '\n', '\u0000', '\u001f', '\u007f', '\u2028', '\ud800', '\udfff', '😀', '/'),
  fc.integer({ min: 0x20, max: 0x7e }).map((unit) => String.fromCharCode(unit)),
  fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
);
const text = fc.oneof(
  fc.array(hostileUnit, { maxLength: 60 }).map((units) => units.join('')),
  fc
    .tuple(fc.constantFrom(7, 8, 41, 42, 127, 4999, 5000), hostileUnit)
    .map(([length, unit]) => 'x'.repeat(length) + unit),
);

const arbitraryOf = (schema: Schema): fc.Arbitrary<unknown> => {
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(arbitraryOf));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.patternProperties !== undefined) return fc.dictionary(text, fc.jsonValue(), { maxKeys: 5 });
  switch (schema.type) {
    case 'string':
      return text;
    case 'integer':
      return fc.maxSafeInteger();
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(arbitraryOf(schema.items ?? {}), { maxLength: 4 });
    case 'object':
      return fc.record(
        Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([key, value]) => [key, arbitraryOf(value)]),
        ),
        { requiredKeys: [...(schema.required ?? [])] },
      );
    default:
      return fc.jsonValue();
  }
};

const check = (schema: Schema, serialize: (value: never) => string): void => {
  fc.assert(
    fc.property(arbitraryOf(schema), (value) => {
      const json = serialize(value as never);
      assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(value)));
      // Well-formed UTF-8 on the wire: lone surrogates must have been escaped.
      assert.equal(Buffer.from(json).toString(), json);
    }),
    { numRuns: 100 },
  );
};

const TABLE: readonly (readonly [string, Method])[] = Object.entries(methods);

for (const [name, spec] of TABLE) {
  if (spec.direction === 'Client → Server') {
    test(`the result of ${name} is written as JSON.stringify would`, () => {
      check(spec.result as Schema, resultSerializers[name as keyof typeof resultSerializers]);
    });
  } else if (spec.direction === 'Server → Client') {
    test(`the params of ${name} are written as JSON.stringify would`, () => {
      check(spec.params as Schema, notificationSerializers[name as keyof typeof notificationSerializers]);
    });
  }
}

test('long arrays of strings are written like short ones', () => {
  const changed = Array.from({ length: 200 }, (_, index) => `key "${index}" \ud800`);
  const result = { changed, needs_restart: [] };
  assert.equal(resultSerializers['system.reload'](result), JSON.stringify(result));
});

test('integers beyond 32 bits stay whole', () => {
  const index = Number.MAX_SAFE_INTEGER;
  const json = notificationSerializers['chat.stream']({ chunk: '', index, channel: 'c', message_id: 'm' });
  assert.equal(json, `{"chunk":"","index":${index},"channel":"c","message_id":"m"}`);
});

test('a key of metadata may be anything a JSON key may be', () => {
  const metadata = JSON.parse('{"a\\nb":1,"__proto__":{"x":1},"constructor":null,"":[]}') as Record<
    string,
    unknown
  >;
  const created = { channel_id: 'c', name: '', metadata, created_at: '2026-03-20T10:15:23Z' };
  assert.equal(resultSerializers['channel.create'](created), JSON.stringify(created));
});

test('members outside the table are not sent, and undefined ones are left out', () => {
  const complete = {
    total_tokens: 156,
    channel: 'default',
    duration_ms: 1230,
    message_id: 'm',
    finish_reason: 'stop',
    usage: undefined,
    secret: 'x',
  } as const;
  const { usage: _usage, secret: _secret, ...listed } = complete;
  assert.equal(notificationSerializers['chat.complete'](complete as never), JSON.stringify(listed));
});

test('a required member that is missing is an error, not a hole', () => {
  assert.throws(() => notificationSerializers['chat.stream']({ chunk: 'x' } as never), /"index" is required/);
});
