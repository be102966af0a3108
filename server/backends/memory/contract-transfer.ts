/** The part of the memory port's contract that is about export and import. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  contents,
  converse,
  EVERYTHING,
  newMessage,
  type OpenMemory,
  replyEnd,
  replyTo,
  START_MS,
  seqOf,
  startMemory,
} from './contract-helpers.js';
import type { ExportAsk, MemoryPort } from './port.js';

const MAX_CHANNELS = 100;
const ALL: ExportAsk = { principal: null, channel: null, after: null, limit: 500, maxBytes: 1024 * 1024 };

/** Every page, with `between` run after each of them. */
const exportAll = async (
  memory: MemoryPort,
  ask: Partial<ExportAsk> = {},
  between: () => Promise<unknown> = async () => {},
): Promise<readonly string[]> => {
  const lines: string[] = [];
  for (let after: string | null = null; ; ) {
    const page = await memory.exportLines({ ...ALL, ...ask, after });
    assert.ok(page !== 'invalid-cursor');
    lines.push(...page.lines);
    if (page.next === null) return lines;
    after = page.next;
    await between();
  }
};

/** What a line is about: its principal, channel and, of a message, its seq. */
const subject = (line: string): string => {
  const { type, principal, channel_id, channel, seq } = JSON.parse(line);
  return type === 'export'
    ? type
    : [principal, channel_id ?? channel, ...(seq === undefined ? [] : [seq])].join('/');
};

/** Everything that the port tells of a principal. */
const everything = async (memory: MemoryPort, principal: string) => {
  const channels = await memory.listChannels(principal);
  return Promise.all(
    channels.map(async (channel) => {
      const page = await memory.history(principal, channel.channelId, EVERYTHING);
      const messages = page?.messages ?? [];
      const replies = messages.filter(({ role }) => role === 'assistant');
      return {
        ...channel,
        messages,
        replies: await Promise.all(replies.map(({ messageId }) => memory.findReply(principal, messageId))),
      };
    }),
  );
};

