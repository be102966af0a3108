import assert from 'node:assert/strict';
import { test } from 'node:test';
import { masked, maskedBody } from './mask.js';

/** Stands for what must not be seen. */
const CANARY = 'Canary0123456789abcdef';

test('tokens and keys are masked, whatever holds them', () => {
  const texts = [
    `{"token":"oc_local_${CANARY}"}`,
    `{"token":"${CANARY}"}`,
    `{"params":{"api_key" : "${CANARY}","x":1}}`,
    `{"headers":{"Authorization":"Bearer ${CANARY}"}}`,
    `{"message":"use oc_guest_${CANARY}, please"}`,
    `{"message":"my key is sk-ant-${CANARY}"}`,
    `{"message":"Authorization: Bearer ${CANARY}"}`,
    `{"message":"https://example.org/?api_key=${CANARY}&x=1"}`,
    `{"message":"ghp_${CANARY}"}`,
    `{"message":"eyJhbGciOiJIUzI1NiJ9.${CANARY}.${CANARY}"}`,
    `{"arguments":"{\\"password\\":\\"${CANARY}\\"}"}`,
    `{"to\\u006ben":"${CANARY}"}`,
    `{"token":"${CANARY}`,
    `{"token":"quote \\" ${CANARY}"}`,
  ];
  for (const text of texts) assert.doesNotMatch(maskedBody(text), /Canary/, text);
});

test('what is no secret stays as it is', () => {
  const text = '{"jsonrpc":"2.0","method":"chat.complete","params":{"total_tokens":156,"channel":"default"}}';
  assert.equal(maskedBody(text), text);
  assert.equal(masked('chat.send'), 'chat.send');
});

test('a body has at most 512 bytes, and no half character', () => {
  for (const filling of ['x', 'é', '漢', '😀']) {
    for (const lead of ['', 'a', 'ab', 'abc']) {
      const body = maskedBody(lead + filling.repeat(2000));
      assert.ok(Buffer.byteLength(body) <= 512 && Buffer.byteLength(body) > 500, filling);
      assert.match(body, /…$/);
      assert.doesNotMatch(body, /\ufffd/);
    }
  }
  assert.equal(maskedBody('x'.repeat(512)).length, 512);
  const hidden = maskedBody(`{"token":"${CANARY.repeat(1000)}","x":"${'y'.repeat(600)}"}`);
  assert.doesNotMatch(hidden, /Canary/);
});

test('a hostile text is masked as fast as a friendly one', () => {
  const startMs = performance.now();
  for (const piece of ['\\"token', '"token', '"'.repeat(8), 'token=', '\\\\\\"key', ' :"key"']) {
    maskedBody(piece.repeat(200_000));
  }
  assert.ok(performance.now() - startMs < 2000);
});
