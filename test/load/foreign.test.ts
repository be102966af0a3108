/** The load suite against a gateway that it did not start: one with TLS and the limits that gateways have. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { HAS_OPENSSL, makeCertificate, tlsConfig } from '../helpers/certificate.js';
import type { CommandOutcome } from '../helpers/command.js';
import { atEnd, startTestGateway, temporaryFolder } from '../helpers/gateway.js';

/** This file runs from `dist/test/load`. */
const PROGRAM = join(import.meta.dirname, '../../bench/load/main.js');

const load = async (
  t: TestContext,
  words: string,
  env: Readonly<Record<string, string>>,
): Promise<CommandOutcome> => {
  const child = spawn(process.execPath, [PROGRAM, ...words.split(' '), '--processes', '1'], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  atEnd(t, () => child.kill('SIGKILL'));
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = await closed;
  return { status, stdout, stderr };
};

test('a gateway with TLS is measured by who trusts its certificate', { skip: !HAS_OPENSSL }, async (t) => {
  const files = makeCertificate(temporaryFolder(t));
  const { token, port } = await startTestGateway(t, { config: tlsConfig(files) });
  const words = `--scenario rpc --url wss://localhost:${port} --connections 3 --rate 15 --seconds 1 --warm-up 0`;
  const trusting = await load(t, words, { OPENCLAW_TOKEN: token, NODE_EXTRA_CA_CERTS: files.certPath });
  assert.equal(trusting.status, 0, trusting.stderr);
  assert.match(trusting.stdout, /refusals and wrong answers +0/);
  assert.match(trusting.stdout, /request to reply, p50 +\d/);
  const wary = await load(t, words, { OPENCLAW_TOKEN: token });
  assert.equal(wary.status, 1);
  assert.match(wary.stderr, /certificate: trust its issuer with the variable NODE_EXTRA_CA_CERTS=FILE/);
});

test('who runs into the rate limit of a gateway is told so, and one without a token is let nowhere', async (t) => {
  const { token, url } = await startTestGateway(t);
  const words = `--scenario rpc --url ${url} --connections 2 --seconds 0.5 --warm-up 0`;
  const refused = await load(t, words, { OPENCLAW_TOKEN: token });
  assert.equal(refused.status, 0, refused.stderr);
  assert.match(refused.stdout, /× 4003 Rate limit exceeded/);
  assert.match(refused.stdout, /Warning: The gateway's rate limit refused some of \d+ requests/);
  assert.match(refused.stdout, /Warning: 2 connections were lost/);
  const stranger = await load(t, words, { OPENCLAW_TOKEN: 'oc_local_nobody' });
  assert.equal(stranger.status, 1);
  assert.match(stranger.stderr, /The handshake was refused/);
  assert.doesNotMatch(stranger.stderr, /oc_local_nobody|at .*\.js/);
  const nobody = await load(t, `--scenario rpc --url ${url}`, {});
  assert.equal(nobody.status, 2);
  assert.match(nobody.stderr, /OPENCLAW_TOKEN/);
});
