/** The HTTP half of the listener: which request becomes a WebSocket, which gets a file, and what the others are told. */
import { addressKey } from '../auth/address.js';
import { BodilessBudget } from './bodiless-budget.js';
import { clientAddress, type TrustedProxies } from './client-address.js';
import { Connection, type UserData } from './connection.js';
import type { Site, SiteFile } from './site.js';
import { answerOf, endHead, writeFile } from './site-answer.js';
import {
  checkOrigin,
  hostName,
  type OriginRules,
  REFUSALS,
  type Refusal,
  WEBSOCKET_VERSION,
} from './upgrade.js';
import type { HttpRequest, HttpResponse, us_socket_context_t } from './uws.js';

export interface RequestOptions {
  /** A connection for a request that is to become a WebSocket, from this address; or why there is no room for it. */
  readonly enter: (address: string) => Connection | Refusal;
  /** Given the port that is listened on; asked at every request, so that a reload takes effect at once. */
  readonly originRules: (port: number) => OriginRules;
  /** Likewise. Null: nobody is believed. */
  readonly trustedProxies: () => TrustedProxies | null;
  readonly site: Site;
  readonly onFault: (what: string, error: unknown) => void;
  /**
   * The PROXY protocol's header is read behind the TLS handshake, where no proxy writes it; and browsers may be told to
   * come back by TLS alone.
   */
  readonly tls: boolean;
}

const textOf = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString();

/** Of a header that may come once, the first line; empty where there is none. */
interface Headers {
  readonly hosts: readonly string[];
  readonly forwardedFor: readonly string[];
  readonly origin: string;
  readonly version: string;
  readonly key: string;
  readonly protocol: string;
  readonly extensions: string;
}

/** In one pass: asking the library for one header costs as much as hearing of all that a handshake has. */
const headersOf = (req: HttpRequest): Headers => {
  const hosts: string[] = [];
  const forwardedFor: string[] = [];
  let origin = '';
  let version = '';
  let key = '';
  let protocol = '';
  let extensions = '';
  req.forEach((name, value) => {
    if (name === 'host') hosts.push(value);
    else if (name === 'origin') origin ||= value;
    else if (name === 'sec-websocket-version') version ||= value;
    else if (name === 'sec-websocket-key') key ||= value;
    else if (name === 'sec-websocket-protocol') protocol ||= value;
    else if (name === 'sec-websocket-extensions') extensions ||= value;
    else if (name === 'x-forwarded-for') forwardedFor.push(value);
  });
  return { hosts, forwardedFor, origin, version, key, protocol, extensions };
};

/** A year. */
const SECURE_TRANSPORT = [['Strict-Transport-Security', 'max-age=31536000']] as const;

export class Requests {
  /** The port that is listened on. */
  port = 0;
  /** No upgrades any more. */
  stopping = false;
  readonly #options: RequestOptions;
  readonly #bodiless = new BodilessBudget();

  constructor(options: RequestOptions) {
    this.#options = options;
  }

