import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SCOPE_BIT } from '../sessions/scopes.js';
import { FakeReader, paramsOf } from './fake-reader.js';
import { ChannelLog } from './log.js';
import { Pump } from './pump.js';
import { Stream } from './stream.js';

const MAX_FRAME_BYTES = 512;

/** A pump whose turns end when the test says so. */
const steppedPump = () => {
  const due: (() => void)[] = [];
  const pump = new Pump((flush) => due.push(flush));
  return {
    pump,
    due,
    endTurn: (): void => {
      while (due.length > 0) due.shift()?.();
    },
  };
};

const openStream = (pump: Pump, channelId = 'default', messageId = 'msg-1') => {
  const log = new ChannelLog(channelId, MAX_FRAME_BYTES);
  const stream = new Stream(messageId);
  log.begin(stream);
  return {
    log,
    stream,
    say: (...words: string[]): void => {
      for (const word of words) log.appendChunk(stream, word);
      pump.logGrew(log);
    },
    end: (): void => {
      log.seal(stream, '{"params":{"end":true}}', SCOPE_BIT.chat);
      pump.logGrew(log);
    },
  };
};

test('what is appended in one turn leaves merged at its end, encoded once for all', () => {
  const { pump, due, endTurn } = steppedPump();
  const { log, say } = openStream(pump);
  const readers = [new FakeReader(pump), new FakeReader(pump)];
  for (const reader of readers) reader.follow(log);
  endTurn();
  say('one ');
  say('two');
  assert.equal(due.length, 1);
  assert.equal(readers[0]?.frames.length, 0);
  endTurn();
  const [first, second] = readers.map(({ frames }) => frames);
  assert.equal(first?.length, 1);
  assert.equal(first?.[0], second?.[0]);
  assert.equal(readers[0]?.text('msg-1'), 'one two');
});

test('what is due at the end of the turn can be had before what is said may be forgotten', () => {
  const { pump, endTurn } = steppedPump();
  const { log, say } = openStream(pump);
  const reader = new FakeReader(pump);
  reader.follow(log);
  pump.flush();
  assert.equal(reader.frames.length, 0);
  say('one');
  pump.flush();
  log.forgetBefore(log.end);
  assert.equal(reader.text('msg-1'), 'one');
  say('two');
  endTurn();
  assert.equal(reader.text('msg-1'), 'onetwo');
  assert.equal(reader.frames.length, 2);
});

test('a reader with bytes unsent gets no more until it has drained, then the rest merged', () => {
  const { pump, endTurn } = steppedPump();
  const { log, say } = openStream(pump);
  const reader = new FakeReader(pump);
  reader.follow(log);
  reader.stalled = true;
  for (const word of ['a', 'b', 'c', 'd']) {
    say(word);
    endTurn();
  }
  assert.equal(reader.frames.length, 1);
  reader.drain();
  endTurn();
  assert.deepEqual(
    reader.frames.map((frame) => [paramsOf(frame).chunk, paramsOf(frame).span]),
    [
      ['a', undefined],
      ['bcd', 3],
    ],
  );
});

test('a reader that is held gets everything once it is not', () => {
  const { pump, endTurn } = steppedPump();
  const { log, say } = openStream(pump);
  const reader = new FakeReader(pump);
  reader.follow(log);
  reader.held = true;
  say('a', 'b');
  endTurn();
  assert.equal(reader.frames.length, 0);
  reader.held = false;
  pump.readerReady(reader);
  endTurn();
  assert.equal(reader.text('msg-1'), 'ab');
});

test('two channels take turns on one connection', () => {
  const { pump, endTurn } = steppedPump();
  const left = openStream(pump, 'left', 'msg-left');
  const right = openStream(pump, 'right', 'msg-right');
  const reader = new FakeReader(pump);
  reader.follow(left.log);
  reader.follow(right.log);
  const piece = 'x'.repeat(150);
  left.say(piece, piece, piece);
  right.say(piece, piece, piece);
  endTurn();
  const order = reader.frames.map((frame) => paramsOf(frame).message_id);
  assert.equal(order.length, 6);
  for (const [at, id] of order.entries()) assert.notEqual(id, order[at + 1]);
});

test('a cursor that has lost its place is told, and nothing is sent in its stead', () => {
  const { pump, endTurn } = steppedPump();
  const { log, say } = openStream(pump);
  const reader = new FakeReader(pump);
  reader.follow(log);
  reader.stalled = true;
  say('a');
  endTurn();
  say('b', 'c');
  log.forgetBefore(2);
  reader.drain();
  endTurn();
  assert.equal(reader.lost, true);
  assert.equal(reader.text('msg-1'), 'a');
});

