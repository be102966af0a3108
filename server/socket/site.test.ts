import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Coding, chooseVariant, isKnown, type SiteFile } from './site.js';

const CODINGS: readonly Coding[] = ['br', 'gzip', 'identity'];

const fileWith = (codings: readonly Coding[]): SiteFile => ({
  contentType: 'text/plain',
  headers: [],
  variants: codings.map((coding) => ({ coding, etag: `"${coding}"`, body: Buffer.from(coding) })),
});
const FILE = fileWith(CODINGS);
const chosen = (acceptEncoding: string, file = FILE) => chooseVariant(file, acceptEncoding)?.coding ?? null;

test('the coding that weighs most is sent, of equals the smallest', () => {
  const cases: readonly (readonly [string, Coding | null])[] = [
    ['', 'identity'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['deflate', 'identity'],
    ['*', 'br'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0, *', 'gzip'],
    ['br;q=0.001', 'br'],
    ['identity, br;q=0.5', 'identity'],
    ['identity;q=0.5, *;q=0', 'identity'],
    ['identity;q=0, gzip', 'gzip'],
    ['BR ; Q=1', 'br'],
    ['br;q=2, gzip;q=-1', 'identity'],
    ['br;level=4', 'identity'],
    ['gzip;q=0, gzip', 'identity'],
    ['identity;q=0', null],
    ['*;q=0', null],
    ['*;q=0.000, br;q=0.0', null],
    [',, ,', 'identity'],
  ];
  for (const [header, coding] of cases) assert.equal(chosen(header), coding, header);
});

const weight = fc.integer({ min: 0, max: 1000 });
const spelt = (thousandths: number): string =>
  thousandths === 1000 ? '1.000' : `0.${String(thousandths).padStart(3, '0')}`;

test('whatever is asked for: nothing refused is sent, and nothing that weighs more is left', () => {
  const name = fc.constantFrom('br', 'gzip', 'identity', '*', 'zstd');
  const wishes = fc.uniqueArray(fc.tuple(name, weight), { selector: ([coding]) => coding });
  const held = fc.subarray(['br', 'gzip'] as const).map((some): Coding[] => [...some, 'identity']);
  fc.assert(
    fc.property(wishes, held, fc.constantFrom(',', ', ', ' ,\t'), (asked, codings, comma) => {
      const header = asked.map(([coding, thousandths]) => `${coding};q=${spelt(thousandths)}`).join(comma);
      const weights = new Map<string, number>(asked);
      const weightOf = (coding: Coding): number =>
        weights.get(coding) ?? weights.get('*') ?? (coding === 'identity' ? 0.1 : 0);
      const coding = chosen(header, fileWith(codings));
      const most = Math.max(...codings.map(weightOf));
      if (coding === null) assert.equal(most, 0);
      else assert.ok(most > 0 && weightOf(coding) === most && codings.includes(coding));
    }),
  );
});

test('nothing that is sent as a header makes it throw', () => {
  const anything = fc.oneof(
    fc.string({ maxLength: 3000 }),
    fc
      .array(fc.constantFrom('br', 'gzip', '*', ';', 'q', '=', '0', '1', '.', ',', ' ', '"', 'W/'))
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(anything, (header) => {
      const variant = chooseVariant(FILE, header);
      if (variant !== null) isKnown(variant, header);
    }),
  );
});

test('If-None-Match: a list of tags, weak ones too, or any', () => {
  const [variant] = FILE.variants;
  assert.ok(variant);
  for (const known of ['"br"', 'W/"br"', '"a", "br"', '"a",W/"br" ', '*', ' * ']) {
    assert.equal(isKnown(variant, known), true, known);
  }
  for (const other of ['', '"gzip"', 'br', '"b"', '"br', '"a*"', '"a", *']) {
    assert.equal(isKnown(variant, other), false, other);
  }
});