  readonly upgrade = this.#guarded((res, req: HttpRequest, context: us_socket_context_t) => {
    const headers = headersOf(req);
    const problem = this.#upgradeProblem(headers);
    if (problem !== null) {
      this.#refuse(res, problem);
      return;
    }
    const connection = this.#options.enter(this.#addressOf(res, headers));
    if (!(connection instanceof Connection)) {
      this.#refuse(res, connection);
      return;
    }
    const userData: UserData = { connection };
    const { key, protocol, extensions } = headers;
    res.upgrade(userData, key, protocol, extensions, context);
  });

  readonly get = this.#guarded((res, req: HttpRequest) => this.#read(res, req, false));

  readonly head = this.#guarded((res, req: HttpRequest) => this.#read(res, req, true));

  readonly other = this.#guarded((res) => this.#refuse(res, REFUSALS.notFound));

  /** A throw in a handler of the library ends the process, whoever listens for uncaught exceptions. */
  #guarded<Rest extends unknown[]>(handle: (res: HttpResponse, ...rest: Rest) => void) {
    return (res: HttpResponse, ...rest: Rest): void => {
      try {
        handle(res, ...rest);
      } catch (error) {
        this.#options.onFault('http', error);
        this.#refuse(res, REFUSALS.fault);
      }
    };
  }

  #read(res: HttpResponse, req: HttpRequest, isHead: boolean): void {
    const headers = headersOf(req);
    const refuse = (problem: Refusal): void =>
      this.#refuse(res, problem, isHead, isHead && this.#isOneTooMany(res, headers));
    const problem = this.#originProblem(headers);
    if (problem !== null) {
      refuse(problem);
      return;
    }
    const file = this.#options.site.get(req.getUrl());
    if (file === undefined) {
      refuse(REFUSALS.notFound);
      return;
    }
    const acceptEncoding = req.getHeader('accept-encoding');
    const answer = answerOf(file, { isHead, acceptEncoding, ifNoneMatch: req.getHeader('if-none-match') });
    if (answer === null) {
      refuse(REFUSALS.notAcceptable);
      return;
    }
    const more = this.#secureTransport(headers);
    const ends = (answer.isHead || answer.isKnown) && this.#isOneTooMany(res, headers);
    this.#answer(res, (isLast) => writeFile(res, answer, more, isLast || ends));
  }

  /** Whether an answer without a body is to end its connection. */
  #isOneTooMany(res: HttpResponse, headers: Headers): boolean {
    return !this.#bodiless.take(addressKey(this.#addressOf(res, headers)), performance.now());
  }

  /**
   * Strict-Transport-Security, with TLS. Never for `localhost`: it holds for all ports of a name, so for whatever else
   * runs on the user's machine. Browsers ignore it for addresses (RFC 6797 section 8.1.1).
   */
  #secureTransport({ hosts: [host = ''] }: Headers): SiteFile['headers'] {
    return this.#options.tls && hostName(host) !== 'localhost' ? SECURE_TRANSPORT : [];
  }

  #addressOf(res: HttpResponse, { forwardedFor }: Headers): string {
    const peer = textOf(res.getRemoteAddressAsText());
    const proxies = this.#options.trustedProxies();
    if (proxies === null) return peer;
    const proxied = this.#options.tls ? '' : textOf(res.getProxiedRemoteAddressAsText());
    return clientAddress({ peer, proxied, forwardedFor }, proxies);
  }

  #originProblem(headers: Headers): Refusal | null {
    return checkOrigin(headers, this.#options.originRules(this.port));
  }

  /** Null where the request may become a WebSocket. */
  #upgradeProblem(headers: Headers): Refusal | null {
    if (this.stopping) return REFUSALS.draining;
    const problem = this.#originProblem(headers);
    if (problem !== null) return problem;
    // The library takes any version for its own.
    return headers.version === WEBSOCKET_VERSION ? null : REFUSALS.version;
  }

  #refuse(res: HttpResponse, { status, header, text }: Refusal, isHead = false, ends = false): void {
    const line = `${text}\n`;
    this.#answer(res, (isLast) => {
      res.writeStatus(status);
      if (header !== null) res.writeHeader(...header);
      res.writeHeader('Content-Type', 'text/plain; charset=utf-8');
      if (isHead) endHead(res, Buffer.byteLength(line), isLast || ends);
      else res.end(line, true);
    });
  }

  /**
   * A connection that began with a PROXY header gets one answer and no second request: the library reads such a header
   * before every request, so behind a proxy that passes bytes on, a client could put one of its own before its
   * second. Until it is answered the library ends the connection at another request, and closed it reads none.
   */
  #answer(res: HttpResponse, write: (isLast: boolean) => void): void {
    if (res.getProxiedRemoteAddressAsText().byteLength === 0) {
      res.cork(() => write(false));
      return;
    }
    let gone = false;
    res.onAborted(() => {
      gone = true;
    });
    setImmediate(() => {
      if (!gone) res.cork(() => write(true));
    });
  }
}
