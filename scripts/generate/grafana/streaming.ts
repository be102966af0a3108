/** How replies are streamed: how soon, how fast, how they end, and who cannot keep up. */
import { THRESHOLDS } from '../thresholds.js';
import type { DashboardSpec } from './dashboard.js';
import { above, of, quantile, rate } from './panel.js';

const laggingShare = `sum(${of('clients_lagging')}) / sum(${of('connections', { state: 'active' })})`;
const failedShare = `sum(${rate('streams_total', { finish_reason: ['error', 'interrupted'] })}) / sum(${rate('streams_total')})`;

export const STREAMING: DashboardSpec = {
  name: 'streaming',
  title: 'OpenClaw: streaming',
  description: 'Replies: time to their first token, tokens a second, merged chunks, clients that lag.',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Time to first token, p95',
          description: 'From the start of a reply, recall included, to its first chunk.',
          kind: 'number',
          unit: 's',
          width: 4,
          limit: above(THRESHOLDS.firstTokenSeconds, 'red'),
          queries: [{ expr: quantile(0.95, 'time_to_first_token_seconds'), legend: 'p95' }],
        },
        {
          title: 'Tokens/s',
          description: 'Tokens of replies that have ended.',
          kind: 'number',
          unit: 'short',
          width: 4,
          queries: [{ expr: `sum(${rate('tokens_total')})`, legend: 'tokens' }],
        },
        {
          title: 'Replies running',
          description: 'Replies that are being written.',
          kind: 'number',
          unit: 'short',
          width: 4,
          queries: [{ expr: `sum(${of('streams_active')})`, legend: 'running' }],
        },
        {
          title: 'Replies waiting',
          description: 'Behind others of their channel, or for a place (`reasoning.max_streams`).',
          kind: 'number',
          unit: 'short',
          width: 4,
          limit: above(THRESHOLDS.waitingReplies),
          queries: [{ expr: `sum(${of('streams_queued')})`, legend: 'waiting' }],
        },
        {
          title: 'Clients lagging',
          description: 'Clients that have not taken all they were sent.',
          kind: 'number',
          unit: 'short',
          width: 4,
          queries: [{ expr: `sum(${of('clients_lagging')})`, legend: 'lagging' }],
        },
        {
          title: 'Replies that fail',
          description: 'Part of the replies that ended with an error, or broke off after their first word.',
          kind: 'number',
          unit: 'percentunit',
          decimals: 1,
          width: 4,
          limit: above(THRESHOLDS.failedReplyShare, 'red'),
          queries: [{ expr: failedShare, legend: 'failed' }],
        },
      ],
    },
    {
      title: 'Speed',
      panels: [
        {
          title: 'Time to first token',
          description: 'From the start of a reply, recall included, to its first chunk.',
          kind: 'lines',
          unit: 's',
          limit: above(THRESHOLDS.firstTokenSeconds, 'red'),
          queries: [0.5, 0.95, 0.99].map((part) => ({
            expr: quantile(part, 'time_to_first_token_seconds'),
            legend: `p${100 * part}`,
          })),
        },
        {
          title: 'Tokens a second',
          description: 'A reply’s tokens are counted when it ends.',
          kind: 'areas',
          unit: 'short',
          queries: [{ expr: `sum by (instance) (${rate('tokens_total')})`, legend: '{{instance}}' }],
        },
        {
          title: 'Tokens per reply',
          description: 'Mean of the replies that ended.',
          kind: 'lines',
          unit: 'short',
          queries: [
            { expr: `sum(${rate('tokens_total')}) / sum(${rate('streams_total')})`, legend: 'tokens' },
          ],
        },
      ],
    },
    {
      title: 'Replies',
      panels: [
        {
          title: 'Replies running and waiting',
          description:
            'A reply waits behind others of its channel, or for a place (`reasoning.max_streams`).',
          kind: 'lines',
          unit: 'short',
          width: 12,
          limit: above(THRESHOLDS.waitingReplies),
          queries: [
            { expr: `sum(${of('streams_active')})`, legend: 'running' },
            { expr: `sum(${of('streams_queued')})`, legend: 'waiting' },
          ],
        },
        {
          title: 'Replies that ended',
          description: 'By `finish_reason`, as `chat.complete` gives it.',
          kind: 'areas',
          unit: 'ops',
          width: 12,
          queries: [
            { expr: `sum by (finish_reason) (${rate('streams_total')})`, legend: '{{finish_reason}}' },
          ],
        },
      ],
    },
    {
      title: 'Followers',
      panels: [
        {
          title: 'Chunks sent, and merged',
          description:
            'Each follower counted. A merged chunk travels in a frame with the one before, because its follower was behind.',
          kind: 'lines',
          unit: 'short',
          width: 6,
          queries: [
            { expr: `sum(${rate('chunks_sent_total')})`, legend: 'sent' },
            { expr: `sum(${rate('chunks_merged_total')})`, legend: 'merged' },
          ],
        },
        {
          title: 'Merged share',
          description: 'Part of the chunks that were merged: how far followers are behind.',
          kind: 'lines',
          unit: 'percentunit',
          max: 1,
          width: 6,
          queries: [
            {
              expr: `sum(${rate('chunks_merged_total')}) / sum(${rate('chunks_sent_total')})`,
              legend: 'merged',
            },
          ],
        },
        {
          title: 'Lagging clients',
          description: 'Part of the clients that have not taken all they were sent.',
          kind: 'lines',
          unit: 'percentunit',
          width: 6,
          limit: above(THRESHOLDS.laggingShare),
          queries: [{ expr: laggingShare, legend: 'lagging' }],
        },
        {
          title: 'Bytes waiting',
          description: 'What sockets have not taken yet, by gateway.',
          kind: 'lines',
          unit: 'bytes',
          width: 6,
          queries: [{ expr: `sum by (instance) (${of('backlog_bytes')})`, legend: '{{instance}}' }],
        },
      ],
    },
  ],
};
