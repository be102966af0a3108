/** What the parts of the memory port's contract, and an implementation's own tests, are written with. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Database } from 'better-sqlite3';
import { IndexBacklog } from './index-backlog.js';
import type { AddMessageOutcome, MemoryPort, NewMessage, ReplyEnd, ReplyRef } from './port.js';

/** Opens the memory that `dir` holds; empty the first time. */
export type OpenMemory = (dir: string) => Promise<MemoryPort>;

/** When everything in these tests is said, unless a test says otherwise: now, as far as the store's own clock can tell. */
export const START_MS = Date.now();
/** The whole channel on one page. */
export const EVERYTHING = { before: null, limit: 200, maxBytes: 64 * 1024 * 1024 };

/** A message of ada's in `default`, except where `change` says otherwise. */
export const newMessage = (content: string, change: Partial<NewMessage> = {}): NewMessage => ({
  principal: 'ada',
  channelId: 'default',
  messageId: `id-${content.slice(0, 40)}`,
  clientId: 'terminal',
  content,
  metadata: null,
  idempotencyKey: null,
  onlyRepeated: false,
  createdAtMs: START_MS,
  ...change,
});

/** The end of a reply, except where `change` says otherwise. */
export const replyEnd = (text: string, change: Partial<ReplyEnd> = {}): ReplyEnd => ({
  text,
  finishReason: 'stop',
  totalTokens: 0,
  durationMs: 0,
  usage: null,
  error: null,
  skills: null,
  ...change,
});

/** A file system in memory, on Linux. */
const SHARED_MEMORY = '/dev/shm';
const ENOUGH_BYTES = 1024 ** 3;

/** Where there is none, or little of it (a container has 64 MiB unless it is told otherwise): the disk. */
const quickRoot = async (): Promise<string> => {
  const { bavail, bsize } = await statfs(SHARED_MEMORY).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= ENOUGH_BYTES ? SHARED_MEMORY : tmpdir();
};

const directoryIn = async (t: TestContext, root: string): Promise<string> => {
  const dir = await mkdtemp(join(root, 'memory-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
};

/** A temporary directory on the disk, removed after the test: for what must have been synced. */
export const diskDirectory = (t: TestContext): Promise<string> => directoryIn(t, tmpdir());

/**
 * A temporary directory, removed after the test, on which nobody waits for a disk: for tests that commit each row of
 * thousands by itself, which the memory's thread never does.
 */
export const quickDirectory = async (t: TestContext): Promise<string> => directoryIn(t, await quickRoot());

/** The contents of a channel as history gives them, oldest first. */
export const contents = async (memory: MemoryPort, channelId = 'default', principal = 'ada') =>
  (await memory.history(principal, channelId, EVERYTHING))?.messages.map(({ content }) => content);

/** The seq of a message that must have been stored. */
export const seqOf = (outcome: AddMessageOutcome): number => {
  assert.equal(outcome.outcome, 'stored');
  return 'seq' in outcome ? outcome.seq : 0;
};

/** The reply to a message stored at `seq`. */
export const replyTo = (message: NewMessage, seq: number): ReplyRef => ({
  principal: message.principal,
  channelId: message.channelId,
  messageId: message.messageId,
  seq: seq + 1,
});

/** Stores a message and its finished reply; returns the message's seq. */
export const converse = async (memory: MemoryPort, message: NewMessage, answer: string): Promise<number> => {
  const seq = seqOf(await memory.addMessage(message));
  await memory.finishReply(replyTo(message, seq), replyEnd(answer));
  return seq;
};

/** Indexes every message of an open database, as the memory's thread does in the background. */
export const indexAll = (db: Database): void => new IndexBacklog(db).indexAll(() => false);

/** Opens a memory on a new directory with ada in it; closed after the test. */
export const startMemory = async (t: TestContext, open: OpenMemory): Promise<MemoryPort> => {
  const memory = await open(await diskDirectory(t));
  t.after(() => memory.close());
  await memory.openPrincipal('ada');
  return memory;
};
