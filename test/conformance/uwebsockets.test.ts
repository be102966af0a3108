/** What the gateway relies on in uWebSockets.js and no type can say: another build of it shows here first. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import {
  App,
  filterSockets,
  type HttpResponse,
  listenExclusively,
  listenShared,
  type us_listen_socket,
  us_listen_socket_close,
  us_socket_local_port,
  type WebSocket,
} from '../../server/socket/uws.js';
import { closePayload, encodeFrame, OPCODE } from '../helpers/frames.js';
import { proxyBytes, proxyHeader } from '../helpers/proxy-header.js';
import {
  answersUntilEnd,
  askHttp,
  askUpgrade,
  RawWebSocket,
  requestBytes,
  SilentSocket,
} from '../helpers/raw-socket.js';
import { freePort, until } from '../helpers/system.js';

type Behavior = Parameters<ReturnType<typeof App>['ws']>[1];

const HOST = '127.0.0.1';
const FRAME = 'x'.repeat(15 * 1024);
/** Above what the kernel takes for a connection that nobody reads. */
const MUCH_BYTES = 64 * 1024 * 1024;
/** What `send` returns. */
const BUFFERED = 0;
const SENT = 1;
const DROPPED = 2;

interface Listening {
  readonly app: ReturnType<typeof App>;
  readonly port: number;
  /** The socket of the client that connects next. */
  readonly accepted: Promise<WebSocket<unknown>>;
}

/** An app with one route, closed after the test. */
const listening = async (t: TestContext, behavior: Behavior = {}, wantedPort = 0): Promise<Listening> => {
  const app = App();
  t.after(() => app.close());
  let accept: (socket: WebSocket<unknown>) => void = () => {};
  const accepted = new Promise<WebSocket<unknown>>((resolve) => {
    accept = resolve;
  });
  app.ws('/*', {
    idleTimeout: 120,
    ...behavior,
    open: (socket) => accept(socket),
  });
  const token = listenExclusively(app, HOST, wantedPort);
  assert.notEqual(token, null);
  return { app, port: us_socket_local_port(token as us_listen_socket), accepted };
};

/** Sends until the kernel takes no more; how many bytes that were. */
const fill = (socket: WebSocket<unknown>): number => {
  let sentBytes = 0;
  while (socket.getBufferedAmount() === 0 && sentBytes < MUCH_BYTES) {
    socket.send(FRAME, false, false);
    sentBytes += FRAME.length;
  }
  assert.ok(socket.getBufferedAmount() > 0, 'the kernel has taken more than any kernel should');
  return sentBytes;
};

/** Reads text frames until a close frame; their number and the code. */
const readToClose = async (raw: RawWebSocket): Promise<{ frames: number; code: number }> => {
  for (let frames = 0; ; frames += 1) {
    const { opcode, payload } = await raw.nextFrame();
    if (opcode === OPCODE.close) return { frames, code: payload.readUInt16BE(0) };
  }
};

test('send says sent, buffered, or dropped: the last only when more than maxBackpressure was buffered before', async (t) => {
  const maxBackpressure = 100_000;
  const { port, accepted } = await listening(t, { maxBackpressure });
  const raw = await RawWebSocket.open(t, port);
  raw.pause();
  const socket = await accepted;
  const seen = new Set<number>();
  for (let sentBytes = 0; sentBytes < MUCH_BYTES && !seen.has(DROPPED); sentBytes += FRAME.length) {
    const before = socket.getBufferedAmount();
    const outcome = socket.send(FRAME, false, false);
    seen.add(outcome);
    assert.equal(outcome === DROPPED, before > maxBackpressure, `${outcome} with ${before} bytes buffered`);
    assert.equal(outcome === SENT, before === 0 && socket.getBufferedAmount() === 0);
  }
  assert.deepEqual([...seen], [SENT, BUFFERED, DROPPED]);
});

test('a send outside drain that was buffered is followed by drain, each time', async (t) => {
  let drained = 0;
  const { port, accepted } = await listening(t, {
    maxBackpressure: MUCH_BYTES,
    drain: () => {
      drained += 1;
    },
  });
  const raw = await RawWebSocket.open(t, port);
  const socket = await accepted;
  for (let round = 0; round < 3; round += 1) {
    raw.pause();
    fill(socket);
    drained = 0;
    raw.resume();
    await until(() => drained > 0 && socket.getBufferedAmount() === 0, `drain in round ${round}`);
  }
});

