/** How clients come and go, which limits they run into, and whether they answer. */
import { THRESHOLDS } from '../thresholds.js';
import type { DashboardSpec } from './dashboard.js';
import { above, of, rate } from './panel.js';

export const CLIENTS: DashboardSpec = {
  name: 'clients',
  title: 'OpenClaw: clients',
  description: 'Connections and how they close, handshakes, limits, heartbeats and notifications.',
  rows: [
    {
      title: 'Connections',
      panels: [
        {
          title: 'Closes by code, in this time range',
          description:
            '1005: a close frame without a code, 1006: none at all. What each code means and what to do: docs/operations.md.',
          kind: 'bars',
          unit: 'short',
          decimals: 0,
          queries: [
            {
              expr: `sort_desc(sum by (code) (increase(${of('connections_closed_total')}[$__range])) > 0)`,
              legend: '{{code}}',
            },
          ],
        },
        {
          title: 'Closes by code',
          description:
            '1000 and 1001 are ordinary. 1013: too slow, 4001: not authenticated, 4002: no heartbeat, 4003: over the rate limit.',
          kind: 'areas',
          unit: 'cps',
          queries: [{ expr: `sum by (code) (${rate('connections_closed_total')}) > 0`, legend: '{{code}}' }],
        },
        {
          title: 'Opened and closed',
          description: 'WebSocket connections.',
          kind: 'lines',
          unit: 'cps',
          queries: [
            { expr: `sum(${rate('connections_opened_total')})`, legend: 'opened' },
            { expr: `sum(${rate('connections_closed_total')})`, legend: 'closed' },
          ],
        },
      ],
    },
    {
      title: 'Handshakes and limits',
      panels: [
        {
          title: 'Handshakes by outcome',
          description:
            '`rejected`: the token is not valid; `throttled`: too many failures from that address; `timeout`: none came in time.',
          kind: 'areas',
          unit: 'cps',
          width: 6,
          queries: [{ expr: `sum by (outcome) (${rate('handshakes_total')})`, legend: '{{outcome}}' }],
        },
        {
          title: 'Rate limit hits',
          description: 'Messages refused, by the option of `[gateway.rate_limit]` that was run into.',
          kind: 'areas',
          unit: 'mps',
          width: 6,
          queries: [{ expr: `sum by (limit) (${rate('rate_limit_hits_total')})`, legend: '{{limit}}' }],
        },
        {
          title: 'Refused share of messages',
          description: 'Part of the messages received that the rate limit refused.',
          kind: 'lines',
          unit: 'percentunit',
          width: 6,
          limit: above(THRESHOLDS.rateLimitedShare),
          queries: [
            {
              expr: `sum(${rate('rate_limit_hits_total')}) / sum(${rate('messages_received_total')})`,
              legend: 'refused',
            },
          ],
        },
        {
          title: 'Requests not served',
          description:
            '`invalid`: no valid JSON-RPC, method or params; `denied`: not authenticated, or a scope is missing; `refused`: not now.',
          kind: 'areas',
          unit: 'reqps',
          width: 6,
          queries: [
            {
              expr: `sum by (outcome) (${rate('requests_total', { outcome: { not: ['ok'] } })})`,
              legend: '{{outcome}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Heartbeats and notifications',
      panels: [
        {
          title: 'Heartbeat pings',
          description: 'Sent, answered by a pong, and missed: scheduled ones that no pong came to in time.',
          kind: 'lines',
          unit: 'ops',
          width: 6,
          queries: [{ expr: `sum by (outcome) (${rate('heartbeats_total')})`, legend: '{{outcome}}' }],
        },
        {
          title: 'Missed share of pings',
          description: 'Part of the pings that was missed. Clients that miss too many are closed with 4002.',
          kind: 'lines',
          unit: 'percentunit',
          width: 6,
          limit: above(THRESHOLDS.missedHeartbeatShare),
          queries: [
            {
              expr: `sum(${rate('heartbeats_total', { outcome: 'missed' })}) / sum(${rate('heartbeats_total', { outcome: 'sent' })})`,
              legend: 'missed',
            },
          ],
        },
        {
          title: 'Notifications',
          description:
            'Taken to be delivered, and acknowledged by a client; a repeated one counts each time.',
          kind: 'lines',
          unit: 'ops',
          width: 6,
          queries: [
            { expr: `sum(${rate('notifications_queued_total')})`, legend: 'queued' },
            { expr: `sum(${rate('notifications_delivered_total')})`, legend: 'delivered' },
          ],
        },
        {
          title: 'Params that do not fit',
          description:
            'Requests whose params do not fit the schema, by method: a client that is too old or too new.',
          kind: 'areas',
          unit: 'reqps',
          width: 6,
          queries: [
            { expr: `sum by (method) (${rate('validation_failures_total')}) > 0`, legend: '{{method}}' },
          ],
        },
      ],
    },
  ],
};
