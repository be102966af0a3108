/** What a panel shows, and how that becomes a panel of Grafana. */
import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  FieldColorBuilder,
  FieldColorModeId,
  type Panel,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { promql } from '../promql.js';

/** The selected gateways; a rate's window follows the time range and the scrape interval. */
export const { of, rate, quantile } = promql('job=~"$job",instance=~"$instance"', '$__rate_interval');

/** By legend: what is well is green, and what is not is red, wherever it is among the others. */
const COLOURS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '{{state}}': { active: 'green' },
  '{{outcome}}': {
    ok: 'green',
    accepted: 'green',
    answered: 'green',
    error: 'red',
    missed: 'red',
    rejected: 'red',
  },
  '{{finish_reason}}': { stop: 'green', error: 'red' },
};

/** Refers to what the operator has chosen at the top of the dashboard. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana's
export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

export interface Query {
  readonly expr: string;
  /** Text, with `{{label}}` for a label's value. */
  readonly legend: string;
}

/** Orange, or red, from a value on, or below it where less is worse. */
export interface Limit {
  readonly at: number;
  readonly worse: 'above' | 'below';
  readonly colour: 'orange' | 'red';
}

export interface PanelSpec {
  readonly title: string;
  /** One or two sentences for who points at the `i`. */
  readonly description: string;
  /** A number, bars of what the time range holds, lines over time, or areas on top of each other. */
  readonly kind: 'number' | 'bars' | 'lines' | 'areas';
  /** An id of Grafana's units, such as `s`, `bytes`, `reqps`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  readonly limit?: Limit;
  readonly decimals?: number;
  /** The top of the axis, where it has one: 1 for shares. */
  readonly max?: number;
  /** Columns of 24; see {@link WIDTH} for what it is otherwise. */
  readonly width?: number;
}

const HEIGHT = { number: 4, bars: 8, lines: 8, areas: 8 } as const;
const WIDTH = { number: 3, bars: 8, lines: 8, areas: 8 } as const;

/** Times and refusals are worse the more there is of them. */
export const above = (at: number, colour: Limit['colour'] = 'orange'): Limit => ({
  at,
  worse: 'above',
  colour,
});
export const below = (at: number, colour: Limit['colour'] = 'orange'): Limit => ({
  at,
  worse: 'below',
  colour,
});

const stepsOf = (limit: Limit | undefined, calm: string): Threshold[] => {
  if (limit === undefined) return [{ value: null, color: calm }];
  const { at, worse, colour } = limit;
  return worse === 'above'
    ? [
        { value: null, color: calm },
        { value: at, color: colour },
      ]
    : [
        { value: null, color: colour },
        { value: at, color: calm },
      ];
};

const targetsOf = ({ queries, kind }: PanelSpec): DataqueryBuilder[] =>
  queries.map(({ expr, legend }, at) => {
    const query = new DataqueryBuilder()
      .datasource(DATASOURCE)
      .expr(expr)
      .legendFormat(legend)
      .refId(String.fromCharCode('A'.charCodeAt(0) + at));
    return kind === 'bars' ? query.instant() : query.range();
  });

const lastValue = (): ReduceDataOptionsBuilder => new ReduceDataOptionsBuilder().calcs(['lastNotNull']);

const numberOf = (spec: PanelSpec): StatBuilder =>
  new StatBuilder()
    .reduceOptions(lastValue())
    .graphMode(BigValueGraphMode.Area)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .thresholds(
      new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(stepsOf(spec.limit, 'green')),
    );

const barsOf = (spec: PanelSpec): BarGaugeBuilder =>
  new BarGaugeBuilder()
    .reduceOptions(lastValue())
    .orientation(VizOrientation.Horizontal)
    .min(0)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .thresholds(
      new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(stepsOf(spec.limit, 'blue')),
    );

const graphOf = (spec: PanelSpec): TimeSeriesBuilder => {
  const areas = spec.kind === 'areas';
  const panel = new TimeSeriesBuilder()
    .min(0)
    .lineWidth(areas ? 1 : 2)
    .fillOpacity(areas ? 30 : 0)
    .showPoints(VisibilityMode.Never)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .thresholds(
      new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(stepsOf(spec.limit, 'transparent')),
    );
  if (areas) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  for (const { legend } of spec.queries) {
    for (const [name, fixedColor] of Object.entries(COLOURS[legend] ?? {})) {
      panel.overrideByName(name, [{ id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor } }]);
    }
  }
  if (spec.limit !== undefined) {
    panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  return panel;
};

const builderOf = (spec: PanelSpec): StatBuilder | BarGaugeBuilder | TimeSeriesBuilder => {
  if (spec.kind === 'number') return numberOf(spec);
  return spec.kind === 'bars' ? barsOf(spec) : graphOf(spec);
};

/** @param id unique in its dashboard */
export const buildPanel = (spec: PanelSpec, id: number): Builder<Panel> => {
  const builder = builderOf(spec)
    .id(id)
    .title(spec.title)
    .description(spec.description)
    .datasource(DATASOURCE)
    .unit(spec.unit)
    .height(HEIGHT[spec.kind])
    .span(spec.width ?? WIDTH[spec.kind])
    .targets(targetsOf(spec));
  if (spec.decimals !== undefined) builder.decimals(spec.decimals);
  if (spec.max !== undefined) builder.max(spec.max);
  return builder;
};
