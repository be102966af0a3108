/** May this HTTP request become a WebSocket, or have the page? Decided before anything else is done for it. */

/** What a request says of where it wants to go and where it comes from. */
export interface RequestOrigin {
  /** The values of every Host header. */
  readonly hosts: readonly string[];
  /** The Origin header; empty where there is none, as from anything but a browser. */
  readonly origin: string;
}

export interface OriginRules {
  /** Names that this gateway serves, as {@link hostName} gives them; `*.example.com` stands for one label. */
  readonly servedHosts: ReadonlySet<string>;
  /** Exact origins; empty: the gateway's own, at any served name. */
  readonly allowedOrigins: ReadonlySet<string>;
  readonly scheme: 'http' | 'https';
  readonly port: number;
}

export interface Refusal {
  readonly status: string;
  readonly text: string;
  /** What the client needs to know besides: name and value of a header. */
  readonly header: readonly [name: string, value: string] | null;
}

const refuse = (status: string, text: string, header: Refusal['header'] = null): Refusal => ({
  status,
  text,
  header,
});

/** The one version of the protocol (RFC 6455 section 4.1). */
export const WEBSOCKET_VERSION = '13';

/** Seconds. */
const RETRY_AFTER = ['Retry-After', '5'] as const;

export const REFUSALS = {
  host: refuse(
    '421 Misdirected Request',
    'This gateway is not known by that name; see gateway.allowed_hosts.',
  ),
  origin: refuse('403 Forbidden', 'This origin is not allowed; see gateway.allowed_origins.'),
  gatewayFull: refuse(
    '503 Service Unavailable',
    'The gateway has no room for another connection.',
    RETRY_AFTER,
  ),
  addressFull: refuse('429 Too Many Requests', 'Too many connections from this address.', RETRY_AFTER),
  draining: refuse('503 Service Unavailable', 'The gateway is shutting down.', RETRY_AFTER),
  version: refuse('426 Upgrade Required', 'This version of the WebSocket protocol is not spoken here.', [
    'Sec-WebSocket-Version',
    WEBSOCKET_VERSION,
  ]),
  fault: refuse('500 Internal Server Error', 'The gateway failed to handle this request.'),
  notAcceptable: refuse(
    '406 Not Acceptable',
    'This file comes only in codings that Accept-Encoding refuses.',
    ['Vary', 'Accept-Encoding'],
  ),
  notFound: refuse('404 Not Found', 'There is nothing here.'),
} as const;

/** Names that were asked for lately: almost always the same few, and a URL takes as long as a fifth of the handshake. */
const known = new Map<string, string | null>();
const MAX_KNOWN = 64;

/** `host[:port]` as a URL understands it (RFC 9110 section 7.2), lower-case and without brackets or final dot; null where it is none. */
export const hostName = (header: string): string | null => {
  const before = known.get(header);
  if (before !== undefined) return before;
  const name = parseHostName(header);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(header, name);
  return name;
};

const parseHostName = (header: string): string | null => {
  if (!/^[A-Za-z0-9._:[\]-]{1,255}$/.test(header)) return null;
  try {
    const { hostname, pathname } = new URL(`http://${header}`);
    return pathname === '/' ? hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '') : null;
  } catch {
    return null;
  }
};

const serves = (rules: OriginRules, name: string | null): boolean =>
  name !== null &&
  (rules.servedHosts.has(name) || rules.servedHosts.has(`*${name.slice(Math.max(0, name.indexOf('.')))}`));

const isOwnOrigin = (origin: string, rules: OriginRules): boolean => {
  let url: URL;
  try {
    url = new URL(origin);
  } catch {
    return false;
  }
  // An origin is scheme, host and port and nothing else (RFC 6454 section 6.2).
  if (url.origin !== origin || url.protocol !== `${rules.scheme}:`) return false;
  const port = url.port === '' ? (rules.scheme === 'https' ? 443 : 80) : Number(url.port);
  return port === rules.port && serves(rules, hostName(url.host));
};

/** Null where the request may go on. Host first: behind a wrong name nothing else can be believed (DNS rebinding). */
export const checkOrigin = (request: RequestOrigin, rules: OriginRules): Refusal | null => {
  const [host, ...others] = request.hosts;
  if (host === undefined || others.length > 0) return REFUSALS.host;
  if (!serves(rules, hostName(host))) return REFUSALS.host;
  if (request.origin === '') return null;
  const allowed =
    rules.allowedOrigins.size > 0
      ? rules.allowedOrigins.has(request.origin)
      : isOwnOrigin(request.origin, rules);
  return allowed ? null : REFUSALS.origin;
};
