import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isBadRequest, type Request, readRequest } from './envelope.js';
import { PrebuiltReply, resultReply } from './reply.js';
import { RequestScanner } from './scan.js';

const METHODS = ['system.ping', 'chat.send', 'heartbeat.pong', 'a', `m${'x'.repeat(60)}`];
/** What is answered to some of them whoever asks, without params. */
const RESULT = '{"pong":true}';
const ALWAYS_THE_SAME = new Set(['system.ping', 'a']);
const routes = METHODS.map((method) => {
  const prebuilt = ALWAYS_THE_SAME.has(method) ? new PrebuiltReply(RESULT) : null;
  return [method, { method, prebuilt }] as const;
});
const scanner = new RequestScanner(new Map(routes));
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** What the fast path makes of a frame; null where it leaves it alone. */
const fast = (frame: Uint8Array): Request | null => {
  const route = scanner.scan(frame, frame.buffer, frame.byteOffset);
  if (route === null) return null;
  const { method } = route;
  const { idFrom, idTo, paramsFrom, paramsTo } = scanner;
  let params: object = {};
  try {
    if (paramsTo > paramsFrom) params = JSON.parse(decoder.decode(frame.subarray(paramsFrom, paramsTo)));
  } catch {
    return null;
  }
  const idJson = idFrom === idTo ? null : decoder.decode(frame.subarray(idFrom, idTo));
  const isReady = idJson !== null && paramsTo - paramsFrom <= 2 && ALWAYS_THE_SAME.has(method);
  const answer = isReady ? resultReply(idJson, RESULT) : null;
  const ready = scanner.answer === null ? null : decoder.decode(scanner.answer.buffer);
  if (ready !== answer) assert.fail(`${decoder.decode(frame)} was answered ${ready}`);
  return { method, params, idJson };
};

/** What the slow path makes of it; null where that refuses it. */
const slow = (text: string): Request | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const request = readRequest(value);
  return isBadRequest(request) ? null : request;
};

const canonical = (method: string, params: string | null, id: string | null): string =>
  `{"jsonrpc":"2.0","method":"${method}"${params === null ? '' : `,"params":${params}`}${id === null ? '' : `,"id":${id}`}}`;

test('the canonical spelling of every method is taken, with its params and its id', () => {
  const params = ['{}', '{"a":[1,{"b":"}"}]}', '{"message":"\\",\\"id\\":\\"x\\"}","é":"\u{1f600}"}'];
  const ids = ['0', '7', '123456789012345', '""', '"a"', `"${'~'.repeat(128)}"`, '",\'id\':{}"'];
  for (const method of METHODS) {
    for (const param of params) {
      for (const id of [...ids, null]) {
        const text = canonical(method, param, id);
        assert.deepEqual(fast(encoder.encode(text)), { method, params: JSON.parse(param), idJson: id }, text);
      }
    }
    for (const id of ids) assert.ok(fast(encoder.encode(canonical(method, null, id))) !== null);
  }
});

test('every other spelling is left to the slow path', () => {
  const others = [
    '',
    '{}',
    canonical('no.such', '{}', '1'),
    canonical('system.pin', '{}', '1'),
    canonical('system.pingg', '{}', '1'),
    canonical('system\\u002eping', '{}', '1'),
    ...['01', '-1', '-0', '1.5', '1e3', '1234567890123456', '', 'null', 'true', '[]', '{}'].map((id) =>
      canonical('a', '{}', id),
    ),
    ...['"\\u0041"', '"é"', '"a\tb"', '"\u007f"', `"${'x'.repeat(129)}"`, '"a', 'a"'].map((id) =>
      canonical('a', '{}', id),
    ),
    ...['[]', 'null', '1', '"x"', '', '{', '}', '{"a":1', ' {}', '{} ', '{}{}', '{},"id":{}'].map((params) =>
      canonical('a', params, '1'),
    ),
    `\ufeff${canonical('a', '{}', '1')}`,
    ` ${canonical('a', '{}', '1')}`,
    `${canonical('a', '{}', '1')} `,
    `[${canonical('a', '{}', '1')}]`,
    '{"jsonrpc":"2.0","method":"a","params":{},"id":1,"id":2}',
    '{"jsonrpc":"2.0","method":"a","params":{},"x":1,"id":2}',
    '{"jsonrpc":"2.0","method":"a","params":{"a":"},"id":"1"}',
    '{"jsonrpc":"2.0","method":"a"}}',
  ];
  for (const text of others) assert.equal(fast(encoder.encode(text)), null, text);
});

