/** What all panels are drawn with: letters, colours, paths, and what a panel says of them. */
import { escapeXml } from '../../bench/load/svg.js';
import type { NamedSeries, Panel, PanelData } from './panels.js';

/** Width of a letter, about: there is nobody to measure it. */
export const LETTER = 6.8;

export const INK = '#1d2433';
export const QUIET = '#5b6576';
export const GRID = '#e3e7ee';
const COLOURS = [
  '#2467c9',
  '#d8a200',
  '#1a8f9e',
  '#8a4bb3',
  '#c7521a',
  '#7fa83a',
  '#e08fb0',
  '#7a6a53',
  '#5b6576',
  '#5aa9e6',
  '#b98a3e',
];
/** Names of Grafana's colours. */
export const NAMED: Readonly<Record<string, string>> = {
  green: '#2a7f4f',
  blue: '#2467c9',
  orange: '#c7521a',
  red: '#c02b3a',
};

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const fixed = (value: number): string => String(Number(value.toFixed(1)));

interface Writing {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly colour?: string;
  readonly bold?: boolean;
}

export const text = (
  x: number,
  y: number,
  content: string,
  { anchor = 'start', size = 11, colour = QUIET, bold = false }: Writing = {},
): string =>
  `<text x="${fixed(x)}" y="${fixed(y)}" font-size="${size}" fill="${colour}"${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}${bold ? ' font-weight="600"' : ''}>${escapeXml(content)}</text>`;

export const cut = (content: string, width: number): string => {
  const most = Math.max(4, Math.floor(width / LETTER));
  return content.length <= most ? content : `${content.slice(0, most - 1)}…`;
};

export const allSeries = ({ queries }: PanelData): readonly NamedSeries[] =>
  queries.flatMap(({ series }) => series);

export const lastOf = ({ points }: NamedSeries): number => points.at(-1)?.value ?? 0;

export const defaultsOf = ({ fieldConfig }: Panel) => {
  if (fieldConfig === undefined) throw new Error('a panel without fieldConfig');
  return fieldConfig.defaults;
};

/** The colour that Grafana gives a value by the panel's thresholds. */
export const colourAt = (panel: Panel, value: number): string => {
  const { color } = defaultsOf(panel).thresholds.steps.findLast(
    (step) => value >= (step.value ?? -Infinity),
  ) ?? {
    color: 'green',
  };
  return NAMED[color] ?? INK;
};

/** The colour of the `at`th series of a panel, or the one that its name has. */
export const colourOf = ({ fieldConfig }: Panel, name: string, at: number): string => {
  const own = fieldConfig?.overrides.find(
    ({ matcher }) => matcher.id === 'byName' && matcher.options === name,
  );
  const fixedColor = own?.properties.find(({ id }) => id === 'color')?.value.fixedColor ?? '';
  return NAMED[fixedColor] ?? COLOURS[at % COLOURS.length] ?? INK;
};

export const pathOf = (points: readonly (readonly [x: number, y: number])[]): string =>
  points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${fixed(x)} ${fixed(y)}`).join('');
