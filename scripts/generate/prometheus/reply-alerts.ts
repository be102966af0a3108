/** Alerts about replies, and about the providers and skills that they come from. */
import { THRESHOLDS } from '../thresholds.js';
import { type Alert, COUNT, DURATION, GATEWAY, of, PERCENT, quantileByGateway, share } from './alert.js';

export const REPLY_ALERTS: readonly Alert[] = [
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
