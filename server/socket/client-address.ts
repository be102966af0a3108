/** Which address a client is counted under, where proxies stand between it and the gateway. */
import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';

/**
 * An address as `inet_ntop` writes it, an IPv4-mapped one (`::ffff:203.0.113.9`, RFC 4291 section 2.5.5.2) as the
 * IPv4 address that it is. Null where the text is no address; a zone (`%eth0`) means something on one machine only.
 */
export const plainAddress = (text: string): string | null => {
  const version = isIP(text);
  if (version === 0 || text.includes('%')) return null;
  if (version === 4) return text;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  const mapped = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : '';
  return isIPv4(mapped) ? mapped : address;
};

/** Addresses and CIDR ranges (RFC 4632, RFC 4291 section 2.3) whose word on their clients is taken. */
export class TrustedProxies {
  /** As they were given. */
  readonly ranges: readonly string[];
  /** Apart, because a range of IPv6 that holds the mapped addresses would hold every IPv4 address. */
  readonly #v4 = new BlockList();
  readonly #v6 = new BlockList();

  /** @param ranges such as `10.0.0.0/8`, `2001:db8::/32` or `::1`; valid, which the configuration's check sees to. */
  constructor(ranges: readonly string[]) {
    this.ranges = ranges;
    for (const range of ranges) {
      const [text = '', bits] = range.split('/');
      const address = plainAddress(text) ?? text;
      const mapped = isIPv4(address) && isIPv6(text);
      const prefixBits = Number(bits ?? (isIPv6(text) ? 128 : 32));
      // A mapped spelling has 96 bits in front of the IPv4 address; a shorter range is one of IPv6.
      if (mapped && prefixBits >= 96) this.#v4.addSubnet(address, prefixBits - 96, 'ipv4');
      else if (isIPv6(text)) this.#v6.addSubnet(text, prefixBits, 'ipv6');
      else this.#v4.addSubnet(text, prefixBits, 'ipv4');
    }
  }

  /** @param address a {@link plainAddress} */
  has(address: string): boolean {
    return isIPv4(address) ? this.#v4.check(address, 'ipv4') : this.#v6.check(address, 'ipv6');
  }
}

/** What a connection and a request say of where they come from. */
export interface Hops {
  /** The other end of the TCP connection, as the socket reports it. */
  readonly peer: string;
  /** The source of the PROXY protocol's header; empty where there is none. */
  readonly proxied: string;
  /** The values of every X-Forwarded-For line, in their order. Believed only from a trusted peer. */
  readonly forwardedFor: readonly string[];
}

/** `203.0.113.9:4711` and `[2001:db8::1]:4711`, as some proxies write their clients. */
const WITH_PORT = /^(?:([\d.]+)|\[([0-9A-Fa-f:.]+)\])(?::\d{1,5})?$/;

const clientOf = (element: string): string | null => {
  const [, v4, v6] = WITH_PORT.exec(element) ?? [];
  return plainAddress(v4 ?? v6 ?? element);
};

/**
 * The nearest address that is no trusted proxy: the peer, else what its PROXY header names, else the right-most in
 * X-Forwarded-For. What stands left of that was written by somebody who is not trusted, and is not looked at. Where
 * all are trusted it is the farthest; where an element that counts is no address, nothing can be known beyond the
 * peer, and it is the peer.
 *
 * Several header lines are one list, and its empty elements do not count (RFC 9110 sections 5.3 and 5.6.1).
 */
export const clientAddress = ({ peer, proxied, forwardedFor }: Hops, proxies: TrustedProxies): string => {
  let farthest = plainAddress(peer);
  if (farthest === null || !proxies.has(farthest)) return peer;
  if (proxied !== '') {
    farthest = plainAddress(proxied);
    if (farthest === null) return peer;
    if (!proxies.has(farthest)) return farthest;
  }
  const list = forwardedFor.join(',');
  for (let end = list.length; end > 0; ) {
    const comma = list.lastIndexOf(',', end - 1);
    const element = list.slice(comma + 1, end).trim();
    end = comma;
    if (element === '') continue;
    farthest = clientOf(element);
    if (farthest === null) return peer;
    if (!proxies.has(farthest)) return farthest;
  }
  return farthest;
};