test('whatever JSON it takes, the slow path reads the same', () => {
  const id = fc.oneof(fc.string({ maxLength: 130 }), fc.integer(), fc.double(), fc.constant(null));
  const message = fc.tuple(fc.constantFrom(...METHODS), fc.object({ maxDepth: 3 }), id);
  fc.assert(
    fc.property(message, fc.string({ maxLength: 3 }), ([method, params, requestId], dirt) => {
      for (const text of [
        canonical(method, JSON.stringify(params), JSON.stringify(requestId)),
        canonical(method, JSON.stringify(params) + dirt, JSON.stringify(requestId)),
        canonical(method, `{${dirt}}`, JSON.stringify(requestId)),
        canonical(method, JSON.stringify(params), dirt),
      ]) {
        // As it arrives: UTF-8 has no lone surrogates.
        const frame = encoder.encode(text);
        const taken = fast(frame);
        if (taken !== null) assert.deepEqual(taken, slow(decoder.decode(frame)), text);
      }
    }),
    { numRuns: 2000 },
  );
});

/** Small, fast and seeded (xorshift32). */
const randomNumbers = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
};

test('a million mangled messages: what it takes, the slow path reads the same', () => {
  const CASES = 1_000_000;
  const random = randomNumbers(20260320);
  const sources = METHODS.slice(0, 4)
    .flatMap((method) => [
      canonical(method, '{}', '"a1"'),
      canonical(method, '{"a":"b","c":[{}]}', '42'),
      canonical(method, null, '7'),
      canonical(method, '{"seq":1}', null),
    ])
    .map((text) => encoder.encode(text));
  const pieces = [
    '"',
    '\\',
    '{',
    '}',
    ',',
    ':',
    '{}',
    '"id":',
    ',"id":1',
    '"params":{',
    '},"id":"',
    '0',
    '9',
    ' ',
    'é',
    '\u0000',
    '-',
    'e',
    '.',
    '[',
    ']',
    'null',
    '\\u0022',
    '"}',
  ].map((piece) => encoder.encode(piece));
  const frame = new Uint8Array(512);
  let taken = 0;
  for (let i = 0; i < CASES; i += 1) {
    const source = sources[random(sources.length)] as Uint8Array;
    frame.set(source);
    let { length } = source;
    for (let change = random(3); change >= 0; change -= 1) {
      // Mostly behind the method, where there is something to be wrong about.
      const fixed = random(8) === 0 ? 0 : Math.min(44, length - 1);
      const at = fixed + random(length - fixed);
      const piece = pieces[random(pieces.length)] as Uint8Array;
      const kind = random(4);
      if (kind === 0) {
        // One byte becomes another.
        frame[at] = 0x20 + random(0x60);
      } else if (kind === 1 && length > 2) {
        frame.copyWithin(at, at + 1, length);
        length -= 1;
      } else if (kind === 2) {
        frame.copyWithin(at + piece.length, at, length);
        frame.set(piece, at);
        length += piece.length;
      } else {
        // A part of it once more, somewhere else.
        const from = random(length);
        const part = frame.slice(from, Math.min(length, from + random(24)));
        frame.copyWithin(at + part.length, at, length);
        frame.set(part, at);
        length += part.length;
      }
    }
    // Words are compared where they are aligned.
    const shift = random(2) * random(4);
    frame.copyWithin(shift, 0, length);
    const bytes = frame.subarray(shift, shift + length);
    const request = fast(bytes);
    if (request === null) continue;
    taken += 1;
    const expected = slow(decoder.decode(bytes));
    // Deep equality is slow, and hardly ever needed.
    if (
      expected === null ||
      request.method !== expected.method ||
      request.idJson !== expected.idJson ||
      JSON.stringify(request.params) !== JSON.stringify(expected.params)
    ) {
      assert.fail(`case ${i}: ${decoder.decode(bytes)}`);
    }
  }
  assert.ok(taken > CASES / 25, `only ${taken} were canonical: this proves too little`);
});
