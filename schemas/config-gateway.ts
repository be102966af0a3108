/** Options of `[gateway]`: listening, heartbeats and the limits that hold for every connection. */
import {
  ADDRESS_RANGE,
  BILLION,
  boolean,
  type ConfigOption,
  countOr,
  FILE_PATH,
  HOST,
  HOST_NAME,
  integer,
  MIB,
  number,
  ORIGIN,
  oneOf,
  string,
  strings,
  TIME_ZONE,
} from './config-kinds.js';

export const GATEWAY_OPTIONS = {
  'gateway.host': string({
    default: '127.0.0.1',
    rule: HOST,
    reloadable: false,
    reason:
      'The address to listen on. Everything but loopback is reachable by strangers, so it also needs TLS or `insecure`.',
  }),
  'gateway.port': integer({
    default: 18789,
    min: 0,
    max: 65535,
    zero: 'any free port',
    reloadable: false,
    reason: 'The port for WebSocket clients and the web UI.',
  }),
  'gateway.workers': countOr('auto', {
    default: 1,
    min: 1,
    max: 64,
    unit: 'threads',
    meaning: 'as many as the machine has cores',
    reloadable: false,
    reason:
      'Threads that serve the sockets of the one port. With 1 the thread that decides everything serves them as well, which is the quickest as long as one core is enough; more take framing, TLS and system calls off it. More than 1 needs Linux.',
  }),
  'gateway.web_ui': boolean({
    default: true,
    reloadable: false,
    reason:
      'Serves the web UI at the address that clients connect to. Off, a browser finds one plain page there; clients connect as before.',
  }),
  'gateway.insecure': boolean({
    default: false,
    reloadable: false,
    reason:
      'Allows a non-loopback address without TLS. Tokens then cross the network in the clear: only behind a proxy that ends TLS.',
  }),
  'gateway.heartbeat_interval': number({
    default: 30,
    min: 1,
    max: BILLION,
    unit: 'seconds',
    reloadable: true,
    reason: 'Time between two pings to a connection. Shorter finds dead clients sooner and costs traffic.',
  }),
  'gateway.heartbeat_timeout': number({
    default: 90,
    derived: { from: 'gateway.heartbeat_interval', factor: 3 },
    min: 1,
    max: BILLION,
    unit: 'seconds',
    reloadable: true,
    reason:
      'A connection that answered no ping for this long is closed with 4002. May not be below one `heartbeat_interval`.',
  }),
  'gateway.heartbeat_max_missed': integer({
    default: 3,
    min: 1,
    max: BILLION,
    unit: 'pings',
    reloadable: true,
    reason:
      'This many unanswered pings in a row close a connection with 4002. More forgives clients on bad networks.',
  }),
  'gateway.proactive_notifications': boolean({
    default: true,
    reloadable: true,
    reason: 'Whether pings carry queued notifications. When off, the queue is kept and nothing is lost.',
  }),
  'gateway.timezone': string({
    default: '',
    rule: TIME_ZONE,
    reloadable: true,
    reason:
      'The time zone in which `cron` schedules of notifications run; empty: the system’s. A schedule takes a change over from its next run but one.',
  }),
  'gateway.auth_timeout': number({
    default: 5,
    min: 1,
    max: BILLION,
    unit: 'seconds',
    reloadable: true,
    reason:
      'Time for a successful `auth.handshake` before close 4001. Longer lets strangers hold connections without a token.',
  }),
  'gateway.max_message_bytes': integer({
    default: MIB,
    min: 1024,
    max: 64 * MIB,
    unit: 'bytes',
    reloadable: false,
    reason:
      'The largest message a client may send; larger closes with 1009. Every connection may make the gateway hold this much.',
  }),
  'gateway.max_connections': integer({
    default: 100_000,
    min: 1,
    max: BILLION,
    unit: 'connections',
    reloadable: true,
    reason:
      'All connections together; beyond, HTTP 503. Never more than the descriptor limit less 256, whatever is set here.',
  }),
  'gateway.max_connections_per_ip': integer({
    default: 1000,
    min: 0,
    max: BILLION,
    unit: 'connections',
    zero: 'no limit',
    reloadable: true,
    reason:
      'Connections from one address; beyond, HTTP 429. Keeps one host from taking every place; behind a proxy see `trusted_proxies`.',
  }),
  'gateway.max_unauthenticated': integer({
    default: 10_000,
    min: 0,
    max: BILLION,
    unit: 'connections',
    zero: 'no limit',
    reloadable: true,
    reason:
      'Connections without a handshake yet; beyond, HTTP 503. A flood of strangers then cannot use up `max_connections`.',
  }),
  'gateway.max_unauthenticated_per_ip': integer({
    default: 100,
    min: 0,
    max: BILLION,
    unit: 'connections',
    zero: 'no limit',
    reloadable: true,
    reason: 'The same from one address; beyond, HTTP 429. Behind a proxy see `trusted_proxies`.',
  }),
  'gateway.trusted_proxies': strings({
    default: [],
    rule: ADDRESS_RANGE,
    reloadable: true,
    reason:
      'Proxies, by address or range, that tell the address of a client: by `X-Forwarded-For` or, without TLS here, by the PROXY protocol v2. All limits by address follow what they say, so list only proxies that set it themselves and that strangers cannot reach the gateway past.',
  }),
  'gateway.allowed_origins': strings({
    default: [],
    rule: ORIGIN,
    reloadable: true,
    reason:
      'Web pages that may connect; others get HTTP 403. Empty: only pages served by this gateway. Stops foreign pages from using a browser’s reach.',
  }),
  'gateway.allowed_hosts': strings({
    default: [],
    rule: HOST_NAME,
    reloadable: true,
    reason:
      'Names this gateway answers to, besides loopback names, the bound address and the certificate’s names; others get HTTP 421. Stops DNS rebinding.',
  }),
  'gateway.max_backlog_seconds': number({
    default: 60,
    min: 1,
    max: BILLION,
    unit: 'seconds',
    reloadable: true,
    reason: 'A connection that took none of its waiting bytes for this long is closed with 1013.',
  }),
  'gateway.max_reply_backlog_bytes': integer({
    default: 4 * MIB,
    min: 1024,
    max: BILLION,
    unit: 'bytes',
    reloadable: true,
    reason:
      'Unsent replies one connection may pile up before close 1013. Bounds the memory a client that asks but never reads can cost.',
  }),
  'gateway.drain_seconds': number({
    default: 20,
    min: 0,
    max: BILLION,
    unit: 'seconds',
    zero: 'running replies are cut at once',
    reloadable: true,
    reason: 'How long a stopping gateway lets running replies finish before close 1001.',
  }),
  'gateway.rate_limit.enabled': boolean({
    default: true,
    reloadable: true,
    reason:
      'Whether messages are limited per connection. Off, one client can take all of the gateway’s time.',
  }),
  'gateway.rate_limit.messages_per_second': number({
    default: 10,
    min: 0.01,
    max: BILLION,
    unit: 'messages per second',
    reloadable: true,
    reason: 'How fast a connection’s allowance refills.',
  }),
  'gateway.rate_limit.messages_per_minute': integer({
    default: 200,
    min: 1,
    max: BILLION,
    unit: 'messages per minute',
    reloadable: true,
    reason: 'The most a connection gets through in any 60 seconds, however it spreads them.',
  }),
  'gateway.rate_limit.burst_size': integer({
    default: 20,
    min: 1,
    max: BILLION,
    unit: 'messages',
    reloadable: true,
    reason:
      'Messages a connection may send at once. More refused messages than this in one cooldown close it with 4003.',
  }),
  'gateway.rate_limit.cooldown_seconds': number({
    default: 60,
    min: 0,
    max: BILLION,
    unit: 'seconds',
    zero: 'no cooldown: only the message over the limit is refused',
    reloadable: true,
    reason:
      'How long every message is refused after the limit was hit. Makes ignoring the limit cost more than heeding it.',
  }),
  'gateway.tls.enabled': boolean({
    default: false,
    reloadable: false,
    reason: 'Serves wss:// and https://. Always on in production, unless a proxy ends TLS.',
  }),
  'gateway.tls.cert_path': string({
    default: '',
    rule: FILE_PATH,
    reloadable: true,
    reason:
      'The certificate chain, PEM. Needed with `enabled`. A renewed file is taken by itself within seconds; connections stay.',
  }),
  'gateway.tls.key_path': string({
    default: '',
    rule: FILE_PATH,
    reloadable: true,
    reason: 'The private key, PEM; readable by the gateway’s user alone. Needed with `enabled`.',
  }),
  'gateway.tls.min_version': oneOf(['1.2', '1.3'], {
    default: '1.2',
    reloadable: true,
    reason: 'The oldest TLS version to accept. 1.3 shuts out clients from before 2018.',
  }),
} as const satisfies Readonly<Record<string, ConfigOption>>;
