/** Every dashboard in `metrics/grafana/`. */
import type { Output } from '../schema.js';
import { CLIENTS } from './clients.js';
import { buildDashboard } from './dashboard.js';
import { OVERVIEW } from './overview.js';
import { STORE_AND_PROVIDERS } from './store-and-providers.js';
import { STREAMING } from './streaming.js';

export const buildDashboards = (): readonly Output[] =>
  [OVERVIEW, STREAMING, CLIENTS, STORE_AND_PROVIDERS].map(buildDashboard);
