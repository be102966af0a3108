/** Alerts about clients: slow, silent, unknown or too fast. */
import { THRESHOLDS } from '../thresholds.js';
import { type Alert, COUNT, GATEWAY, of, PERCENT, rate, SUM } from './alert.js';

export const CLIENT_ALERTS: readonly Alert[] = [
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
      'The log has the addresses: block a stranger’s in front of the gateway, give an own client a new token.',
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
      'Find the client (in the log, or openclaw gateway trace --errors); slow it down, or raise [gateway.rate_limit].',
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
