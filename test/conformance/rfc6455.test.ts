/**
 * RFC 6455 as the gateway keeps it. A title that says "deviates" asserts what really happens where
 * that is not what the RFC asks for; it is there so that a change is noticed, not because it is right.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { closePayload, encodeFrame, OPCODE, type ServerFrame } from '../helpers/frames.js';
import { type GatewayUnderTest, startTestGateway } from '../helpers/gateway.js';
import { RawWebSocket } from '../helpers/raw-socket.js';

const LIMIT_BYTES = 2048;
const CONFIG = `[gateway]\nmax_message_bytes = ${LIMIT_BYTES}\nmax_unauthenticated_per_ip = 0\n`;
/** Before the handshake it is refused, and so shows that it has arrived whole. */
const QUESTION = JSON.stringify({ jsonrpc: '2.0', method: 'system.ping', id: 'ä1' });
const BYTES = Buffer.from(QUESTION);

const INVALID_FORMAT = ['answer null -32700', 'close 1002 Invalid message format'];

const start = (t: TestContext): Promise<GatewayUnderTest> => startTestGateway(t, { config: CONFIG });

/** What came, in words that a failure can be read by. */
const told = ({ opcode, payload }: ServerFrame): string => {
  if (opcode === OPCODE.pong) return `pong ${payload}`;
  if (opcode === OPCODE.text) {
    const { id, error } = JSON.parse(payload.toString());
    return `answer ${id} ${error.code}`;
  }
  if (opcode !== OPCODE.close) return `opcode ${opcode}`;
  return payload.length === 0 ? 'close' : `close ${payload.readUInt16BE(0)} ${payload.subarray(2)}`.trim();
};

/** Everything that the gateway says to these bytes until it ends the connection. */
const lastWords = async (t: TestContext, port: number, ...frames: readonly Buffer[]) => {
  const raw = await RawWebSocket.open(t, port);
  raw.writeBytes(Buffer.concat(frames));
  return (await raw.rest()).map(told);
};

/** Asserts that each of these ends its connection without a word, and that the gateway goes on. */
const assertDropped = async (t: TestContext, cases: Readonly<Record<string, readonly Buffer[]>>) => {
  const { port } = await start(t);
  for (const [what, frames] of Object.entries(cases)) {
    assert.deepEqual(await lastWords(t, port, ...frames, encodeFrame(QUESTION)), [], what);
  }
  await assertAnswers(await RawWebSocket.open(t, port));
};

const assertAnswers = async (raw: RawWebSocket, ...before: readonly string[]): Promise<void> => {
  raw.writeBytes(encodeFrame(QUESTION));
  for (const expected of [...before, 'answer ä1 4010']) assert.equal(told(await raw.nextFrame()), expected);
};

/** A message as one frame for each piece. */
const inFragments = (pieces: readonly Buffer[]): readonly Buffer[] =>
  pieces.map((piece, at) =>
    encodeFrame(piece, {
      opcode: at === 0 ? OPCODE.text : OPCODE.continuation,
      fin: at === pieces.length - 1,
    }),
  );

const eachByte = (bytes: Buffer): readonly Buffer[] => [...bytes].map((byte) => Buffer.of(byte));

test('section 5.4: a message in fragments of one byte is one message, halves of characters included', async (t) => {
  const raw = await RawWebSocket.open(t, (await start(t)).port);
  raw.writeBytes(Buffer.concat(inFragments(eachByte(BYTES))));
  await assertAnswers(raw, 'answer ä1 4010');
});

test('section 5.4: empty fragments add nothing', async (t) => {
  const raw = await RawWebSocket.open(t, (await start(t)).port);
  const none = Buffer.alloc(0);
  raw.writeBytes(Buffer.concat(inFragments([none, BYTES.subarray(0, 5), none, BYTES.subarray(5), none])));
  await assertAnswers(raw, 'answer ä1 4010');
});

test('section 5.4: what TCP delivers byte by byte is read as if it had come at once', async (t) => {
  const raw = await RawWebSocket.open(t, (await start(t)).port);
  await raw.writeOneByOne(
    Buffer.concat([
      encodeFrame('p', { opcode: OPCODE.ping }),
      ...inFragments([BYTES.subarray(0, 9), BYTES.subarray(9)]),
    ]),
  );
  await assertAnswers(raw, 'pong p', 'answer ä1 4010');
});

test('sections 5.4, 5.5.2: pings between fragments are answered at once, and the message stays whole', async (t) => {
  const raw = await RawWebSocket.open(t, (await start(t)).port);
  const fragments = inFragments(eachByte(BYTES));
  const pongs: string[] = [];
  for (const [at, fragment] of fragments.entries()) {
    raw.writeBytes(Buffer.concat([encodeFrame(`${at}`, { opcode: OPCODE.ping }), fragment]));
    pongs.push(`pong ${at}`);
  }
  await assertAnswers(raw, ...pongs, 'answer ä1 4010');
});

