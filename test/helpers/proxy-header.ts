/** Headers of the PROXY protocol, version 2, and some that are none. */
import { isIPv4 } from 'node:net';

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

interface HeaderFields {
  /** Version and command; default: version 2, PROXY. */
  readonly command?: number;
  /** Family and transport; default: TCP over IPv4. */
  readonly family?: number;
  /** What the header says of its length; default: the truth. */
  readonly length?: number;
}

/** A header of any content. */
export const proxyBytes = (content: Buffer, fields: HeaderFields = {}): Buffer => {
  const { command = 0x21, family = 0x11, length = content.length } = fields;
  return Buffer.concat([SIGNATURE, Buffer.from([command, family, length >> 8, length & 0xff]), content]);
};

/** An IPv6 address in groups of hex digits, with `::` or without, as bytes. */
const bytesOfIPv6 = (address: string): Buffer => {
  const [head = [], tail = []] = address.split('::').map((part) => part.split(':').filter(Boolean));
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
};

/** What a proxy sends ahead of the bytes of a client with that address. */
export const proxyHeader = (source: string): Buffer => {
  const ports = Buffer.from([0x30, 0x39, 0x46, 0xa5]);
  if (isIPv4(source)) {
    return proxyBytes(Buffer.concat([Buffer.from(source.split('.').map(Number)), Buffer.alloc(4), ports]));
  }
  const content = Buffer.concat([bytesOfIPv6(source), Buffer.alloc(16), ports]);
  return proxyBytes(content, { family: 0x21 });
};
