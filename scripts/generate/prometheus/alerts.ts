/** Every alert: what it looks at, when it goes off, what to do first, and samples that show both. */
import { THRESHOLDS } from '../thresholds.js';
import { type Alert, of, quantileByGateway, rate, SUM, share } from './alert.js';

const GATEWAY = '{{ $labels.instance }}';
const PERCENT = '{{ $value | humanizePercentage }}';
const DURATION = '{{ $value | humanizeDuration }}';
const COUNT = '{{ $value | humanize }}';

const process: readonly Alert[] = [
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

const store: readonly Alert[] = [
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

const replies: readonly Alert[] = [
  {
    name: 'OpenClawFirstTokenSlow',
    expr: `${quantileByGateway(0.95, 'time_to_first_token_seconds')} > ${THRESHOLDS.firstTokenSeconds}`,
    forMinutes: 10,
    severity: 'warning',
    summary: `${GATEWAY}: one reply in twenty takes ${DURATION} or longer to begin.`,
    runbook:
      'Ask the provider (openclaw doctor), then see whether it takes fewer at a time (reasoning.max_streams).',
    fires: {
      series: {
        'time_to_first_token_seconds_bucket{le="10"}': '0x20',
        'time_to_first_token_seconds_bucket{le="20"}': '0+60x20',
        'time_to_first_token_seconds_bucket{le="+Inf"}': '0+60x20',
      },
      value: '19.5s',
    },
    silent: {
      series: {
        'time_to_first_token_seconds_bucket{le="10"}': '0+60x20',
        'time_to_first_token_seconds_bucket{le="20"}': '0+60x20',
        'time_to_first_token_seconds_bucket{le="+Inf"}': '0+60x20',
      },
    },
  },
  {
    name: 'OpenClawRepliesFailing',
    expr: `${share('streams_total', { finish_reason: ['error', 'interrupted'] })} > ${THRESHOLDS.failedReplyShare}`,
    forMinutes: 5,
    severity: 'critical',
    summary: `${GATEWAY}: ${PERCENT} of the replies end with an error.`,
    runbook: 'See which provider fails and how (requests to providers); the log has its words.',
    fires: {
      series: {
        'streams_total{finish_reason="stop"}': '0+50x20',
        'streams_total{finish_reason="error"}': '0+50x20',
      },
      value: '50%',
    },
    silent: {
      series: {
        'streams_total{finish_reason="stop"}': '0+50x20',
        'streams_total{finish_reason="cancelled"}': '0+50x20',
        'streams_total{finish_reason="error"}': '0+1x20',
      },
    },
  },
  {
    name: 'OpenClawRepliesWaiting',
    expr: `min_over_time(${of('streams_queued')}[5m]) > ${THRESHOLDS.waitingReplies}`,
    forMinutes: 5,
    severity: 'warning',
    summary: `${GATEWAY}: never fewer than ${COUNT} replies wait for their turn.`,
    runbook:
      'Raise reasoning.max_streams if the provider bears it; else it is the provider that is too slow.',
    fires: { series: { streams_queued: '25x20' }, value: '25' },
    silent: { series: { streams_queued: '100x15 0 100x4' } },
  },
  {
    name: 'OpenClawProviderFailing',
    expr: `${share('provider_calls_total', { outcome: ['error', 'timeout', 'rate_limited'] }, ['provider'])} > ${THRESHOLDS.failedProviderCallShare}`,
    forMinutes: 5,
    severity: 'warning',
    summary: `${GATEWAY}: ${PERCENT} of the requests to [{{ $labels.provider }}] fail.`,
    runbook:
      'See by outcome whether it fails, is slow or wants fewer; the log has its words. Fallbacks take over meanwhile.',
    fires: {
      series: {
        'provider_calls_total{provider="reasoning",outcome="ok"}': '0+10x20',
        'provider_calls_total{provider="reasoning",outcome="timeout"}': '0+30x20',
      },
      labels: { provider: 'reasoning' },
      value: '75%',
    },
    silent: {
      series: {
        'provider_calls_total{provider="reasoning",outcome="ok"}': '0+10x20',
        'provider_calls_total{provider="reasoning",outcome="cancelled"}': '0+30x20',
        'provider_calls_total{provider="reasoning",outcome="error"}': '0+9x20',
      },
    },
  },
  {
    name: 'OpenClawProviderRefusesKey',
    expr: `sum by (job, instance, provider) (increase(${of('provider_calls_total', { outcome: 'denied' })}[10m])) > 0`,
    forMinutes: 0,
    severity: 'critical',
    summary: `${GATEWAY}: the provider of [{{ $labels.provider }}] refuses the key.`,
    runbook:
      'Put a valid key where api_key_env or api_key_file of that section points, then openclaw gateway reload.',
    fires: {
      series: { 'provider_calls_total{provider="reasoning.fallback.first",outcome="denied"}': '0x12 1x8' },
      labels: { provider: 'reasoning.fallback.first' },
    },
    silent: {
      series: { 'provider_calls_total{provider="reasoning.fallback.first",outcome="denied"}': '0x5 1x15' },
    },
  },
  {
    name: 'OpenClawSkillsFailing',
    expr: `${share('skill_runs_total', { outcome: ['failed', 'timeout'] }, ['server'])} > ${THRESHOLDS.failedSkillRunShare}`,
    forMinutes: 10,
    severity: 'warning',
    summary: `${GATEWAY}: ${PERCENT} of the runs of skills of {{ $labels.server }} fail.`,
    runbook: 'Call one by hand (openclaw skills call); the log has what the server says on standard error.',
    fires: {
      series: {
        'skill_runs_total{server="files",outcome="ok"}': '0+10x20',
        'skill_runs_total{server="files",outcome="failed"}': '0+30x20',
      },
      labels: { server: 'files' },
      value: '75%',
    },
    silent: {
      series: {
        'skill_runs_total{server="files",outcome="ok"}': '0+30x20',
        'skill_runs_total{server="files",outcome="failed"}': '0+10x20',
      },
    },
  },
];

const clients: readonly Alert[] = [
  {
    name: 'OpenClawClientsLagging',
    expr:
      `${SUM} (${of('clients_lagging')}) / (${SUM} (${of('connections', { state: 'active' })}) > 10) ` +
      `> ${THRESHOLDS.laggingShare}`,
    forMinutes: 10,
    severity: 'warning',
    summary: `${GATEWAY}: ${PERCENT} of the clients have not taken what they were sent.`,
    runbook:
      'Many at once share a network: look at the host’s sending rate and at proxies between; a few are slow themselves.',
    fires: { series: { clients_lagging: '30x20', 'connections{state="active"}': '100x20' }, value: '30%' },
    silent: { series: { clients_lagging: '2x20', 'connections{state="active"}': '4x20' } },
  },
  {
    name: 'OpenClawSlowClientsClosed',
    expr: `${SUM} (increase(${of('connections_closed_total', { code: '1013' })}[15m])) > ${THRESHOLDS.slowCloses}`,
    forMinutes: 0,
    severity: 'warning',
    summary: `${GATEWAY} has closed ${COUNT} clients with 1013 in 15 minutes, because they took nothing.`,
    runbook:
      'They come back and get the whole text; raise gateway.max_backlog_seconds only if they are known to pause for long.',
    fires: { series: { 'connections_closed_total{code="1013"}': '0+1x20' }, value: '15' },
    silent: {
      series: {
        'connections_closed_total{code="1013"}': '0x10 5x10',
        'connections_closed_total{code="1000"}': '0+100x20',
      },
    },
  },
  {
    name: 'OpenClawHeartbeatsMissed',
    expr:
      `${SUM} (${rate('heartbeats_total', { outcome: 'missed' })}) / ` +
      `(${SUM} (${rate('heartbeats_total', { outcome: 'sent' })}) > 0.1) > ${THRESHOLDS.missedHeartbeatShare}`,
    forMinutes: 10,
    severity: 'warning',
    summary: `${GATEWAY}: ${PERCENT} of the heartbeat pings are not answered.`,
    runbook:
      'See whether a client that does not answer pings is new, or a proxy holds dead connections open.',
    fires: {
      series: {
        'heartbeats_total{outcome="sent"}': '0+100x20',
        'heartbeats_total{outcome="missed"}': '0+20x20',
      },
      value: '20%',
    },
    silent: {
      series: {
        'heartbeats_total{outcome="sent"}': '0+100x20',
        'heartbeats_total{outcome="missed"}': '0+5x20',
      },
    },
  },
  {
    name: 'OpenClawTokensTried',
    expr: `${SUM} (increase(${of('handshakes_total', { outcome: ['rejected', 'throttled'] })}[10m])) > ${THRESHOLDS.refusedHandshakes}`,
    forMinutes: 0,
    severity: 'warning',
    summary: `${GATEWAY} has refused ${COUNT} handshakes in 10 minutes: somebody tries tokens, or a client has an old one.`,
    runbook:
      'Nobody gets in that way; see who it is (ss -tn sport = :18789): block a stranger’s address, give an own client a new token.',
    fires: { series: { 'handshakes_total{outcome="rejected"}': '0+10x20' }, value: '100' },
    silent: {
      series: {
        'handshakes_total{outcome="rejected"}': '0+4x20',
        'handshakes_total{outcome="accepted"}': '0+500x20',
      },
    },
  },
  {
    name: 'OpenClawRateLimitHits',
    expr:
      `${SUM} (${rate('rate_limit_hits_total')}) / ` +
      `(${SUM} (${rate('messages_received_total')}) > 1) > ${THRESHOLDS.rateLimitedShare}`,
    forMinutes: 10,
    severity: 'warning',
    summary: `${GATEWAY} refuses ${PERCENT} of the messages by the rate limit.`,
    runbook:
      'Find the client (openclaw gateway trace --errors); slow it down, or raise [gateway.rate_limit].',
    fires: {
      series: {
        'rate_limit_hits_total{limit="messages_per_second"}': '0+60x20',
        messages_received_total: '0+600x20',
      },
      value: '10%',
    },
    silent: {
      series: {
        'rate_limit_hits_total{limit="messages_per_second"}': '0+20x20',
        messages_received_total: '0+600x20',
      },
    },
  },
];

export const ALERTS: readonly Alert[] = [...process, ...store, ...replies, ...clients];
