/** What `openclaw status gateway` shows, as panels, and how the process and its requests do. */
import { THRESHOLDS } from '../thresholds.js';
import type { DashboardSpec } from './dashboard.js';
import { above, below, of, quantile, rate } from './panel.js';

export const OVERVIEW: DashboardSpec = {
  name: 'overview',
  title: 'OpenClaw: overview',
  description: 'The status of the gateways that are chosen above, their requests, and their processes.',
  rows: [
    {
      title: 'Status',
      panels: [
        {
          title: 'Uptime',
          description: 'Of the gateway that started last.',
          kind: 'number',
          unit: 's',
          queries: [{ expr: `time() - max(${of('process_start_time_seconds')})`, legend: 'uptime' }],
        },
        {
          title: 'Active connections',
          description: 'Connections that have authenticated.',
          kind: 'number',
          unit: 'short',
          queries: [{ expr: `sum(${of('connections', { state: 'active' })})`, legend: 'active' }],
        },
        {
          title: 'Total messages',
          description: 'Received since the start, refused ones included; each member of a batch is one.',
          kind: 'number',
          unit: 'short',
          queries: [{ expr: `sum(${of('messages_received_total')})`, legend: 'messages' }],
        },
        {
          title: 'Messages/sec',
          description: 'Messages received.',
          kind: 'number',
          unit: 'mps',
          queries: [{ expr: `sum(${rate('messages_received_total')})`, legend: 'received' }],
        },
        {
          title: 'Active replies',
          description: 'Replies that are being written now.',
          kind: 'number',
          unit: 'short',
          queries: [{ expr: `sum(${of('streams_active')})`, legend: 'replies' }],
        },
        {
          title: 'Memory usage',
          description: 'Resident memory, of all chosen gateways together.',
          kind: 'number',
          unit: 'bytes',
          queries: [{ expr: `sum(${of('process_resident_memory_bytes')})`, legend: 'resident' }],
        },
        {
          title: 'Heartbeat OK',
          description: 'Part of the pings that was not missed. Empty while nobody is pinged.',
          kind: 'number',
          unit: 'percentunit',
          max: 1,
          decimals: 1,
          limit: below(1 - THRESHOLDS.missedHeartbeatShare),
          queries: [
            {
              expr: `clamp_min(1 - sum(${rate('heartbeats_total', { outcome: 'missed' })}) / sum(${rate('heartbeats_total', { outcome: 'sent' })}), 0)`,
              legend: 'answered',
            },
          ],
        },
        {
          title: 'Rate limit hits',
          description: 'Messages that the rate limit has refused since the start.',
          kind: 'number',
          unit: 'short',
          queries: [{ expr: `sum(${of('rate_limit_hits_total')})`, legend: 'refused' }],
        },
      ],
    },
    {
      title: 'Traffic',
      panels: [
        {
          title: 'Connections',
          description:
            'By where they are: `connecting` has TCP only, `authenticating` no handshake yet, `active` has authenticated.',
          kind: 'areas',
          unit: 'short',
          queries: [{ expr: `sum by (state) (${of('connections')})`, legend: '{{state}}' }],
        },
        {
          title: 'Messages',
          description: 'Messages received, and messages sent: answers and notifications.',
          kind: 'lines',
          unit: 'mps',
          queries: [
            { expr: `sum(${rate('messages_received_total')})`, legend: 'received' },
            { expr: `sum(${rate('messages_sent_total')})`, legend: 'sent' },
          ],
        },
        {
          title: 'Bytes',
          description: 'Payload of messages, without framing and TLS.',
          kind: 'lines',
          unit: 'Bps',
          queries: [
            { expr: `sum(${rate('received_bytes_total')})`, legend: 'received' },
            { expr: `sum(${rate('sent_bytes_total')})`, legend: 'sent' },
          ],
        },
      ],
    },
    {
      title: 'Requests',
      panels: [
        {
          title: 'Requests by outcome',
          description:
            '`error` is the gateway’s fault, `rate_limited` and `refused` its limits’, the others the client’s.',
          kind: 'areas',
          unit: 'reqps',
          queries: [{ expr: `sum by (outcome) (${rate('requests_total')})`, legend: '{{outcome}}' }],
        },
        {
          title: 'Requests by method',
          description: 'The ten methods that are called most.',
          kind: 'lines',
          unit: 'reqps',
          queries: [
            { expr: `topk(10, sum by (method) (${rate('requests_total')}) > 0)`, legend: '{{method}}' },
          ],
        },
        {
          title: 'Time to answer, 99th percentile',
          description:
            'By the component that answers; an answer within its turn of the loop counts as 0. Empty where nothing is asked of one.',
          kind: 'lines',
          unit: 's',
          limit: above(THRESHOLDS.answerSeconds),
          queries: [{ expr: quantile(0.99, 'request_duration_seconds', ['target']), legend: '{{target}}' }],
        },
      ],
    },
    {
      title: 'Process',
      panels: [
        {
          title: 'Delay of the event loop',
          description: 'Of the main thread, by gateway. It is looked at every 10 ms, so 10 to 12 ms is idle.',
          kind: 'lines',
          unit: 's',
          width: 6,
          limit: above(THRESHOLDS.loopDelaySeconds),
          queries: [
            { expr: of('nodejs_eventloop_lag_p99_seconds'), legend: '{{instance}} p99' },
            { expr: of('nodejs_eventloop_lag_p50_seconds'), legend: '{{instance}} p50' },
          ],
        },
        {
          title: 'Processor time',
          description: 'Cores in use, all threads of a gateway together.',
          kind: 'lines',
          unit: 'short',
          width: 6,
          queries: [
            { expr: rate('process_cpu_user_seconds_total'), legend: '{{instance}} user' },
            { expr: rate('process_cpu_system_seconds_total'), legend: '{{instance}} kernel' },
          ],
        },
        {
          title: 'Memory',
          description: 'Resident memory of the process, and the heap of its main thread.',
          kind: 'lines',
          unit: 'bytes',
          width: 6,
          queries: [
            { expr: of('process_resident_memory_bytes'), legend: '{{instance}} resident' },
            { expr: of('nodejs_heap_size_used_bytes'), legend: '{{instance}} heap used' },
          ],
        },
        {
          title: 'Descriptors in use',
          description: 'Of those that the process may have; each connection takes one. Needs Linux 6.2.',
          kind: 'lines',
          unit: 'percentunit',
          width: 6,
          limit: above(THRESHOLDS.descriptorShare, 'red'),
          queries: [{ expr: `${of('process_open_fds')} / ${of('process_max_fds')}`, legend: '{{instance}}' }],
        },
      ],
    },
  ],
};
