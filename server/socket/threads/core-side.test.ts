import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Peer } from '../../core/sessions/peer.js';
import { Places } from '../places.js';
import { SocketCount } from '../socket-count.js';
import { CoreSide } from './core-side.js';
import { BatchReader, BatchWriter, type Kind, TO_CORE, TO_SOCKETS } from './link.js';
import type { RemotePeer } from './remote-peer.js';
import { SharedAdmission } from './shared-admission.js';

const limits = {
  maxConnections: 10,
  maxConnectionsPerAddress: 0,
  maxUnauthenticated: 0,
  maxUnauthenticatedPerAddress: 0,
};
/** A frame that is as full as merging makes it. */
const FULL = 'x'.repeat(15_000);

/** A core that notes what happens, and the other end of its link. */
const link = (onText: (peer: Peer, text: string) => boolean = () => true) => {
  const sent: [Kind, number, string][][] = [];
  const events: string[] = [];
  const peers: RemotePeer[] = [];
  const note = (what: string) => (peer: Peer) => events.push(`${what} ${peer.address}`);
  const admission = new SharedAdmission(SharedAdmission.cells(16), limits);
  const core = new CoreSide({
    places: new Places(
      { admission, later: () => events.push('lingers') },
      new SocketCount(SocketCount.cells(), limits),
    ),
    addressKey: (address) => address,
    onOpen: (peer) => {
      peers.push(peer as RemotePeer);
      events.push(`open ${peer.address}`);
    },
    onText: (peer, frame) => onText(peer, Buffer.from(frame).toString()),
    onBinary: note('binary'),
    onDrain: note('drain'),
    onClose: note('close'),
    onArrived: note('arrived'),
    newBuffer: () => new ArrayBuffer(64 * 1024),
    post: (batch) => {
      const records: [Kind, number, string][] = [];
      for (const reader = new BatchReader(batch); reader.next(); ) {
        const { kind, connection, bytes } = reader;
        records.push([kind, connection, kind === TO_SOCKETS.frame ? Buffer.from(bytes).toString() : '']);
      }
      sent.push(records);
    },
  });
  const tell = (write: (writer: BatchWriter) => void): Promise<void> =>
    new Promise((resolve) => {
      const writer = new BatchWriter((batch) => core.take(batch, resolve));
      write(writer);
      writer.flush();
    });
  const open = async (number: number): Promise<RemotePeer> => {
    await tell((writer) => writer.putData(TO_CORE.opened, number, `a${number}`));
    return peers.at(-1) as RemotePeer;
  };
  const taken = (): Promise<void> => tell((writer) => writer.put(TO_CORE.taken, 0, 0));
  return { core, sent, events, tell, open, taken };
};

test('what is on its way is unsent until the thread has taken it, and what its socket did not take stays so', async () => {
  const { core, events, tell, open, taken } = link();
  const peer = await open(7);
  peer.send('hello');
  assert.deepEqual([peer.unsentBytes, peer.backlogBytes], [5, 0]);
  core.flush();
  await tell((writer) => {
    writer.put(TO_CORE.backlog, 7, 3);
    writer.put(TO_CORE.taken, 0, 0);
  });
  assert.deepEqual([peer.unsentBytes, peer.backlogBytes], [3, 3]);
  await tell((writer) => writer.put(TO_CORE.drained, 7, 0));
  assert.equal(peer.unsentBytes, 0);
  assert.deepEqual(events, ['open a7', 'arrived a7', 'drain a7']);
  await assert.rejects(async () => {
    await taken();
  }, /more batches taken than sent/);
});

test('of small frames one is on its way at a time, of full ones several, as long as little is on its way to all', async () => {
  const { core, open, taken } = link();
  const peers = [await open(1), await open(2)];
  const [one, other] = peers as [RemotePeer, RemotePeer];
  one.send('small');
  assert.equal(one.hasRoom, false);
  other.send(FULL);
  assert.equal(other.hasRoom, true);
  assert.equal(other.unsentBytes, FULL.length);
  for (let frames = 1; frames < 5; frames += 1) other.send(FULL);
  assert.equal(other.hasRoom, false);
  core.flush();
  while (!other.hasRoom) await taken();
  for (let frames = 0; frames < 40; frames += 1) one.send(FULL);
  other.send(FULL);
  assert.equal(other.hasRoom, false, 'there is a lot on its way');
});

test('what one turn says goes as one batch, a frame for many once', async () => {
  const { sent, open } = link();
  const peers = [await open(1), await open(2)];
  for (const peer of peers) peer.send('for both');
  await Promise.resolve().then(() => peers[0]?.close('normal'));
  await new Promise((resolve) => setImmediate(resolve));
  const { frame, to, close } = TO_SOCKETS;
  assert.deepEqual(sent, [
    [
      [frame, 0, 'for both'],
      [to, 1, ''],
      [to, 2, ''],
      [close, 1, ''],
    ],
  ]);
});

test('what a message brings about happens before the next one, and all of it before the batch is done', async () => {
  const order: string[] = [];
  const { sent, tell, open } = link((peer, text) => {
    order.push(text);
    void (async () => {
      for (let hop = 0; hop < 10; hop += 1) await null;
      order.push(`${text} settled`);
      peer.send(`re: ${text}`);
    })();
    return false;
  });
  await open(1);
  await tell((writer) => {
    for (const text of ['a', 'b', 'c']) writer.putData(TO_CORE.text, 1, text);
  });
  assert.deepEqual(order, ['a', 'a settled', 'b', 'b settled', 'c', 'c settled']);
  assert.equal(sent.length, 1);
});

test('a peer that is closed hears nothing more, gets nothing more, and is told of once', async () => {
  const heard: string[] = [];
  const { events, tell, open } = link((_peer, text) => heard.push(text) > 0);
  const peer = await open(1);
  peer.close('normal');
  peer.close('serverShutdown');
  assert.equal(peer.send('too late'), -1);
  await tell((writer) => {
    writer.putData(TO_CORE.text, 1, 'was under way');
    writer.put(TO_CORE.gone, 1, 0);
  });
  assert.deepEqual(heard, []);
  assert.deepEqual(events, ['open a1', 'close a1']);
});

test('a stranger that the gateway has closed lingers; a thread that is lost takes everybody with it', async () => {
  const { core, events, tell, open } = link();
  await open(1);
  await open(2);
  await tell((writer) => writer.put(TO_CORE.gone, 1, 1));
  core.lost();
  assert.deepEqual(events, ['open a1', 'open a2', 'lingers', 'close a1', 'close a2']);
});

test('who comes in while the gateway stops is told', async () => {
  const { core, sent, open } = link();
  core.stopping = true;
  const peer = await open(1);
  assert.equal(peer.closed, true);
  assert.deepEqual(sent.flat(), [[TO_SOCKETS.close, 1, '']]);
});
