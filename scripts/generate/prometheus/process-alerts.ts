/** Alerts about the process, its requests, and the store behind them. */
import { THRESHOLDS } from '../thresholds.js';
import {
  type Alert,
  COUNT,
  DURATION,
  GATEWAY,
  of,
  PERCENT,
  quantileByGateway,
  rate,
  SUM,
  share,
} from './alert.js';

export const PROCESS_ALERTS: readonly Alert[] = [
  {
    name: 'OpenClawGatewayDown',
    expr: `${of('up')} == 0`,
    forMinutes: 2,
    severity: 'critical',
    summary: `${GATEWAY} cannot be scraped: it is down, or its operators’ listener is not reached.`,
    runbook: 'Ask /healthz of it; if nothing answers, start it and read the end of its log.',
    fires: { series: { up: '1x5 0x20' } },
    silent: { series: { up: '1x10 0 1x20' }, atMinute: 11 },
  },
  {
    name: 'OpenClawGatewayRestarts',
    expr: `changes(${of('process_start_time_seconds')}[15m]) > 2`,
    forMinutes: 0,
    severity: 'critical',
    summary: `${GATEWAY} has started ${COUNT} times in 15 minutes.`,
    runbook: 'Read the last line of the log before each start: it says why the process ended.',
    fires: { series: { process_start_time_seconds: '100x5 200x3 300x3 400x10' }, value: '3' },
    silent: { series: { process_start_time_seconds: '100x5 200x3 300x15' } },
  },
  {
    name: 'OpenClawEventLoopBusy',
    expr: `${of('nodejs_eventloop_lag_p99_seconds')} > ${THRESHOLDS.loopDelaySeconds}`,
    forMinutes: 5,
    severity: 'warning',
    summary: `The main thread of ${GATEWAY} is late by ${DURATION}: everything waits for it.`,
    runbook:
      'See what it is asked for (requests by method); then fewer clients, or more gateways or gateway.workers.',
    fires: { series: { nodejs_eventloop_lag_p99_seconds: '0.25x20' }, value: '250ms' },
    silent: { series: { nodejs_eventloop_lag_p99_seconds: '0.09x20' } },
  },
  {
    name: 'OpenClawDescriptorsLow',
    expr: `${of('process_open_fds')} / ${of('process_max_fds')} > ${THRESHOLDS.descriptorShare}`,
    forMinutes: 5,
    severity: 'critical',
    summary: `${GATEWAY} has ${PERCENT} of its descriptors open: soon it can accept nobody.`,
    runbook:
      'Raise the limit (LimitNOFILE of systemd, ulimit -n) above gateway.max_connections, and start it again.',
    fires: { series: { process_open_fds: '900x20', process_max_fds: '1000x20' }, value: '90%' },
    silent: { series: { process_open_fds: '790x20', process_max_fds: '1000x20' } },
  },
  {
    name: 'OpenClawRequestsFailing',
    expr: `${share('requests_total', { outcome: 'error' })} > ${THRESHOLDS.failedRequestShare}`,
    forMinutes: 5,
    severity: 'critical',
    summary: `${GATEWAY} fails ${PERCENT} of the requests.`,
    runbook: 'Ask /readyz which part fails; the log has a line with the trace id of each failed request.',
    fires: {
      series: {
        'requests_total{method="chat.send",outcome="ok"}': '0+90x20',
        'requests_total{method="chat.send",outcome="error"}': '0+10x20',
      },
      value: '10%',
    },
    // What clients do wrong is no fault of the gateway.
    silent: {
      series: {
        'requests_total{method="chat.send",outcome="invalid"}': '0+90x20',
        'requests_total{method="chat.send",outcome="ok"}': '0+10x20',
        'requests_total{method="chat.send",outcome="error"}': '0x20',
      },
    },
  },
  {
    name: 'OpenClawAnswersSlow',
    expr: `${quantileByGateway(0.99, 'request_duration_seconds', ['target'], { target: ['ChannelManager', 'ReasoningLayer'] })} > ${THRESHOLDS.answerSeconds}`,
    forMinutes: 10,
    severity: 'warning',
    summary: `${GATEWAY}: the slowest answers of {{ $labels.target }} take ${DURATION}.`,
    runbook: 'Look at the commit time of the store, then at the delay of the event loop.',
    fires: {
      series: {
        'request_duration_seconds_bucket{target="ReasoningLayer",le="1"}': '0x20',
        'request_duration_seconds_bucket{target="ReasoningLayer",le="2.5"}': '0+60x20',
        'request_duration_seconds_bucket{target="ReasoningLayer",le="+Inf"}': '0+60x20',
      },
      labels: { target: 'ReasoningLayer' },
      value: '2.485s',
    },
    // A skill may take its time.
    silent: {
      series: {
        'request_duration_seconds_bucket{target="SkillsManager",le="1"}': '0x20',
        'request_duration_seconds_bucket{target="SkillsManager",le="2.5"}': '0+60x20',
        'request_duration_seconds_bucket{target="SkillsManager",le="+Inf"}': '0+60x20',
      },
    },
  },
];

export const STORE_ALERTS: readonly Alert[] = [
  {
    name: 'OpenClawStoreFails',
    expr:
      `${SUM} (${rate('requests_total', { method: 'chat.send', outcome: 'error' })}) > 0 ` +
      `and ${SUM} (${rate('store_commit_duration_seconds_count')}) == 0`,
    forMinutes: 2,
    severity: 'critical',
    summary: `${GATEWAY} refuses messages, and its store has committed nothing for five minutes.`,
    runbook: 'The log says why (disk full, read-only, locked, damaged): mend that, it goes on by itself.',
    fires: {
      series: {
        'requests_total{method="chat.send",outcome="error"}': '0+5x20',
        store_commit_duration_seconds_count: '100x20',
      },
    },
    silent: {
      series: {
        'requests_total{method="chat.send",outcome="error"}': '7x20',
        store_commit_duration_seconds_count: '100x20',
      },
    },
  },
  {
    name: 'OpenClawStoreSlow',
    expr: `${quantileByGateway(0.99, 'store_commit_duration_seconds')} > ${THRESHOLDS.commitSeconds}`,
    forMinutes: 10,
    severity: 'warning',
    summary: `${GATEWAY}: the slowest commits take ${DURATION}, and every message waits for one.`,
    runbook:
      'See whether something else keeps the disk busy (iostat -x); the database belongs on a local one.',
    fires: {
      series: {
        'store_commit_duration_seconds_bucket{le="0.25"}': '0x20',
        'store_commit_duration_seconds_bucket{le="0.5"}': '0+60x20',
        'store_commit_duration_seconds_bucket{le="+Inf"}': '0+60x20',
      },
      value: '497.5ms',
    },
    silent: {
      series: {
        'store_commit_duration_seconds_bucket{le="0.25"}': '0+60x20',
        'store_commit_duration_seconds_bucket{le="0.5"}': '0+60x20',
        'store_commit_duration_seconds_bucket{le="+Inf"}': '0+60x20',
      },
    },
  },
];
