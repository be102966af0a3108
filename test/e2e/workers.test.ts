/** What is special where several threads serve the one port. The rest of the tests here run with one and with two. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect } from 'node:tls';
import { GatewayFailed } from '../../server/gateway.js';
import { CAN_SHARE_PORT } from '../../server/socket/port.js';
import { HAS_OPENSSL, makeCertificate, tlsConfig } from '../helpers/certificate.js';
import { Client, type Json } from '../helpers/client.js';
import { ENDLESS, embeddedReply, engine } from '../helpers/engine.js';
import {
  atEnd,
  type GatewayUnderTest,
  startTestGateway,
  type TestGatewayOptions,
  temporaryFolder,
} from '../helpers/gateway.js';
import { startGatewayProcess } from '../helpers/gateway-process.js';
import { askUpgrade } from '../helpers/raw-socket.js';
import { recordLog } from '../helpers/recorded-log.js';
import { freePort, until } from '../helpers/system.js';
import { oneOnEach, type SocketThreads, watchThreads } from '../helpers/threads.js';
import { req } from './requirements.js';

const LINUX = { skip: CAN_SHARE_PORT ? false : 'a port can be shared on Linux alone' };
const MIB = 1024 * 1024;

const startTwo = async (
  t: TestContext,
  options: TestGatewayOptions = {},
): Promise<GatewayUnderTest & { readonly threads: SocketThreads }> => {
  const threads = watchThreads(t);
  const under = await startTestGateway(t, {
    ...options,
    flags: { 'gateway.workers': '2', ...options.flags },
  });
  return { ...under, threads };
};

test(
  `${req('P1-workers')} connections come to both threads, and status counts them together`,
  LINUX,
  async (t) => {
    const { threads, login } = await startTwo(t);
    const clients = await oneOnEach(threads, login);
    assert.equal(threads.workers.length, 2);
    for (const client of clients) {
      const { active_connections } = await client.call('system.status');
      assert.ok(active_connections >= 2);
      const again = await clients[0].call('system.status');
      assert.equal(again.active_connections, active_connections);
    }
  },
);

test(
  `${req('P1-workers', 'P5-text', 'P5-index-span')} followers on both threads get every chunk once and in order, at any speed`,
  LINUX,
  async (t) => {
    const under = await startTwo(t, { config: engine(0, { max_message_bytes: 16 * MIB }) });
    const writers = await oneOnEach(under.threads, under.login);
    const readers = await oneOnEach(under.threads, under.login);
    for (const stalled of [null, ...readers]) {
      stalled?.socket.pause();
      const message = 'word éé '.repeat(stalled === null ? 2000 : 100_000);
      const { message_id } = await writers[0].call('chat.send', { message });
      for (const client of [...writers, ...readers]) {
        if (client === stalled) continue;
        assert.equal((await client.complete(message_id)).finish_reason, 'stop');
        assert.equal(client.streamed(message_id), embeddedReply(message));
      }
      stalled?.socket.resume();
      await stalled?.complete(message_id);
      if (stalled !== null) assert.equal(stalled.streamed(message_id), embeddedReply(message));
    }
  },
);

test(
  `${req('P1-workers')} who finds the first thread before the others listen is served once all do`,
  LINUX,
  async (t) => {
    const homeDir = temporaryFolder(t);
    const port = await freePort();
    let isStarted = false;
    const starting = startTestGateway(t, {
      homeDir,
      flags: { 'gateway.port': `${port}`, 'gateway.workers': '8' },
    }).then((under) => {
      isStarted = true;
      return under;
    });
    let client: Client | null = null;
    await until(async () => {
      const tried = new Client(`ws://127.0.0.1:${port}`);
      atEnd(t, () => tried.terminate());
      const opened = tried.opened.then(
        () => true,
        () => false,
      );
      if (await opened) client = tried;
      return opened;
    }, 'the first thread');
    assert.ok(client !== null);
    const early: Client = client;
    const token = readFileSync(join(homeDir, 'local-token'), 'utf8').trim();
    await early.call('auth.handshake', { client_id: 'early', client_version: '1', token });
    assert.equal(isStarted, true);
    assert.deepEqual((await early.call('system.reload')).changed, []);
    await starting;
  },
);

test(`${req('P1-workers')} a batch is answered before what it starts, on either thread`, LINUX, async (t) => {
  const under = await startTwo(t, { config: engine(0) });
  for (const client of await oneOnEach(under.threads, under.login)) {
    client.frames.length = 0;
    const send = { jsonrpc: '2.0', method: 'chat.send', params: { message: 'hello' }, id: 'send' };
    client.send([send, { ...send, method: 'system.status', params: {}, id: 'status' }]);
    const answer = await client.frame(Array.isArray, 'the answer');
    const [{ result }] = answer;
    await client.complete(result.message_id);
    const ofIt = client.frames.filter(({ params }) => params?.message_id === result.message_id);
    assert.ok(client.frames.indexOf(answer) < client.frames.indexOf(ofIt[0]));
  }
});

test(
  `${req('P1-workers', 'P3-resume-open')} a session goes on with its stream on the other thread, and its connection on the first is closed`,
  LINUX,
  async (t) => {
    const under = await startTwo(t, { config: engine(2) });
    const [client, its] = await under.threads.which(under.login);
    const message = 'word '.repeat(300);
    const { message_id } = await client.call('chat.send', { message });
    await client.frame(({ method }) => method === 'chat.stream');
    let [resuming, thread] = await under.threads.which(() => under.connect());
    while (thread === its) [resuming, thread] = await under.threads.which(() => under.connect());
    const { resumed } = await resuming.call('auth.handshake', {
      client_id: 'test-client',
      client_version: '0.9.4',
      token: under.token,
      resume: { session_id: client.handshake.session_id, streams: [{ message_id, after_index: -1 }] },
    });
    assert.equal(resumed, true);
    assert.deepEqual(await client.closed, { code: 1000, reason: 'Session resumed elsewhere' });
    assert.equal((await resuming.complete(message_id)).finish_reason, 'stop');
    assert.equal(resuming.streamed(message_id), embeddedReply(message));
  },
);

test(`${req('P1-workers', 'P1-max-per-ip')} limits hold for the threads together`, LINUX, async (t) => {
  const under = await startTwo(t, {
    config: '[gateway]\nmax_connections_per_ip = 12\nmax_unauthenticated_per_ip = 12\n',
  });
  const clients = [];
  while (clients.length < 12) clients.push(await under.login());
  assert.equal(under.threads.workers.length, 2, 'twelve coins, and all fell alike');
  const refusals = await Promise.all(Array.from({ length: 20 }, () => askUpgrade(t, under.port)));
  for (const { status } of refusals) assert.equal(status, 429);
  await clients[0]?.close();
  await (await under.login()).settle();
  assert.equal((await askUpgrade(t, under.port)).status, 429);
});

test(`${req('P1-workers', 'P1-renewal')} both threads present a renewed certificate, and keep their connections`, {
  skip: LINUX.skip || (HAS_OPENSSL ? false : 'needs the openssl program to make certificates'),
}, async (t) => {
  const dir = temporaryFolder(t);
  const [first, second] = ['first', 'second'].map((name) =>
    makeCertificate(dir, { name, subjectAltName: `DNS:${name}.example.org,IP:127.0.0.1`, days: 90 }),
  );
  assert.ok(first !== undefined && second !== undefined);
  const live = { certPath: join(dir, 'live.cert.pem'), keyPath: join(dir, 'live.key.pem') };
  const install = ({ certPath, keyPath }: typeof first): void => {
    copyFileSync(certPath, live.certPath);
    copyFileSync(keyPath, live.keyPath);
  };
  install(first);
  const { log } = recordLog();
  const under = await startTwo(t, { config: tlsConfig(live), log });
  const clients = await oneOnEach(under.threads, under.login);
  const nameSeen = async (): Promise<string | undefined> => {
    const socket = connect({ host: '127.0.0.1', port: under.port, rejectUnauthorized: false });
    atEnd(t, () => socket.destroy());
    await once(socket, 'secureConnect');
    const name = socket.getPeerX509Certificate()?.subjectAltName;
    socket.destroy();
    return name;
  };
  install(second);
  const { changed } = await clients[0].call('system.reload');
  assert.deepEqual(changed, ['gateway.tls.cert_path']);
  for (let at = 0; at < 20; at += 1) assert.match((await nameSeen()) ?? '', /second\.example\.org/);
  for (const client of clients) await client.settle();
  // What cannot serve is refused by all of them alike.
  copyFileSync(first.keyPath, live.keyPath);
  assert.equal((await clients[1].request('system.reload')).error.code, -32600);
  for (let at = 0; at < 10; at += 1) assert.match((await nameSeen()) ?? '', /second\.example\.org/);
});

test(
  `${req('P1-workers')} where one thread ends the gateway does, with a sentence, and nothing is left of it`,
  LINUX,
  async (t) => {
    const { log, lines } = recordLog();
    const under = await startTwo(t, { log, config: engine(20) });
    const clients = await oneOnEach(under.threads, under.login);
    await clients[0].call('chat.send', { message: ENDLESS });
    // What no thread understands ends it.
    under.threads.workers[0]?.postMessage('nonsense');
    await assert.rejects(under.gateway.failed, (error) => {
      assert.ok(error instanceof GatewayFailed);
      assert.equal(error.message, 'The gateway cannot go on: a thread that serves sockets has ended.');
      return true;
    });
    const codes = await Promise.all(clients.map(async ({ closed }) => (await closed).code));
    assert.deepEqual(new Set(codes), new Set([1001, 1006]));
    assert.ok(lines().some(({ what }) => what === 'sockets'));
    const next = await startTestGateway(t, { flags: { 'gateway.port': `${under.port}` } });
    await (await next.login()).settle();
  },
);

test(
  `${req('P1-workers', 'P9-shutdown')} a process that is ended while its threads listen ends with its status, and is not aborted`,
  LINUX,
  async (t) => {
    const homeDir = temporaryFolder(t);
    const under = await startGatewayProcess(t, {
      homeDir,
      config: engine(20, { workers: 2 }),
    });
    const client = await under.login();
    await client.call('chat.send', { message: ENDLESS });
    const { child, exited } = under.process;
    child.kill('SIGTERM');
    await under.process.said(/Stopping/);
    // The second waits for no reply, the third for nothing.
    child.kill('SIGINT');
    child.kill('SIGTERM');
    assert.equal(await exited, 1, under.process.stderr);
  },
);

test(`${req('P1-workers')} "auto" is as many as there are cores, and another number of threads needs a restart`, async (t) => {
  const under = await startTestGateway(t, { flags: { 'gateway.workers': 'auto' } });
  await (await under.login()).settle();
  await assert.rejects(
    startTestGateway(t, { flags: { 'gateway.workers': '65' } }),
    /gateway\.workers must be an integer from 1 to 64, or "auto", but is 65\./,
  );
});

test(
  `${req('P1-workers', 'P1-limits-freed')} strangers in a hurry leave no place taken`,
  LINUX,
  async (t) => {
    const under = await startTwo(t, { config: '[gateway]\nmax_connections_per_ip = 8\n' });
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all(Array.from({ length: 30 }, () => askUpgrade(t, under.port)));
      assert.ok(answers.every(({ status }) => status === 101 || status === 429));
    }
    let clients: Json[] = [];
    await until(async () => {
      const seats = await Promise.allSettled(Array.from({ length: 8 }, () => under.login()));
      clients = seats.flatMap((seat) => (seat.status === 'fulfilled' ? [seat.value] : []));
      if (clients.length < 8) for (const client of clients) client.terminate();
      return clients.length === 8;
    }, 'all places');
    assert.equal((await askUpgrade(t, under.port)).status, 429);
  },
);
