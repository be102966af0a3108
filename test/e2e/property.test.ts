/** Random input: whatever is sent, what comes back is what an independent reading of the protocol predicts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Client, Json } from '../helpers/client.js';
import { engine } from '../helpers/engine.js';
import { answersTo, askLast } from '../helpers/exchange.js';
import { startTestGateway } from '../helpers/gateway.js';
import { type Expected, expect, KNOWN_METHODS, type Outcome } from './oracle.js';
import { req } from './requirements.js';

const RUNS = 300;
/** A failure is repeated by running the test again. */
const SEED = 20260320;

/** Names with a meaning to JavaScript, and what JSON can say of any shape. */
const word = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'id', 'jsonrpc', 'seq', '', 'x'),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(-0, 1.5, 2 ** 53, 1e300, '\ud800'));
const method = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...KNOWN_METHODS) },
  { weight: 1, arbitrary: fc.constantFrom('auth.handshake', 'memory.recall', 'chat.stream', 'no.such') },
  { weight: 1, arbitrary: word },
);
const id = fc.oneof(
  { weight: 4, arbitrary: fc.oneof(fc.maxSafeInteger(), fc.string({ unit: 'binary', maxLength: 130 })) },
  { weight: 1, arbitrary: value },
);
const params = fc.oneof(
  fc.constant({}),
  fc.record({ seq: fc.oneof(fc.nat(), value), client_load: fc.oneof(fc.double(), value) }),
  fc.record({ seq: fc.nat() }),
  fc.record({ channel_id: fc.oneof(fc.constantFrom('default', 'ch-none'), value) }),
  fc.dictionary(word, value, { maxKeys: 3 }),
  fc.array(value, { maxLength: 2 }),
  value,
);
const request = fc.record(
  {
    jsonrpc: fc.oneof({ weight: 9, arbitrary: fc.constant('2.0') }, { weight: 1, arbitrary: value }),
    method: fc.oneof({ weight: 9, arbitrary: method }, { weight: 1, arbitrary: value }),
    params,
    id,
    extra: value,
  },
  { requiredKeys: [] },
);
/** Mostly whole, so that what lies behind the envelope is reached too. */
const whole = fc.record(
  { jsonrpc: fc.constant('2.0'), method, params, id },
  { requiredKeys: ['jsonrpc', 'method'] },
);
const message = fc.oneof(whole, request);
const batch = fc.oneof(
  fc.array(fc.oneof({ weight: 6, arbitrary: message }, { weight: 1, arbitrary: value }), { maxLength: 6 }),
  fc.tuple(whole, fc.integer({ min: 62, max: 66 })).map(([one, size]) => new Array(size).fill(one)),
);

/** A text with one character taken out, put in or changed, or cut short. */
const mutated = fc
  .tuple(
    message,
    fc.nat(),
    fc.constantFrom('delete', 'insert', 'replace', 'cut'),
    fc.constantFrom(...'{}[]",:0 \\'),
  )
  .map(([whole, place, how, character]) => {
    const text = JSON.stringify(whole);
    const at = place % text.length;
    if (how === 'cut') return text.slice(0, at);
    const rest = how === 'insert' ? text.slice(at) : text.slice(at + 1);
    return `${text.slice(0, at)}${how === 'delete' ? '' : character}${rest}`;
  });
const anyText = fc.oneof(
  { weight: 5, arbitrary: message.map((one) => JSON.stringify(one)) },
  { weight: 3, arbitrary: batch.map((many) => JSON.stringify(many)) },
  { weight: 2, arbitrary: mutated },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string() },
);
/** Half a character cannot be sent as UTF-8. */
const text = anyText.map((any) => any.toWellFormed());

const outcomeOf = (answer: Json): Outcome => {
  const { jsonrpc, id, error } = answer;
  assert.equal(jsonrpc, '2.0');
  assert.equal('result' in answer, error === undefined, 'a result or an error');
  if (error === undefined) return { id, code: 'ok' };
  assert.equal(typeof error.message, 'string');
  return { id, code: error.code };
};
const told = (answers: readonly Json[]): Expected['answers'] =>
  answers.map((answer) => (Array.isArray(answer) ? answer.map(outcomeOf) : outcomeOf(answer)));
/** As JSON says it: −0 is 0 there. */
const asJson = (outcomes: Expected['answers']): Json => JSON.parse(JSON.stringify(outcomes));

test(`${req('P2-hostile', 'J5-response', 'J6-batch', 'P2-notification', 'P2-id')} random texts get exactly the answers the protocol predicts`, async (t) => {
  const under = await startTestGateway(t, { config: engine(0) });
  const bystander = await under.login();
  let client: Client = await under.login();
  const property = fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 4 }), async (texts) => {
    for (const sent of texts) {
      const { answers, close } = expect(sent);
      if (close === null) {
        assert.deepEqual(told(await answersTo(client, sent)), asJson(answers), sent);
        continue;
      }
      const last = await askLast(client, sent);
      client = await under.login();
      assert.deepEqual(told(last.answers), asJson(answers), sent);
      assert.equal(last.closed.code, close, sent);
    }
  });
  await fc.assert(property, { numRuns: RUNS, seed: SEED, endOnFailure: false });
  await bystander.settle();
  assert.equal((await bystander.call('system.status')).active_connections, 2);
});

test(`${req('P2-hostile')} the prediction knows every kind of outcome`, () => {
  const seen = new Set<string>();
  for (const sent of fc.sample(text, { numRuns: 3000, seed: SEED })) {
    const { answers, close } = expect(sent);
    seen.add(answers.length === 0 ? 'nothing' : Array.isArray(answers[0]) ? 'batch' : 'one');
    for (const { code } of answers.flat()) seen.add(`${code}`);
    seen.add(`close ${close}`);
  }
  const kinds = [
    'nothing',
    'one',
    'batch',
    'ok',
    '-32700',
    '-32600',
    '-32601',
    '-32602',
    '4040',
    'close 1002',
  ];
  for (const kind of [...kinds, 'close null']) assert.ok(seen.has(kind), kind);
});
