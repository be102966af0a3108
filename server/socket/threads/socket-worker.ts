/** A socket thread: the clients' port, framing and TLS; what the frames mean is for the core to say. */
import { parentPort, workerData } from 'node:worker_threads';
import { addressKey } from '../../auth/address.js';
import { TrustedProxies } from '../client-address.js';
import type { Connection } from '../connection.js';
import { Doors, type Handover } from '../doors.js';
import { Places } from '../places.js';
import { ListenError, shareAgain, takePortShared } from '../port.js';
import { Requests } from '../requests.js';
import { SocketCount } from '../socket-count.js';
import { TlsError } from '../tls.js';
import { isParcel, LINK_CELLS, type Notice, type Order, type Refused, type ThreadData } from './messages.js';
import { SharedAdmission } from './shared-admission.js';
import { SocketSide } from './socket-side.js';
import { type Parcel, Spares } from './spares.js';

/** What the core has not dealt with may be so much; then sockets wait unread, as they would if it had them itself. */
const MAX_UNTAKEN_BYTES = 4 * 1024 * 1024;
/** How long at a time it waits for the core, in case that ends without a word. */
const WAIT_MS = 100;
const BACKLOG_LOOK_MS = 1000;

const port = parentPort;
if (port === null) throw new Error('runs as a worker thread only');
const { host, certificate, maxMessageBytes, site, count, cells, ...data } = workerData as ThreadData;

const tell = (notice: Notice): void => port.postMessage(notice);
const onFault = (what: string, error: unknown): void =>
  tell({ kind: 'fault', what, error: error instanceof Error ? error : String(error) });

const spares = new Spares();
/** Bytes handed to the core so far, modulo 2³². */
let posted = 0;
const post = (batch: ArrayBuffer, usedBytes: number): void => {
  const parcel = spares.pack(batch);
  port.postMessage(parcel, parcel);
  posted = (posted + usedBytes) | 0;
  while (Atomics.load(cells, LINK_CELLS.released) === 0) {
    const taken = Atomics.load(cells, LINK_CELLS.taken);
    if (((posted - taken) | 0) <= MAX_UNTAKEN_BYTES) return;
    Atomics.wait(cells, LINK_CELLS.taken, taken, WAIT_MS);
  }
};

let { rules } = data;
let proxies = rules.proxies === null ? null : new TrustedProxies(rules.proxies);
const limits = { ...rules.limits };
const sockets = new SocketSide(post, spares.take);
const admission = new SharedAdmission(data.places, limits);
const socketCount = new SocketCount(count, limits);
const onAdmitted = (connection: Connection): void => admission.authenticated(connection.addressKey);
// The core keeps the places of those that linger: it has the clock.
const places = new Places({ admission, later: () => {} }, socketCount);
const requests = new Requests({
  enter: (address) => {
    const key = addressKey(address);
    return places.take(key) ?? sockets.enter(address, key, onAdmitted);
  },
  originRules: (ownPort) => ({ ...rules.origin, port: ownPort }),
  trustedProxies: () => proxies,
  site,
  onFault,
  tls: certificate !== null,
});

/** The sentence for the operator, where there is one. */
const refusedBy = (error: unknown): Refused => {
  if (error instanceof TlsError || error instanceof ListenError) {
    const { name, message } = error;
    return { name, message };
  }
  throw error;
};

const serve = (doors: Doors): void => {
  let handover: Handover | null = null;
  const backlogs = setInterval(() => sockets.lookAtBacklogs(), BACKLOG_LOOK_MS);

  const close = (): void => {
    clearInterval(backlogs);
    // Behind them the loop has nothing left, and the thread ends. With them it must not.
    doors.close();
    Atomics.store(cells, LINK_CELLS.closed, 1);
    Atomics.notify(cells, LINK_CELLS.closed);
    port.close();
  };
  process.on('uncaughtException', (error) => {
    onFault('socket thread', error);
    close();
  });

  const perform = async (order: Order): Promise<void> => {
    if (order.kind === 'present') handover = doors.present(order.certificate);
    else if (order.kind === 'complete') await handover?.complete();
    else if (order.kind === 'cancel') handover?.cancel();
    else if (order.kind === 'report') await sockets.report();
    else if (order.kind === 'stopListening') doors.stopListening();
    else if (order.kind === 'rules') {
      rules = order.rules;
      proxies = rules.proxies === null ? null : new TrustedProxies(rules.proxies);
      Object.assign(limits, rules.limits);
    }
  };

  const obey = async (id: number, order: Order): Promise<void> => {
    try {
      await perform(order);
      tell({ kind: 'done', order: id, refused: null });
    } catch (error) {
      tell({ kind: 'done', order: id, refused: refusedBy(error) });
    }
  };

  port.on('message', (said: Parcel | { readonly id: number; readonly order: Order }) => {
    if (isParcel(said)) {
      const batch = spares.unpack(said);
      sockets.take(batch);
      spares.wasRead(batch);
    } else if (said.order.kind === 'close') close();
    else void obey(said.id, said.order);
  });
};

const onClose = (connection: Connection): void => {
  places.leave(connection);
  sockets.onClose(connection);
};
const doorOptions = { ...sockets, onClose, count: socketCount, maxMessageBytes };
const take = data.isFirst ? takePortShared : shareAgain;
try {
  serve(await Doors.open(doorOptions, requests, certificate, { host, port: data.port }, take));
  tell({ kind: 'listening', port: requests.port });
} catch (error) {
  tell({ kind: 'refused', refused: refusedBy(error) });
  port.close();
}
