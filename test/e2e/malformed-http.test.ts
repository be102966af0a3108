/** Requests that are none, or that two servers could read differently: none of them gets a file or a WebSocket. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestGateway } from '../helpers/gateway.js';
import { SilentSocket } from '../helpers/raw-socket.js';

const UPGRADE =
  'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

/** By what is wrong, with the Host that is served. */
const requests = (host: string): Readonly<Record<string, string>> => ({
  'no Host': 'GET / HTTP/1.1\r\n\r\n',
  'HTTP/1.0': `GET / HTTP/1.0\r\n${host}\r\n\r\n`,
  'no version': `GET /\r\n${host}\r\n\r\n`,
  'an absolute URL': `GET http://evil.example/ HTTP/1.1\r\n${host}\r\n\r\n`,
  CONNECT: `CONNECT evil.example:443 HTTP/1.1\r\n${host}\r\n\r\n`,
  'a blank before the colon': `GET / HTTP/1.1\r\n${host.replace(':', ' :')}\r\n\r\n`,
  'a line that goes on': `GET / HTTP/1.1\r\n${host}\r\nX: a\r\n b\r\n\r\n`,
  'lines that end with a line feed alone': `GET / HTTP/1.1\n${host}\n\n`,
  'a NUL in the path': `GET /\0 HTTP/1.1\r\n${host}\r\n\r\n`,
  'too many headers': `GET / HTTP/1.1\r\n${host}\r\n${'X: y\r\n'.repeat(300)}\r\n`,
  'two lengths': `POST / HTTP/1.1\r\n${host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'a length below 0': `POST / HTTP/1.1\r\n${host}\r\nContent-Length: -1\r\n\r\n`,
  'a length beyond all numbers': `POST / HTTP/1.1\r\n${host}\r\nContent-Length: 99999999999999999999\r\n\r\n`,
  'TLS where there is none': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'nothing but zeros': '\0'.repeat(4096),
  'a WebSocket by POST': `POST / HTTP/1.1\r\n${host}\r\n${UPGRADE}Content-Length: 0\r\n\r\n`,
  'a WebSocket from nowhere': `GET / HTTP/1.1\r\n${host}\r\n${UPGRADE}Origin: null\r\n\r\n`,
  'a WebSocket from another port': `GET / HTTP/1.1\r\n${host}\r\n${UPGRADE}Origin: http://127.0.0.1:1\r\n\r\n`,
});

test('what is no request, or not one alone, opens nothing and hurts nobody', async (t) => {
  const under = await startTestGateway(t);
  const neighbour = await under.login();
  let answered = 0;
  for (const [what, request] of Object.entries(requests(`Host: 127.0.0.1:${under.port}`))) {
    const { socket } = await SilentSocket.open(t, under.port);
    let answer = '';
    socket.on('data', (bytes) => {
      answer += bytes.toString('latin1');
    });
    socket.end(request, 'latin1');
    await new Promise((resolve) => socket.once('close', resolve));
    // No answer at all is one, too.
    assert.match(answer, /^(?:HTTP\/1\.1 [45]|$)/, what);
    assert.doesNotMatch(answer, /HTTP\/1\.1 [123]/, what);
    if (answer !== '') answered += 1;
  }
  assert.ok(answered >= 10, `${answered} were told so`);
  assert.deepEqual(await neighbour.call('system.ping'), { pong: true });
});
