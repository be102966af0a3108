/** What every implementation of the reasoning port must do: one suite, run against each of them. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ReasoningCall, ReasoningEnd, ReasoningPort, ReasoningRequest } from './port.js';

/** Opens the implementation for one test; closes it with the test. */
export type OpenReasoning = (t: TestContext) => ReasoningPort;

/** Everything one call's sink has heard. */
export interface Heard {
  readonly chunks: string[];
  readonly ends: ReasoningEnd[];
  readonly call: ReasoningCall;
  /** Resolves at the end. */
  readonly ended: Promise<ReasoningEnd>;
  /** Resolves at the first chunk. */
  readonly begun: Promise<void>;
}

/** Starts a call and keeps what its sink hears. */
export const listen = (
  reasoning: ReasoningPort,
  request: ReasoningRequest,
  onChunk: (heard: { readonly chunks: readonly string[]; cancel(): void }) => void = () => {},
): Heard => {
  const chunks: string[] = [];
  const ends: ReasoningEnd[] = [];
  let begin!: () => void;
  let end!: (end: ReasoningEnd) => void;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const ended = new Promise<ReasoningEnd>((resolve) => {
    end = resolve;
  });
  const call = reasoning.start(request, {
    onChunk: (text) => {
      chunks.push(text);
      begin();
      onChunk({ chunks, cancel: () => call.cancel() });
    },
    onEnd: (said) => {
      ends.push(said);
      end(said);
    },
  });
  return { chunks, ends, call, begun, ended };
};

const ask = (message: string): ReasoningRequest => ({ message, recalled: [], tools: [], steps: [] });

/**
 * Registers the suite.
 * @param long a message whose answer comes in hundreds of chunks
 */
export const reasoningContract = (name: string, open: OpenReasoning, long: string): void => {
  test(`${name}: an answer comes in chunks and ends once`, async (t) => {
    const reasoning = open(t);
    const heard = listen(reasoning, ask('hello'));
    const end = await heard.ended;
    assert.equal(end.finishReason, 'stop');
    assert.equal(end.error, null);
    assert.ok(end.usage.input > 0 && end.usage.output > 0);
    assert.ok(heard.chunks.length > 0);
    // Whatever were still on its way would come before the next call's end.
    await listen(reasoning, ask('again')).ended;
    assert.equal(heard.ends.length, 1);
  });

  test(`${name}: calls side by side do not mix, and each keeps its order`, async (t) => {
    const reasoning = open(t);
    const [alone] = [listen(reasoning, ask(long))];
    await alone.ended;
    const calls = [1, 2, 3].map(() => listen(reasoning, ask(long)));
    for (const call of calls) {
      await call.ended;
      assert.equal(call.chunks.join(''), alone.chunks.join(''));
    }
  });

  test(`${name}: after cancel the sink hears nothing, from within a chunk too`, async (t) => {
    const reasoning = open(t);
    const cancelled = listen(reasoning, ask(long), ({ chunks, cancel }) => {
      if (chunks.length === 3) cancel();
    });
    const other = listen(reasoning, ask(long));
    await other.ended;
    assert.equal(cancelled.chunks.length, 3);
    assert.deepEqual(cancelled.ends, []);
  });

  test(`${name}: cancelled before it began, twice, and after the end`, async (t) => {
    const reasoning = open(t);
    const unheard = listen(reasoning, ask(long));
    unheard.call.cancel();
    unheard.call.cancel();
    const heard = listen(reasoning, ask('hello'));
    await heard.ended;
    heard.call.cancel();
    await listen(reasoning, ask('again')).ended;
    assert.deepEqual([unheard.chunks, unheard.ends], [[], []]);
    assert.equal(heard.ends.length, 1);
  });

  test(`${name}: every chunk is text of its own, never empty and never half a character`, async (t) => {
    const heard = listen(open(t), ask('😀é漢👩‍👩‍👧 '.repeat(500) + '😀'.repeat(5000)));
    await heard.ended;
    for (const chunk of heard.chunks) assert.ok(chunk.length > 0 && chunk.isWellFormed());
  });

  test(`${name}: a message of 1 MiB is answered`, async (t) => {
    const heard = listen(open(t), ask('x'.repeat(1024 * 1024)));
    assert.notEqual((await heard.ended).finishReason, 'error');
  });

  test(`${name}: close silences every call and takes no more`, async (t) => {
    const reasoning = open(t);
    const heard = listen(reasoning, ask(long));
    await heard.begun;
    await reasoning.close();
    const { length } = heard.chunks;
    await reasoning.close();
    assert.throws(() => listen(reasoning, ask('hello')));
    assert.deepEqual([heard.chunks.length, heard.ends], [length, []]);
  });
};