/** Declares the tests of export and import for the implementation that `open` opens. */
export const transferContract = (name: string, open: OpenMemory): void => {
  /** Channels of two principals: replies of every kind, odd texts, a reply still open. */
  const startFull = async (t: Parameters<typeof startMemory>[0]): Promise<MemoryPort> => {
    const memory = await startMemory(t, open);
    await memory.openPrincipal('bob');
    const coding = {
      channelId: 'coding',
      name: '"Coding"\u2028🙂',
      metadata: { nested: [1, { two: null }] },
      createdAtMs: START_MS + 7,
    };
    await memory.createChannel('ada', coding, MAX_CHANNELS);
    const odd = newMessage('\0 "quoted"\n\u2028 🙂', {
      channelId: 'coding',
      messageId: 'odd',
      metadata: { a: ['b'] },
      createdAtMs: START_MS + 1,
    });
    const seq = seqOf(await memory.addMessage(odd));
    await memory.finishReply(
      replyTo(odd, seq),
      replyEnd('cut', {
        finishReason: 'error',
        totalTokens: 156,
        durationMs: 1230,
        usage: { input: 100, output: 56, estimated: true },
        error: { code: 5020, message: 'Reasoning failed', data: { provider: 'p', retryable: true } },
        skills: [
          {
            invocation_id: 'inv-1',
            skill: 'a.b',
            arguments: { a: [1, { b: null }] },
            ok: true,
            content: 'c',
          },
          { invocation_id: 'inv-2', skill: '漢', ok: false, content: '' },
        ],
      }),
    );
    for (let at = 0; at < 3; at++) await converse(memory, newMessage(`m${at}`), `r${at}`);
    await converse(memory, newMessage('swordfish', { principal: 'bob', messageId: 'b' }), 'indeed');
    return memory;
  };

  describe(`${name}: export and import`, () => {
    test('a full copy goes into an empty memory with every id, seq and time, and can be found there', async (t) => {
      const from = await startFull(t);
      const to = await startMemory(t, open);
      const lines = await exportAll(from);
      const outcome = await to.importLines(lines, MAX_CHANNELS);
      // The default channel of the one who opened it is there.
      assert.deepEqual([outcome.imported, outcome.skipped, outcome.errors], [12, 1, []]);
      assert.deepEqual(
        outcome.channels.map(({ principal, channelId }) => `${principal}/${channelId}`),
        ['bob/default', 'ada/coding'],
      );
      for (const principal of ['ada', 'bob']) {
        const [sent, arrived] = [await everything(from, principal), await everything(to, principal)];
        const createdAt = principal === 'ada' ? { createdAtMs: 0 } : {};
        assert.deepEqual(
          arrived.map((each) => (each.channelId === 'default' ? { ...each, ...createdAt } : each)),
          sent.map((each) => (each.channelId === 'default' ? { ...each, ...createdAt } : each)),
        );
      }
      assert.equal((await to.search('bob', 'default', { query: 'swordfish', limit: 5 }))?.length, 1);
      const [head, ...rest] = await exportAll(to);
      const sortLines = (all: readonly string[]) =>
        all.filter((line) => !line.includes('"default","name"')).sort();
      assert.equal(head, lines[0]);
      assert.deepEqual(sortLines(rest), sortLines(lines.slice(1)), 'what was imported is exported alike');
      assert.equal(seqOf(await to.addMessage(newMessage('next', { principal: 'bob' }))), 3);
    });

    test('importing again changes nothing, and takes what is new', async (t) => {
      const from = await startFull(t);
      const to = await startMemory(t, open);
      const first = await exportAll(from);
      await to.importLines(first, MAX_CHANNELS);
      const before = await exportAll(to);
      const again = await to.importLines(first, MAX_CHANNELS);
      assert.deepEqual([again.imported, again.skipped, again.errors, again.channels], [0, 13, [], []]);
      assert.deepEqual(await exportAll(to), before);
      await converse(from, newMessage('m3'), 'r3');
      const more = await to.importLines(await exportAll(from), MAX_CHANNELS);
      assert.deepEqual([more.imported, more.skipped], [2, 13]);
      assert.deepEqual(await contents(to), ['m0', 'r0', 'm1', 'r1', 'm2', 'r2', 'm3', 'r3']);
    });

    test('pages of any size meet every line once while writes go on', async (t) => {
      const memory = await startFull(t);
      const whole = await exportAll(memory);
      let written = 0;
      for (const ask of [{ limit: 1 }, { limit: 4 }, { maxBytes: 1 }, { maxBytes: 700 }]) {
        const paged = await exportAll(memory, ask, async () => {
          const [principal, channelId] = written % 2 === 0 ? ['ada', 'default'] : ['bob', 'default'];
          if (written < 40)
            await converse(
              memory,
              newMessage('n', { principal, channelId, messageId: `n${written++}` }),
              'a',
            );
        });
        const subjects = paged.map(subject);
        assert.equal(new Set(subjects).size, subjects.length, 'none twice');
        const met = new Set(paged);
        assert.deepEqual(
          whole.filter((line) => !met.has(line)),
          [],
          'and all that was there',
        );
        assert.deepEqual((await startMemoryAnd(t, paged)).errors, [], 'every channel before its messages');
      }
      assert.ok(written > 20);
    });

    const startMemoryAnd = async (t: Parameters<typeof startMemory>[0], lines: readonly string[]) =>
      (await startMemory(t, open)).importLines(lines, MAX_CHANNELS);

    test('an export goes on behind a channel that was deleted meanwhile, whatever has its place', async (t) => {
      for (const last of [false, true]) {
        const memory = await startFull(t);
        const create = (channelId: string) =>
          memory.createChannel('ada', { channelId, name: '', metadata: {}, createdAtMs: 0 }, MAX_CHANNELS);
        if (!last) await create('behind');
        let pages = 0;
        const lines = await exportAll(memory, { principal: 'ada', limit: 10 }, async () => {
          if (++pages > 1) return;
          await memory.deleteChannel('ada', 'coding');
          // Its rows go behind a call.
          await memory.listChannels('ada');
          await create('new');
          await converse(memory, newMessage('new', { channelId: 'new' }), 'too');
        });
        assert.equal(subject(lines[9] ?? ''), 'ada/coding/1', 'the first page ended in it');
        const fresh = ['ada/new', 'ada/new/1', 'ada/new/2'];
        assert.deepEqual(lines.slice(10).map(subject), last ? fresh : ['ada/behind', ...fresh]);
      }
    });

    test('it is narrowed to a principal, a channel, or both, and shows nothing of others', async (t) => {
      const memory = await startFull(t);
      const subjects = async (ask: Partial<ExportAsk>) => (await exportAll(memory, ask)).map(subject);
      assert.deepEqual(await subjects({ principal: 'bob' }), [
        'export',
        'bob/default',
        'bob/default/1',
        'bob/default/2',
      ]);
      assert.deepEqual(await subjects({ channel: 'coding' }), [
        'export',
        'ada/coding',
        'ada/coding/1',
        'ada/coding/2',
      ]);
      assert.deepEqual(await subjects({ principal: 'bob', channel: 'coding' }), ['export']);
      assert.deepEqual(await subjects({ principal: 'eve' }), ['export']);
      for (const after of ['', 'x', '1.2', '-1.0.default', '1.0.', '1e3.0.a']) {
        assert.equal(await memory.exportLines({ ...ALL, after }), 'invalid-cursor');
      }
    });

    test('a reply that has not ended arrives as interrupted', async (t) => {
      const from = await startMemory(t, open);
      const message = newMessage('question');
      const seq = seqOf(await from.addMessage(message));
      await from.appendReply(replyTo(message, seq), 'half');
      const to = await startMemory(t, open);
      await to.importLines(await exportAll(from), MAX_CHANNELS);
      const reply = await to.findReply('ada', message.messageId);
      assert.deepEqual([reply?.text, reply?.finishReason], ['half', 'interrupted']);
      assert.equal((await from.findReply('ada', message.messageId))?.finishReason, null);
    });

    test('a line that cannot be stored is told by its number and changes nothing; its neighbours are stored', async (t) => {
      const memory = await startMemory(t, open);
      const at = '2026-03-20T10:15:23Z';
      const ofAda = { type: 'message', principal: 'ada', channel: 'default', created_at: at };
      const message = (seq: unknown, change: object = {}) => ({
        ...ofAda,
        seq,
        message_id: `i${seq}`,
        role: 'user',
        content: 'c',
        ...change,
      });
      const reply = { role: 'assistant', total_tokens: 0, duration_ms: 0 };
      const used = { invocation_id: 'inv-1', skill: 'a.b', ok: true, content: '' };
      const channel = {
        type: 'channel',
        principal: 'ada',
        channel_id: 'x',
        name: '',
        created_at: at,
        metadata: {},
      };
      const cases: [string | object, string][] = [
        [message(1), ''],
        ['not JSON', 'it is not JSON'],
        ['["an array"]', 'it is not a JSON object'],
        [{ ...ofAda, type: 'other' }, 'type is none of export, channel, message'],
        [{ type: 'export', version: 2 }, 'version is not 1: a newer program wrote this'],
        [message(0), 'seq is not between 1 and 1000000000000'],
        [message(1.5), 'seq is not a whole number'],
        [message('2'), 'seq is not a whole number'],
        [message(2, { content: undefined }), 'content is missing'],
        [message(2, { content: '\ud800' }), 'content has half a character (a lone surrogate)'],
        [message(2, { message_id: 'a b' }), 'message_id is not 1 to 64 of A-Z a-z 0-9 . _ : -'],
        [message(2, { role: 'system' }), 'role is none of user, assistant'],
        [message(2, { created_at: 'today' }), 'created_at is no time such as 2026-03-20T10:15:23.000Z'],
        [message(2, { unknown: 1 }), 'it has a member that is not known here'],
        [message(2, { ...reply, usage: { input: -1, output: 0 } }), 'usage.input is negative'],
        [
          message(2, { ...reply, finish_reason: 'tired' }),
          'finish_reason is none of stop, length, cancelled, interrupted, error',
        ],
        [message(2, { metadata: { a: '\ud800' } }), 'metadata has half a character (a lone surrogate)'],
        [message(2, { metadata: { a: 'x'.repeat(16 * 1024) } }), 'metadata is larger than 16384 bytes'],
        [message(2, { ...reply, metadata: { skills: {} } }), 'metadata.skills is not a list of objects'],
        [message(2, { ...reply, metadata: { skills: [1] } }), 'metadata.skills is not a list of objects'],
        [message(2, { ...reply, metadata: {} }), 'metadata.skills is missing'],
        [message(2, { ...reply, metadata: { skills: [], a: 1 } }), 'it has a member that is not known here'],
        [
          message(2, { ...reply, metadata: { skills: [{ ...used, arguments: [] }] } }),
          'metadata.skills.arguments is not an object',
        ],
        [
          message(2, { ...reply, metadata: { skills: [{ ...used, ok: 'yes' }] } }),
          'metadata.skills.ok is neither true nor false',
        ],
        [
          message(3, { channel: 'nowhere' }),
          'its channel is not there: the line of type channel comes first',
        ],
        [
          message(1, { message_id: 'other' }),
          'its channel has another message of seq 1: import it where there is none',
        ],
        [message(1, reply), 'its channel has another message of seq 1: import it where there is none'],
        [message(2, { ...reply, message_id: 'i1' }), ''],
        [message(5, { message_id: 'i1' }), 'its message_id is known at another place'],
        [message(6, { ...reply, message_id: 'i1' }), 'its message_id is known at another place'],
        [{ ...channel, name: 'x'.repeat(129) }, 'name has more than 128 characters'],
        [{ ...channel, metadata: [] }, 'metadata is not an object'],
        [channel, ''],
        [{ ...channel, channel_id: 'y' }, 'its principal has 2 channels already, which is the limit'],
        [message(3), ''],
      ];
      const lines = cases.map(([line]) => (typeof line === 'string' ? line : JSON.stringify(line)));
      const outcome = await memory.importLines(lines, 2);
      const expected = cases.flatMap(([, problem], index) =>
        problem === '' ? [] : [{ line: index + 1, message: problem }],
      );
      assert.deepEqual(outcome.errors, expected);
      assert.deepEqual([outcome.imported, outcome.skipped], [4, 0]);
      const page = await memory.history('ada', 'default', EVERYTHING);
      assert.deepEqual(
        page?.messages.map(({ seq, messageId }) => [seq, messageId]),
        [
          [1, 'i1'],
          [2, 'i1'],
          [3, 'i3'],
        ],
      );
    });
  });
};