test('end(code) arrives behind all that was buffered, and the close event is raised within the call', async (t) => {
  const order: string[] = [];
  const { port, accepted } = await listening(t, {
    maxBackpressure: MUCH_BYTES,
    close: () => order.push('closed'),
  });
  const raw = await RawWebSocket.open(t, port);
  raw.pause();
  const socket = await accepted;
  const sentBytes = fill(socket);
  socket.end(4002, 'reason');
  order.push('end returned');
  assert.deepEqual(order, ['closed', 'end returned']);
  assert.throws(() => socket.getBufferedAmount());
  assert.throws(() => socket.send('x'));
  raw.resume();
  assert.deepEqual(await readToClose(raw), { frames: sentBytes / FRAME.length, code: 4002 });
  await raw.ended();
});

test('a code sent in the turn in which the app closes arrives', async (t) => {
  const { app, port, accepted } = await listening(t);
  const raw = await RawWebSocket.open(t, port);
  (await accepted).end(1001, 'Server shutdown');
  app.close();
  assert.deepEqual(await readToClose(raw), { frames: 0, code: 1001 });
});

test('an exclusive listen refuses a port that is taken, and does not disturb who has it', async (t) => {
  const { port } = await listening(t);
  const second = App();
  t.after(() => second.close());
  assert.equal(listenExclusively(second, HOST, port), null);
  assert.equal((await askUpgrade(t, port)).status, 101);
});

test('an exclusive listen takes the port of one that has just closed its connections itself', async (t) => {
  // Only a port that was asked for by number is listened on with SO_REUSEADDR.
  const port = await freePort();
  const first = await listening(t, {}, port);
  const raw = await RawWebSocket.open(t, port);
  (await first.accepted).end(1001);
  first.app.close();
  await raw.ended();
  await listening(t, {}, port);
});

test('a port that is listened on twice goes from one app to the other, and connections stay where they are', async (t) => {
  const port = await freePort();
  const [first, second] = [App(), App()];
  t.after(() => [first, second].map((app) => app.close()));
  first.ws('/*', { message: (socket) => void socket.send('first') });
  second.ws('/*', { message: (socket) => void socket.send('second') });
  const token = listenShared(first, HOST, port);
  assert.ok(token !== null);
  const greeting = async (raw: RawWebSocket): Promise<string> => {
    raw.write('hello');
    return (await raw.nextFrame()).payload.toString();
  };
  const old = await RawWebSocket.open(t, port);
  assert.notEqual(listenShared(second, HOST, port), null);
  assert.equal(listenExclusively(App(), HOST, port), null, 'beside those that share it, nobody has it alone');
  us_listen_socket_close(token);
  for (let at = 0; at < 5; at++) assert.equal(await greeting(await RawWebSocket.open(t, port)), 'second');
  assert.equal(await greeting(old), 'first');
});

/** An app that notes whom the PROXY protocol names in each request. */
const proxiedApp = async (t: TestContext, answer: (res: HttpResponse) => void) => {
  const { app, port } = await listening(t);
  const named: string[] = [];
  app.get('/*', (res) => {
    named.push(Buffer.from(res.getProxiedRemoteAddressAsText()).toString());
    answer(res);
  });
  return { port, named };
};
const GET = requestBytes({ headers: [['Host', HOST]] });
const proxiedGet = (source: string): Buffer => Buffer.concat([proxyHeader(source), GET]);

test('a PROXY header is read from anybody, and ahead of every request', async (t) => {
  const { port, named } = await proxiedApp(t, (res) => void res.end('page', true));
  const bytes = [proxiedGet('192.0.2.1'), GET, proxiedGet('2001:db8::7')];
  await answersUntilEnd(t, port, Buffer.concat(bytes));
  // Closing with the answer does not keep those that had come with it from being read.
  assert.deepEqual(named, ['192.0.2.1', '192.0.2.1', '2001:0db8:0000:0000:0000:0000:0000:0007']);
});

test('another request before the answer to the first ends the connection', async (t) => {
  const { port, named } = await proxiedApp(t, (res) => void res.onAborted(() => {}));
  const bytes = Buffer.concat([proxiedGet('192.0.2.1'), proxiedGet('192.0.2.2')]);
  assert.deepEqual(await answersUntilEnd(t, port, bytes), []);
  assert.deepEqual(named, ['192.0.2.1']);
});

test('a PROXY header with more than 36 bytes behind its length is never done', async (t) => {
  const { port, named } = await proxiedApp(t, (res) => void res.end('page', true));
  const withExtension = (bytes: number): Buffer =>
    Buffer.concat([proxyBytes(Buffer.alloc(12 + bytes, 1)), GET]);
  await answersUntilEnd(t, port, withExtension(24));
  assert.deepEqual(named, ['1.1.1.1']);
  const { socket } = await SilentSocket.open(t, port, {});
  socket.write(withExtension(25));
  await answersUntilEnd(t, port, proxiedGet('192.0.2.1'));
  assert.deepEqual(named, ['1.1.1.1', '192.0.2.1']);
});

