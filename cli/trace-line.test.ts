import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TraceEvent, traceLine } from './trace-line.js';

const head = { client_id: 'web', channel: 'default', msg_id: 'msg-001' };
const at = (seconds: number): string => `2026-03-20T10:15:${seconds}.104Z`;
const stream = { ...head, kind: 'SEND', method: 'chat.stream' } as const;
const received: TraceEvent = { ...head, time: at(23), kind: 'RECV', method: 'chat.send', size_bytes: 128 };

test('the five lines are those of the product’s text', () => {
  const events: readonly TraceEvent[] = [
    received,
    {
      ...head,
      time: at(23),
      kind: 'ROUTE',
      method: 'chat.send',
      target: 'ReasoningLayer',
      latency_ms: 0.214,
    },
    { ...stream, time: at(24), chunk: 0, chunk_bytes: 32, size_bytes: 130 },
    { ...stream, time: at(24), chunk: 1, chunk_bytes: 28, size_bytes: 126 },
    {
      ...head,
      time: at(25),
      kind: 'SEND',
      method: 'chat.complete',
      tokens: 156,
      duration_ms: 1230,
      finish_reason: 'stop',
      size_bytes: 200,
    },
  ];
  assert.deepEqual(events.map(traceLine), [
    '[DEBUG] 2026-03-20T10:15:23Z RECV msg_id=msg-001 method=chat.send channel=default size=128B',
    '[DEBUG] 2026-03-20T10:15:23Z ROUTE msg_id=msg-001 → ReasoningLayer latency=0.2ms',
    '[DEBUG] 2026-03-20T10:15:24Z SEND msg_id=msg-001 method=chat.stream chunk=0 size=32B',
    '[DEBUG] 2026-03-20T10:15:24Z SEND msg_id=msg-001 method=chat.stream chunk=1 size=28B',
    '[DEBUG] 2026-03-20T10:15:25Z SEND msg_id=msg-001 method=chat.complete tokens=156 duration=1230ms',
  ]);
});

test('what differs from them is said behind them', () => {
  const complete = {
    ...head,
    time: at(25),
    kind: 'SEND',
    method: 'chat.complete',
    tokens: 0,
    duration_ms: 3,
  } as const;
  assert.match(
    traceLine({ ...complete, finish_reason: 'error', error: 5020 }),
    / duration=3ms finish=error error=5020$/,
  );
  assert.match(
    traceLine({ ...stream, time: at(24), chunk: 2, span: 4, chunk_bytes: 9 }),
    / chunk=2 span=4 size=9B$/,
  );
  const answer = { ...head, time: at(24), kind: 'SEND', method: 'chat.sendd', size_bytes: 101 } as const;
  assert.match(
    traceLine({ ...answer, error: -32601 }),
    / SEND msg_id=msg-001 method=chat.sendd size=101B error=-32601$/,
  );
});

test('what a reply does inside is told in the same style', () => {
  const inside = { ...head, time: at(24), method: 'chat.send', message_id: 'msg-1a39566fea49729a' } as const;
  const model = { provider: 'openai-compatible', model: 'llama3.2', step: 1 } as const;
  const skill = { ...inside, method: 'skill.invoke', skill: 'time.now', step: 1 } as const;
  const events: readonly TraceEvent[] = [
    { ...inside, kind: 'RECALL', outcome: 'ok', messages: 12, summaries: 1, duration_ms: 2.134 },
    {
      ...inside,
      kind: 'RECALL',
      outcome: 'failed',
      messages: 0,
      summaries: 0,
      duration_ms: 7,
      error: -32603,
    },
    { ...inside, kind: 'ASK', ...model, attempt: 1, tools: 4 },
    { ...inside, kind: 'FAIL', ...model, attempt: 1, reason: 'answered 503', retry_ms: 512, error: 5020 },
    { ...inside, kind: 'ASK', ...model, attempt: 2, tools: 4 },
    {
      ...inside,
      kind: 'MODEL',
      ...model,
      finish_reason: 'tools',
      calls: 2,
      input_tokens: 120,
      output_tokens: 36,
      first_token_ms: 310.2,
      duration_ms: 820.4,
    },
    { ...skill, kind: 'CALL' },
    { ...skill, kind: 'SKILL', outcome: 'ok', size_bytes: 31, duration_ms: 2.04 },
    { ...skill, kind: 'CALL', background: true },
    { ...skill, kind: 'SKILL', outcome: 'failed', size_bytes: 9, duration_ms: 30_000, error: 5021 },
    { ...inside, kind: 'ASK', provider: 'embedded', step: 2, attempt: 1, tools: 0 },
    { ...inside, kind: 'DONE', finish_reason: 'stop', steps: 2, tokens: 156, duration_ms: 1230 },
  ];
  const lines = [
    'RECALL messages=12 summaries=1 duration=2.1ms',
    'RECALL messages=0 summaries=0 duration=7ms outcome=failed error=-32603',
    'ASK → openai-compatible/llama3.2 step=1 tools=4',
    'FAIL model=openai-compatible/llama3.2 step=1 attempt=1 reason="answered 503" retry=512ms error=5020',
    'ASK → openai-compatible/llama3.2 step=1 tools=4 attempt=2',
    'MODEL model=openai-compatible/llama3.2 step=1 finish=tools calls=2 input=120 output=36 first_token=310ms duration=820ms',
    'CALL → time.now step=1',
    'SKILL skill=time.now step=1 outcome=ok size=31B duration=2.0ms',
    'CALL → time.now step=1 background',
    'SKILL skill=time.now step=1 outcome=failed size=9B duration=30000ms error=5021',
    'ASK → embedded step=2 tools=0',
    'DONE finish=stop steps=2 tokens=156 duration=1230ms',
  ];
  const expected = lines.map((line) => {
    const [kind, ...rest] = line.split(' ');
    return `[DEBUG] 2026-03-20T10:15:24Z ${kind} msg_id=msg-001 ${rest.join(' ')}`;
  });
  assert.deepEqual(events.map(traceLine), expected);
});

test('a client’s words stay one word on one line, and command no terminal', () => {
  const line = traceLine({
    ...received,
    msg_id: 'a b\n[DEBUG] \u001b[2Jé\u202e',
    body: '{\n"x":"\u001b[2J"}',
  });
  assert.equal(line.includes('\n'), false);
  assert.ok(!line.includes('\u001b') && !line.includes('\u202e'));
  assert.match(line, / msg_id="a b\\n\[DEBUG\] \\u001b\[2J\\u00e9\\u202e" /);
  assert.match(line, / client=web body=\{ "x":" \[2J"\}$/);
});
