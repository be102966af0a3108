import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promql } from './promql.js';

const { of, rate, quantile } = promql('job="j"', '5m');

test('selectors have the whole name, the scope and what is wanted of the labels', () => {
  assert.equal(of('streams_active'), 'openclaw_gateway_streams_active{job="j"}');
  assert.equal(of('process_open_fds'), 'process_open_fds{job="j"}');
  assert.equal(of('up'), 'up{job="j"}');
  assert.equal(
    rate('requests_total', { outcome: ['error', 'refused'], method: 'chat.send' }),
    'rate(openclaw_gateway_requests_total{job="j",outcome=~"error|refused",method="chat.send"}[5m])',
  );
  assert.equal(
    of('heartbeats_total', { outcome: { not: ['sent'] } }),
    'openclaw_gateway_heartbeats_total{job="j",outcome!~"sent"}',
  );
  assert.equal(
    quantile(0.99, 'request_duration_seconds', ['target'], { target: 'SkillsManager' }),
    'histogram_quantile(0.99, sum by (le, target) (rate(openclaw_gateway_request_duration_seconds_bucket{job="j",target="SkillsManager"}[5m])))',
  );
});

test('a value that a label never has is an error', () => {
  assert.throws(
    () => of('requests_total', { outcome: 'okay' }),
    /^Error: requests_total has no outcome okay$/,
  );
  assert.throws(() => of('requests_total', { outcome: { not: ['ok', 'nok'] } }), /no outcome nok/);
  // A label's values that the configuration gives are not known here.
  assert.match(of('skill_runs_total', { server: 'files' }), /server="files"/);
});

/** Not run: what stands here must not compile. */
export const wrong = (): unknown => [
  // @ts-expect-error no such metric
  of('streams_activ'),
  // @ts-expect-error a histogram has no samples of its own name
  of('time_to_first_token_seconds'),
  // @ts-expect-error a gauge has no rate
  rate('streams_active'),
  // @ts-expect-error no histogram
  quantile(0.5, 'streams_total'),
  // @ts-expect-error no such label
  of('streams_total', { outcome: 'stop' }),
];
