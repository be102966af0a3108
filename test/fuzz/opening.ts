/** What a connection begins with: upgrade requests and PROXY v2 headers, lawful and otherwise. */
import { proxyBytes } from '../helpers/proxy-header.js';
import { UPGRADE_HEADERS } from '../helpers/raw-socket.js';
import { mutateBytes, pick, type Random } from './mutate.js';

export interface Opening {
  readonly bytes: Buffer;
  /** Nothing has been changed: a WebSocket opens. */
  readonly proper: boolean;
}

const REQUEST_LINES = [
  'GET / HTTP/1.1',
  'GET / HTTP/1.0',
  'GET / HTTP/9.9',
  'GET  /  HTTP/1.1',
  'get / http/1.1',
  'POST / HTTP/1.1',
  'CONNECT 127.0.0.1:1 HTTP/1.1',
  'OPTIONS * HTTP/1.1',
  'GET http://user:secret@127.0.0.1/ HTTP/1.1',
  'GET /../../%2e%2e/%00%ff?a=b#c HTTP/1.1',
  `GET /${'a'.repeat(20_000)} HTTP/1.1`,
  'PRI * HTTP/2.0',
  'GET',
  '',
] as const;

const HEADER_LINES = [
  'Host: 127.0.0.1',
  'Host: rebound.example',
  'Host:',
  'Host: [::1',
  `Host: ${'a.'.repeat(300)}`,
  'X-Forwarded-For: 192.0.2.1',
  'X-Forwarded-For: [2001:db8::1]:1, , unknown, 127.0.0.1',
  `X-Forwarded-For: ${'127.0.0.1, '.repeat(500)}`,
  'Origin: null',
  'Origin: http://127.0.0.1:1',
  'Content-Length: 5',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked, identity',
  'Upgrade: h2c',
  'Connection: close, keep-alive, Upgrade',
  'Sec-WebSocket-Key: short',
  `Sec-WebSocket-Key: ${'A'.repeat(500)}`,
  'Sec-WebSocket-Version: 8',
  'Sec-WebSocket-Protocol: a, b, ,',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; server_max_window_bits=99',
  `X-Long: ${'x'.repeat(10_000)}`,
  'X-Name : with a space before its colon',
  ' folded: as RFC 7230 forbids',
  'no colon at all',
  ': no name',
  'X-Bytes: \u0000\u0001\u007f\u00ff',
  'Expect: 100-continue',
  'Cookie: token=oc_user_wrong',
] as const;

const BODIES = ['', 'hello', '5\r\nhello\r\n0\r\n\r\n', 'ffffffffffffffff\r\n', '-1\r\n', 'zz\r\n'] as const;

/** A request with one to six of its lines replaced, removed, doubled, added or badly ended. */
const mutateRequest = (random: Random, lines: readonly string[]): Buffer => {
  const changed = [...lines];
  let lineEnd = '\r\n';
  for (let changes = 1 + random(6); changes > 0; changes -= 1) {
    const at = random(changed.length);
    switch (random(8)) {
      case 0:
        changed[0] = pick(random, REQUEST_LINES);
        break;
      case 1:
        changed.splice(at, 1);
        break;
      case 2:
        changed.splice(at, 0, changed[at] ?? '');
        break;
      case 3:
        // More than the library has room for.
        changed.push(...Array.from({ length: random(300) }, (_, number) => `X-${number}: ${number}`));
        break;
      case 4:
        lineEnd = pick(random, ['\n', '\r', '\r\n', '\n\r']);
        break;
      default:
        changed.splice(1 + random(changed.length), 0, pick(random, HEADER_LINES));
    }
  }
  const text = [...changed, '', ''].join(lineEnd) + pick(random, BODIES);
  const bytes = Buffer.from(text, 'latin1');
  return random(3) === 0 ? mutateBytes(random, bytes) : bytes;
};

/** Address family and transport, with the bytes that its addresses take. */
const FAMILIES = [
  [0x00, 0],
  [0x11, 12],
  [0x12, 12],
  [0x21, 36],
  [0x31, 216],
  [0xff, 4],
] as const;

/** A header of version 2: version and command, family, length, addresses, TLVs; each may be a lie. */
export const randomProxyHeader = (random: Random): Buffer => {
  const [family, addressBytes] = pick(random, FAMILIES);
  const more = random(4) === 0 ? random(600) : 0;
  const content = Buffer.from(Array.from({ length: addressBytes + more }, () => random(256)));
  const header = proxyBytes(content, {
    command: random(8) === 0 ? random(256) : pick(random, [0x20, 0x21]),
    family: random(8) === 0 ? random(256) : family,
    length: random(6) === 0 ? random(65_536) : content.length,
  });
  if (random(12) === 0) return Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n');
  return random(6) === 0 ? mutateBytes(random, header) : header;
};

/** Three in four are proper upgrades; the others are changed, or have a PROXY header, or both. */
export const randomOpening = (random: Random, port: number): Opening => {
  const lines = [
    'GET / HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    ...UPGRADE_HEADERS.map((pair) => pair.join(': ')),
  ];
  const proper = Buffer.from([...lines, '', ''].join('\r\n'));
  switch (random(16)) {
    case 0:
      return { bytes: mutateRequest(random, lines), proper: false };
    case 1:
      return { bytes: mutateBytes(random, proper), proper: false };
    case 2:
      return { bytes: Buffer.concat([randomProxyHeader(random), proper]), proper: false };
    case 3:
      return {
        bytes: Buffer.concat([randomProxyHeader(random), mutateRequest(random, lines)]),
        proper: false,
      };
    default:
      return { bytes: proper, proper: true };
  }
};