test('the filter sees every TCP connection come, and those go that were never upgraded', async (t) => {
  const changes: number[] = [];
  const { app, port } = await listening(t, {});
  app.get('/*', (res) => {
    res.end('page', true);
  });
  filterSockets(app, (_res, change) => changes.push(change));
  await askHttp(t, port, { headers: [['Host', HOST]] });
  await until(() => changes.length === 2, 'a connection that came and went');
  assert.deepEqual(changes, [1, -1]);

  const raw = await RawWebSocket.open(t, port);
  raw.writeBytes(encodeFrame(closePayload(1000), { opcode: OPCODE.close }));
  await raw.ended();
  const socket = connect(port, HOST);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.destroy();
  await until(() => changes.length >= 5, 'two more that came and one that went');
  assert.deepEqual(changes, [1, -1, 1, 1, -1], 'nothing is said of the one that was upgraded');
});

test('close in the filter refuses the connection, before anything is read of it', async (t) => {
  const { app, port } = await listening(t);
  filterSockets(app, (res, change) => {
    if (change > 0) res.close();
  });
  const socket: Socket = connect(port, HOST);
  socket.on('error', () => {});
  await once(socket, 'close');
});

test('user data is copied onto the socket: a property keeps its object, the object its prototype', async (t) => {
  class Thing {}
  const thing = new Thing();
  const { port, accepted } = await listening(t, {
    upgrade: (res, req, context) => {
      const header = (name: string): string => req.getHeader(`sec-websocket-${name}`);
      res.upgrade({ thing }, header('key'), header('protocol'), header('extensions'), context);
    },
  });
  await RawWebSocket.open(t, port);
  const data = (await accepted).getUserData() as { thing: unknown };
  assert.equal(data.thing, thing);
  assert.ok(data.thing instanceof Thing);
});

test('a header that is missing is empty, and each of two of a name is seen', async (t) => {
  const { app, port } = await listening(t);
  let seen: unknown;
  app.get('/*', (res, req) => {
    const hosts: string[] = [];
    req.forEach((name, value) => {
      if (name === 'host') hosts.push(value);
    });
    seen = [req.getHeader('x-missing'), hosts];
    res.end('page', true);
  });
  const headers = [
    ['Host', 'one'],
    ['HOST', 'two'],
  ] as const;
  await askHttp(t, port, { headers });
  assert.deepEqual(seen, ['', ['one', 'two']]);
});

test('an answer that has no body says the length that it is given, or none, and the connection goes on', async (t) => {
  const { app, port } = await listening(t);
  app.get('/unchanged', (res) => {
    res.cork(() => res.writeStatus('304 Not Modified').endWithoutBody());
  });
  app.head('/*', (res) => {
    res.cork(() => res.writeHeader('Content-Length', '5').endWithoutBody());
  });
  const socket: Socket = connect(port, HOST);
  t.after(() => socket.destroy());
  let said = '';
  socket.setEncoding('latin1').on('data', (text) => {
    said += text;
  });
  const ask = async (line: string): Promise<string> => {
    said = '';
    socket.write(`${line} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await until(() => said.endsWith('\r\n\r\n'), line);
    return said;
  };
  assert.doesNotMatch(await ask('GET /unchanged'), /content-length/i);
  assert.match(await ask('HEAD /page'), /content-length: 5\r\n/i);
  assert.doesNotMatch(await ask('GET /unchanged'), /content-length/i);
});

test('tryEnd sends a body of shared memory piece by piece, whenever the socket takes more', async (t) => {
  const { app, port } = await listening(t);
  const body = new Uint8Array(new SharedArrayBuffer(MUCH_BYTES)).fill(7);
  let pieces = 0;
  app.get('/*', (res) => {
    res.cork(() => {
      const [sent] = res.tryEnd(body, body.byteLength);
      assert.equal(sent, false);
      res.onAborted(() => {});
      res.onWritable((offset) => {
        pieces += 1;
        return res.tryEnd(body.subarray(offset), body.byteLength)[0];
      });
    });
  });
  const socket: Socket = connect(port, HOST);
  t.after(() => socket.destroy());
  let bytes = 0;
  let sevens = 0;
  socket.on('data', (data) => {
    bytes += data.length;
    if (data.at(-1) === 7) sevens += 1;
  });
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await until(() => bytes > MUCH_BYTES, 'the whole body');
  assert.ok(pieces > 1 && sevens > 1);
});