test('section 5.5.2: a pong carries the payload of its ping, 0 to 125 bytes of anything', async (t) => {
  const raw = await RawWebSocket.open(t, (await start(t)).port);
  for (const payload of [Buffer.alloc(0), Buffer.of(0), Buffer.alloc(125, 0xff), Buffer.from('ping')]) {
    raw.writeBytes(encodeFrame(payload, { opcode: OPCODE.ping }));
    const { opcode, payload: returned } = await raw.nextFrame();
    assert.equal(opcode, OPCODE.pong);
    assert.deepEqual(Buffer.from(returned), payload);
  }
});

test('section 5.5.3: a pong that nobody asked for gets no answer', async (t) => {
  const raw = await RawWebSocket.open(t, (await start(t)).port);
  raw.writeBytes(encodeFrame('unasked', { opcode: OPCODE.pong }));
  await assertAnswers(raw);
});

test('section 5.2: reserved bits fail the connection; deviates from the SHOULD of 7.1.7: no close frame', async (t) => {
  const cases: Record<string, readonly Buffer[]> = {};
  for (let reserved = 1; reserved <= 7; reserved += 1) {
    cases[`bits ${reserved}`] = [encodeFrame(QUESTION, { reserved })];
  }
  await assertDropped(t, cases);
});

test('section 5.2: reserved opcodes fail the connection; deviates from the SHOULD of 7.1.7: no close frame', async (t) => {
  const cases: Record<string, readonly Buffer[]> = {};
  for (const opcode of [3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf]) {
    cases[`opcode ${opcode}`] = [encodeFrame(QUESTION, { opcode })];
  }
  await assertDropped(t, cases);
});

test('section 5.4: a continuation of nothing and a message within another fail the connection; deviates from the SHOULD of 7.1.7: no close frame', async (t) => {
  const begun = encodeFrame('{', { fin: false });
  await assertDropped(t, {
    'a continuation alone': [encodeFrame(QUESTION, { opcode: OPCODE.continuation })],
    'one that goes on': [encodeFrame(QUESTION, { opcode: OPCODE.continuation, fin: false })],
    'one behind a whole message': [encodeFrame('', { opcode: OPCODE.continuation })],
    'a text in a message': [begun, encodeFrame(QUESTION)],
    'a fragment in a message': [begun, begun],
  });
});

test('section 5.4: deviates: a binary message within a text is not noticed as such, but ends the connection like any other', async (t) => {
  const { port } = await start(t);
  const frames = [encodeFrame('{', { fin: false }), encodeFrame(QUESTION, { opcode: OPCODE.binary })];
  assert.deepEqual(await lastWords(t, port, ...frames), INVALID_FORMAT);
});

test('section 5.5: control frames that are too long or in fragments fail the connection; deviates from the SHOULD of 7.1.7: no close frame', async (t) => {
  const { close, ping, pong } = OPCODE;
  const cases: Record<string, readonly Buffer[]> = {};
  for (const opcode of [close, ping, pong]) {
    cases[`opcode ${opcode} of 126 bytes`] = [encodeFrame(Buffer.alloc(126, 0x61), { opcode })];
    cases[`opcode ${opcode} in fragments`] = [encodeFrame('', { opcode, fin: false })];
  }
  await assertDropped(t, cases);
});

test('section 8.1: text that is no UTF-8 fails the connection, wherever a frame cuts it; deviates from the SHOULD of 7.1.7: no close frame', async (t) => {
  const broken: Record<string, readonly number[]> = {
    'a byte that never occurs': [0x22, 0xff, 0x22],
    'a continuation byte alone': [0x22, 0x80, 0x22],
    'half a character': [0x22, 0xc3],
    'an overlong slash': [0x22, 0xc0, 0xaf, 0x22],
    'a surrogate': [0x22, 0xed, 0xa0, 0x80, 0x22],
    'beyond U+10FFFF': [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22],
  };
  const cases: Record<string, readonly Buffer[]> = {};
  for (const [what, bytes] of Object.entries(broken)) {
    cases[what] = [encodeFrame(Buffer.from(bytes))];
    cases[`${what}, in fragments`] = inFragments(eachByte(Buffer.from(bytes)));
  }
  await assertDropped(t, cases);
});

test('section 5.1: deviates: the bit that says "masked" is not looked at, a key is read in any case', async (t) => {
  const { port } = await start(t);
  const raw = await RawWebSocket.open(t, port);
  const unsaid = encodeFrame(QUESTION);
  unsaid[1] = (unsaid[1] ?? 0) & 0x7f;
  raw.writeBytes(unsaid);
  await assertAnswers(raw, 'answer ä1 4010');

  // Without a key the first four bytes are taken for one, and what follows is read wrongly.
  const unmasked = encodeFrame('1234', { masked: false });
  const zeros = Buffer.alloc(4);
  assert.deepEqual(await lastWords(t, port, unmasked, Buffer.from('1234')), INVALID_FORMAT);
  assert.deepEqual(await lastWords(t, port, unmasked, zeros), ['answer null -32600', INVALID_FORMAT[1]]);
});

