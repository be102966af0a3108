/**
 * A network at its worst between clients and the gateway: it delays, cuts within a frame, closes one direction, swallows what it
 * is given, and drops connections, at random. What it carries it carries in order and once, as TCP does.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { atEnd } from '../helpers/gateway.js';

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export const randomBy = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** What is done to a connection, once each; `refuse` before it has carried anything. */
const FAULTS = ['cut', 'cut', 'half-close', 'swallow', 'refuse'] as const;
type Fault = (typeof FAULTS)[number];

export interface ChaosProxy {
  readonly port: number;
  /** How often each was done so far. */
  readonly counts: Readonly<Record<Fault | 'connections' | 'delays', number>>;
  /** From now on everything is carried at once, and nothing is done to anybody. */
  calm(): void;
}

interface Direction {
  readonly from: Socket;
  readonly to: Socket;
  /** What is held back; null while nothing is. */
  held: Buffer[] | null;
  swallows: boolean;
}

/** How long a connection lives before something is done to it: up to this. */
const MAX_LIFE_MS = 2500;
const MAX_DELAY_MS = 300;
/** How likely a piece is held back, with what comes behind it. */
const DELAY_CHANCE = 0.02;

/** @param random from 0 to 1 */
export const startChaosProxy = async (
  t: TestContext,
  gatewayPort: number,
  random: () => number,
): Promise<ChaosProxy> => {
  const counts = { connections: 0, delays: 0, cut: 0, 'half-close': 0, swallow: 0, refuse: 0 };
  const timers = new Set<NodeJS.Timeout>();
  const sockets = new Set<Socket>();
  let isCalm = false;

  const later = (ms: number, work: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, ms);
    timers.add(timer);
  };

  const release = (direction: Direction): void => {
    const pieces = direction.held ?? [];
    direction.held = null;
    for (const piece of pieces) direction.to.write(piece);
  };

  const carry = (direction: Direction, piece: Buffer): void => {
    if (direction.swallows) return;
    if (direction.held !== null) {
      direction.held.push(piece);
      return;
    }
    if (isCalm || random() >= DELAY_CHANCE) {
      direction.to.write(piece);
      return;
    }
    counts.delays += 1;
    direction.held = [piece];
    later(random() * MAX_DELAY_MS, () => release(direction));
  };

  const strike = (fault: Fault, [up, down]: readonly [Direction, Direction]): void => {
    if (isCalm || up.from.destroyed || up.to.destroyed) return;
    counts[fault] += 1;
    const one = random() < 0.5 ? up : down;
    if (fault === 'half-close') one.to.end();
    else if (fault === 'swallow') one.swallows = true;
    else {
      // In the middle of what comes next, so that a frame is cut as well.
      one.from.once('data', (piece: Buffer) => {
        if (one.held === null && !one.swallows) one.to.write(piece.subarray(0, random() * piece.length));
        up.from.destroy();
        up.to.destroy();
      });
      one.swallows = true;
    }
  };

  const server = createServer((client) => {
    counts.connections += 1;
    const fault = FAULTS[Math.floor(random() * FAULTS.length)] as Fault;
    sockets.add(client);
    client.on('error', () => {});
    if (fault === 'refuse' && !isCalm) {
      counts.refuse += 1;
      client.destroy();
      return;
    }
    const gateway = connect(gatewayPort, '127.0.0.1');
    sockets.add(gateway);
    const up: Direction = { from: client, to: gateway, held: null, swallows: false };
    const down: Direction = { from: gateway, to: client, held: null, swallows: false };
    for (const direction of [up, down]) {
      const { from, to } = direction;
      from.on('data', (piece) => carry(direction, piece));
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        // What was held back is lost with the connection, or arrives late.
        if (random() < 0.5) release(direction);
        to.end();
        later(MAX_DELAY_MS, () => to.destroy());
      });
    }
    if (fault !== 'refuse') later(random() * MAX_LIFE_MS, () => strike(fault, [up, down]));
  }).listen(0, '127.0.0.1');
  atEnd(t, () => {
    for (const timer of timers) clearTimeout(timer);
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    counts,
    calm: () => {
      isCalm = true;
    },
  };
};
