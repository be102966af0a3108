/** What counts as one address when failures are counted. */
import { isIPv4, isIPv6 } from 'node:net';

/** The eight 16-bit groups of a valid IPv6 address in any spelling (RFC 4291 section 2.2). */
const groupsOf = (address: string): readonly number[] => {
  const parse = (part: string): number[] =>
    part === ''
      ? []
      : part.split(':').flatMap((group) => {
          if (!group.includes('.')) return [Number.parseInt(group, 16)];
          const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
          return [a * 256 + b, c * 256 + d];
        });
  const [head = '', tail] = address.split('::');
  const front = parse(head);
  if (tail === undefined) return front;
  const back = parse(tail);
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
};

/**
 * The key under which an address is counted: an IPv4 address stands for itself, however it is spelled
 * (`::ffff:203.0.113.9` is `203.0.113.9`), an IPv6 address for its /64, which is what one customer commonly gets
 * and could otherwise walk through at no cost. What is no address at all shares one key.
 *
 * @param address as the socket reports it; a zone (`%eth0`) is ignored.
 */
export const addressKey = (address: string): string => {
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return 'unknown';
  const zone = address.indexOf('%');
  const groups = groupsOf(zone === -1 ? address : address.slice(0, zone));
  const [, , , , , mark, high = 0, low = 0] = groups;
  if (mark === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
};

/** Whether it is an address of this machine alone (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3). */
export const isLoopbackAddress = (address: string): boolean =>
  addressKey(address).startsWith('127.') ||
  (isIPv6(address) && groupsOf(address).every((group, at) => group === (at === 7 ? 1 : 0)));
