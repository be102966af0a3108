/** A dashboard of Grafana 11 and later, from what its panels show. */
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Output } from '../schema.js';
import { buildPanel, DATASOURCE, type PanelSpec } from './panel.js';

export interface RowSpec {
  readonly title: string;
  /** They stand side by side: those of a line are together 24 columns wide. */
  readonly panels: readonly PanelSpec[];
}

export interface DashboardSpec {
  /** Of the file in `metrics/grafana/`, and behind `openclaw-` the dashboard's uid. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly RowSpec[];
}

const TAG = 'openclaw';
/** Of Grafana 11.0. A later one brings it up to date when it loads it; an earlier number than its own is all it needs. */
const SCHEMA_VERSION = 39;

/** Values of a label among the gateways. @param matchers which gateways */
const labelVariable = (label: 'job' | 'instance', matchers: string): QueryVariableBuilder => {
  const query = `label_values(openclaw_gateway_build_info${matchers}, ${label})`;
  return new QueryVariableBuilder(label)
    .label(label)
    .datasource(DATASOURCE)
    .query({ query, refId: label })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ selected: true, text: ['All'], value: ['$__all'] });
};

export const buildDashboard = ({ name, title, description, rows }: DashboardSpec): Output => {
  const builder = new DashboardBuilder(title)
    .uid(`openclaw-${name}`)
    .description(description)
    .tags([TAG])
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .withVariable(new DatasourceVariableBuilder('datasource').label('data source').type('prometheus'))
    .withVariable(labelVariable('job', ''))
    .withVariable(labelVariable('instance', '{job=~"$job"}'))
    .link(
      new DashboardLinkBuilder('OpenClaw')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .icon('external link')
        .includeVars(true)
        .keepTime(true),
    );
  let id = 0;
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title).id(++id));
    for (const panel of row.panels) builder.withPanel(buildPanel(panel, ++id));
  }
  const built = builder.build();
  // The builder puts links into a menu, which is new: without a place they stand in the head, as they always have.
  const links = (built.links ?? []).map(({ placement: _, ...link }) => link);
  const dashboard = { ...built, links, schemaVersion: SCHEMA_VERSION };
  return { path: `metrics/grafana/${name}.json`, text: `${JSON.stringify(dashboard, null, 2)}\n` };
};
