/** What takes time behind the gateway: the store, the providers of models, the servers of skills. */
import { THRESHOLDS } from '../thresholds.js';
import type { DashboardSpec } from './dashboard.js';
import { above, quantile, rate } from './panel.js';

const FAILED_CALLS = ['error', 'timeout', 'rate_limited', 'denied'] as const;
const FAILED_RUNS = ['failed', 'timeout'] as const;

export const STORE_AND_PROVIDERS: DashboardSpec = {
  name: 'store-and-providers',
  title: 'OpenClaw: store and providers',
  description: 'Commits of the store, requests to providers of models, runs of skills.',
  rows: [
    {
      title: 'Store',
      panels: [
        {
          title: 'Commit time',
          description: 'Of a transaction that writes, from its beginning until it is on the disk.',
          kind: 'lines',
          unit: 's',
          width: 6,
          limit: above(THRESHOLDS.commitSeconds),
          queries: [0.5, 0.99].map((part) => ({
            expr: quantile(part, 'store_commit_duration_seconds'),
            legend: `p${100 * part}`,
          })),
        },
        {
          title: 'Commits',
          description: 'Transactions that write.',
          kind: 'lines',
          unit: 'ops',
          width: 6,
          queries: [{ expr: `sum(${rate('store_commit_duration_seconds_count')})`, legend: 'commits' }],
        },
        {
          title: 'Calls per commit',
          description: 'Calls that shared a transaction: the busier the store, the more of them.',
          kind: 'lines',
          unit: 'short',
          width: 6,
          queries: [
            {
              expr: `sum(${rate('store_commit_batch_size_sum')}) / sum(${rate('store_commit_batch_size_count')})`,
              legend: 'mean',
            },
            { expr: quantile(0.99, 'store_commit_batch_size'), legend: 'p99' },
          ],
        },
        {
          title: 'Time in commits',
          description: 'Part of the time that the store spends writing; at 1 it can do no more.',
          kind: 'lines',
          unit: 'percentunit',
          width: 6,
          queries: [
            {
              expr: `sum by (instance) (${rate('store_commit_duration_seconds_sum')})`,
              legend: '{{instance}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Providers of models',
      panels: [
        {
          title: 'Requests to providers',
          description: 'By the section of the configuration that names one, and outcome; each try counted.',
          kind: 'areas',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (provider, outcome) (${rate('provider_calls_total')}) > 0`,
              legend: '{{provider}} {{outcome}}',
            },
          ],
        },
        {
          title: 'Failed share by provider',
          description:
            'Errors, timeouts, refused keys and limits, of all requests. Empty where nothing is asked of one.',
          kind: 'lines',
          unit: 'percentunit',
          max: 1,
          limit: above(THRESHOLDS.failedProviderCallShare, 'red'),
          queries: [
            {
              expr: `sum by (provider) (${rate('provider_calls_total', { outcome: FAILED_CALLS })}) / (sum by (provider) (${rate('provider_calls_total')}) > 0)`,
              legend: '{{provider}}',
            },
          ],
        },
        {
          title: 'Time to first token',
          description: 'Of replies, whoever writes them; recall included.',
          kind: 'lines',
          unit: 's',
          limit: above(THRESHOLDS.firstTokenSeconds, 'red'),
          queries: [0.5, 0.95].map((part) => ({
            expr: quantile(part, 'time_to_first_token_seconds'),
            legend: `p${100 * part}`,
          })),
        },
      ],
    },
    {
      title: 'Skills',
      panels: [
        {
          title: 'Runs of skills',
          description: 'By the MCP server’s name in `[skills.mcp]`, or `built-in`, and outcome.',
          kind: 'areas',
          unit: 'ops',
          queries: [
            {
              expr: `sum by (server, outcome) (${rate('skill_runs_total')}) > 0`,
              legend: '{{server}} {{outcome}}',
            },
          ],
        },
        {
          title: 'Failed share by server',
          description: 'Runs that failed or took too long, of all.',
          kind: 'lines',
          unit: 'percentunit',
          max: 1,
          limit: above(THRESHOLDS.failedSkillRunShare),
          queries: [
            {
              expr: `sum by (server) (${rate('skill_runs_total', { outcome: FAILED_RUNS })}) / (sum by (server) (${rate('skill_runs_total')}) > 0)`,
              legend: '{{server}}',
            },
          ],
        },
        {
          title: 'Time to answer of memory and skills, 99th percentile',
          description: 'Of requests that ask for history, a search or a skill.',
          kind: 'lines',
          unit: 's',
          queries: [
            {
              expr: quantile(0.99, 'request_duration_seconds', ['target'], {
                target: ['MemorySystem', 'SkillsManager'],
              }),
              legend: '{{target}}',
            },
          ],
        },
      ],
    },
  ],
};