test('section 5.1: the gateway never masks, and never sends a text in fragments', async (t) => {
  const raw = await RawWebSocket.open(t, (await start(t)).port);
  raw.writeBytes(Buffer.concat([encodeFrame(QUESTION), encodeFrame('p', { opcode: OPCODE.ping })]));
  // A mask bit would make lengths of 128 and more, which the decoder does not understand.
  const frames = [await raw.nextFrame(), await raw.nextFrame()];
  // A pong may overtake an answer: with several socket threads the answer comes from another one.
  assert.deepEqual(new Set(frames.map(({ opcode }) => opcode)), new Set([OPCODE.text, OPCODE.pong]));
  assert.ok(frames.every(({ fin }) => fin));
});

const closing = (payload: Buffer): Buffer => encodeFrame(payload, { opcode: OPCODE.close });

test('section 5.5.1: a close is answered with its own code, and TCP ends', async (t) => {
  const { port } = await start(t);
  for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 4000, 4999]) {
    assert.deepEqual(await lastWords(t, port, closing(closePayload(code, 'bye'))), [`close ${code} bye`]);
  }
});

test('section 5.5.1: a close without a code is answered by one without a code', async (t) => {
  const { port } = await start(t);
  assert.deepEqual(await lastWords(t, port, closing(Buffer.alloc(0))), ['close']);
});

test('section 7.4: deviates: codes that must not be sent are answered by a close without a code, not by 1002', async (t) => {
  const { port } = await start(t);
  for (const code of [0, 1, 999, 1004, 1005, 1006, 1012, 1015, 1016, 2999, 5000, 65_535]) {
    assert.deepEqual(await lastWords(t, port, closing(closePayload(code))), ['close'], `${code}`);
  }
  for (const payload of [Buffer.of(3), Buffer.from([0x03, 0xe8, 0xff])]) {
    assert.deepEqual(await lastWords(t, port, closing(payload)), ['close'], payload.toString('hex'));
  }
});

test('section 7.4.2: deviates: codes of libraries and frameworks, 3000 to 3999, are answered without a code', async (t) => {
  const { port } = await start(t);
  for (const code of [3000, 3999]) {
    assert.deepEqual(await lastWords(t, port, closing(closePayload(code))), ['close'], `${code}`);
  }
});

test('section 5.5.1: nothing behind a close is looked at', async (t) => {
  const { port } = await start(t);
  const close = closing(closePayload(1000));
  assert.deepEqual(await lastWords(t, port, close, encodeFrame(QUESTION), close), ['close 1000']);
});

test('section 7.4.1: 1009 for a message over the limit; beyond twice the limit deviates from the SHOULD of 7.1.7: no close frame', async (t) => {
  const { port } = await start(t);
  const ofBytes = (bytes: number): Buffer =>
    encodeFrame(Buffer.concat([BYTES, Buffer.alloc(bytes - BYTES.length, ' ')]));
  const raw = await RawWebSocket.open(t, port);
  raw.writeBytes(ofBytes(LIMIT_BYTES));
  await assertAnswers(raw, 'answer ä1 4010');
  for (const bytes of [LIMIT_BYTES + 1, 2 * LIMIT_BYTES]) {
    assert.deepEqual(await lastWords(t, port, ofBytes(bytes)), ['close 1009 Message too large']);
  }
  assert.deepEqual(await lastWords(t, port, ofBytes(2 * LIMIT_BYTES + 1)), []);
  const half = Buffer.alloc(LIMIT_BYTES, ' ');
  assert.deepEqual(await lastWords(t, port, ...inFragments([half, half, Buffer.of(0x20)])), []);
});

test('section 5.2: a length beyond the limit is refused by its head, before any of the payload', async (t) => {
  const { port } = await start(t);
  for (const length of [BigInt(2 * LIMIT_BYTES + 1), 2n ** 32n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]) {
    const head = Buffer.alloc(14);
    head.writeUInt16BE(0x81ff, 0);
    head.writeBigUInt64BE(length, 2);
    assert.deepEqual(await lastWords(t, port, head), [], `${length}`);
  }
});

test('section 5.2: deviates: a length need not be in its shortest form', async (t) => {
  const raw = await RawWebSocket.open(t, (await start(t)).port);
  // With a key of zeros the payload is what it is.
  const short = Buffer.alloc(8);
  short.writeUInt16BE(0x81fe, 0);
  short.writeUInt16BE(BYTES.length, 2);
  const long = Buffer.alloc(14);
  long.writeUInt16BE(0x81ff, 0);
  long.writeBigUInt64BE(BigInt(BYTES.length), 2);
  raw.writeBytes(Buffer.concat([short, BYTES, long, BYTES]));
  await assertAnswers(raw, 'answer ä1 4010', 'answer ä1 4010');
});
