/** One of very many connections: it keeps no frame, only what it has been told to look for. */
import { once } from 'node:events';
import WebSocket from 'ws';
import type { Json } from './client.js';

/** Connections that share an address; beneath `gateway.max_unauthenticated_per_ip` by default. */
const PER_ADDRESS = 80;

/** The loopback address of the `at`th of a crowd. */
export const crowdAddress = (at: number): string => `127.0.0.${2 + Math.floor(at / PER_ADDRESS)}`;

export interface MemberOptions {
  readonly url: string;
  readonly token: string;
  /** Its number in the crowd: gives its address. */
  readonly at: number;
  /** For the handshake: a session to come back to. */
  readonly resume?: Json;
  readonly onNotification?: (method: string, params: Json, member: Member) => void;
}

export class Member {
  readonly socket: WebSocket;
  /** Why it ended: close code and reason. */
  readonly closed: Promise<string>;
  /** Result of the handshake. */
  handshake: Json = null;
  readonly #answers = new Map<string, (frame: Json) => void>();
  #nextId = 1;

  private constructor({ url, at, onNotification }: MemberOptions) {
    this.socket = new WebSocket(url, { localAddress: crowdAddress(at), perMessageDeflate: false });
    this.socket.on('error', () => {});
    this.closed = once(this.socket, 'close').then(([code, reason]) => `${code} ${reason}`);
    this.socket.on('message', (data) => {
      const frame: Json = JSON.parse(data.toString());
      if (frame.method !== undefined) onNotification?.(frame.method, frame.params, this);
      else this.#answers.get(frame.id)?.(frame);
    });
  }

  /** Resolves once it has authenticated. Rejects with the reason where it does not get in. */
  static async join(options: MemberOptions): Promise<Member> {
    const member = new Member(options);
    await Promise.race([once(member.socket, 'open'), member.#refused()]);
    member.handshake = await member.call('auth.handshake', {
      client_id: `member-${options.at}`,
      client_version: '0.9.4',
      token: options.token,
      ...(options.resume === undefined ? {} : { resume: options.resume }),
    });
    return member;
  }

  /** The result of a request. Rejects with an error response, or where the connection ends first. */
  async call(method: string, params: object = {}): Promise<Json> {
    const id = `${this.#nextId}`;
    this.#nextId += 1;
    const answer = new Promise<Json>((resolve) => this.#answers.set(id, resolve));
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', method, params, id }));
    const { result, error } = await Promise.race([answer, this.#refused()]);
    this.#answers.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  }

  async #refused(): Promise<never> {
    throw new Error(`closed: ${await this.closed}`);
  }
}