test('a finished cursor leaves its log before the reader hears of it', () => {
  const { pump, endTurn } = steppedPump();
  const { log, stream, say, end } = openStream(pump);
  say('a');
  const reader = new FakeReader(pump);
  const cursor = reader.follow(log, stream, 0);
  end();
  endTurn();
  assert.deepEqual(reader.finished, [cursor]);
  assert.equal(log.firstCursor, null);
  assert.equal(reader.frames.length, 2);
  assert.ok(reader.behind.isEmpty);
});

const text = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 200, maxLength: 500 }) },
);
const reader = fc.nat(3);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('say' as const), text }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('next' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('stall' as const), reader }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('drain' as const), reader }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('come' as const), reader }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('resume' as const), stream: fc.nat(), after: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const) }) },
);

/** One stream as a reader should get it: from which chunk on. */
interface Expected {
  readonly reader: FakeReader;
  readonly stream: Stream;
  readonly firstIndex: number;
}

test('however appending, reading, stalling, resuming and forgetting interleave, each reader gets exactly its text', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const { pump, endTurn } = steppedPump();
      const log = new ChannelLog('default', MAX_FRAME_BYTES);
      const streams: { stream: Stream; words: string[] }[] = [];
      const begin = (): void => {
        const stream = new Stream(`msg-${streams.length}`);
        log.begin(stream);
        streams.push({ stream, words: [] });
        for (const one of present) expected.push({ reader: one, stream, firstIndex: 0 });
      };
      const present = new Set<FakeReader>();
      const everyone = Array.from({ length: 4 }, () => new FakeReader(pump));
      const resumers: FakeReader[] = [];
      const expected: Expected[] = [];
      begin();
      const current = () => streams.at(-1) as { stream: Stream; words: string[] };
      for (const one of steps) {
        if (one.do === 'say') {
          const { stream, words } = current();
          const { nextIndex } = stream;
          log.appendChunk(stream, one.text);
          // A long text is several source chunks: the model learns their borders from a read of its own.
          for (let index = nextIndex; index < stream.nextIndex; index += 1) {
            const entry = log.at(log.end - (stream.nextIndex - index));
            assert.ok(entry.kind === 'chunks');
            words.push(JSON.parse(`"${entry.jsonOf(index - entry.firstIndex, 1)}"`) as string);
          }
          assert.equal(words.slice(nextIndex).join(''), one.text);
          pump.logGrew(log);
        } else if (one.do === 'turn') {
          endTurn();
        } else if (one.do === 'next') {
          log.seal(current().stream, `{"params":{}}`, SCOPE_BIT.skills);
          pump.logGrew(log);
          begin();
        } else if (one.do === 'stall') {
          (everyone[one.reader] as FakeReader).stalled = true;
        } else if (one.do === 'drain') {
          (everyone[one.reader] as FakeReader).drain();
        } else if (one.do === 'come') {
          const comer = everyone[one.reader] as FakeReader;
          if (present.has(comer)) continue;
          present.add(comer);
          comer.follow(log).skip(current().stream);
        } else if (one.do === 'resume') {
          const { stream } = streams[one.stream % streams.length] as { stream: Stream };
          const afterIndex = (one.after % (stream.nextIndex + 1)) - 1;
          const position = log.positionBehind(stream, afterIndex);
          if (position === -1) {
            assert.ok(stream.firstPosition < log.first);
            continue;
          }
          const resumer = new FakeReader(pump);
          resumers.push(resumer);
          resumer.follow(log, stream, position);
          expected.push({ reader: resumer, stream, firstIndex: afterIndex + 1 });
        } else {
          // Only what everyone has read, as long as nobody is to be lost.
          let needed = current().stream.firstPosition;
          for (let cursor = log.firstCursor; cursor !== null; cursor = cursor.next) {
            needed = Math.min(needed, cursor.position);
          }
          log.forgetBefore(needed);
        }
      }
      for (const one of everyone) one.drain();
      endTurn();
      for (const { reader: one, stream, firstIndex } of expected) {
        const words = streams.find((other) => other.stream === stream)?.words ?? [];
        assert.equal(one.text(stream.messageId, firstIndex), words.slice(firstIndex).join(''));
      }
      for (const one of [...everyone, ...resumers]) {
        assert.equal(one.lost, false);
        assert.ok(one.behind.isEmpty);
        const due = new Set(
          expected.filter((other) => other.reader === one).map(({ stream }) => stream.messageId),
        );
        for (const frame of one.frames) {
          assert.ok(frame.bytes <= MAX_FRAME_BYTES);
          assert.ok(paramsOf(frame).chunk.isWellFormed());
          assert.ok(due.has(paramsOf(frame).message_id));
        }
      }
    }),
  );
});
