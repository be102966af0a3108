/** One small line that moves on, drawn by uPlot. */
import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import { onThemeChange } from './theme.js';

interface ChartProps {
  readonly title: string;
  readonly unit?: string;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
}

const HEIGHT_PX = 130;

/** What a custom property stands for now, as `rgb(r, g, b)`: a canvas knows no properties. */
const colour = (name: string): string => {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
};

const format = (value: number | null | undefined, unit: string): string => {
  if (value === null || value === undefined) return '–';
  const text = value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(value < 10 ? 2 : 1);
  return unit === '' ? text : `${text} ${unit}`;
};

/** @param seconds since 1970 */
const clock = (seconds: number): string => new Date(seconds * 1000).toLocaleTimeString('en-GB');

const make = (element: HTMLElement, unit: string): UPlot => {
  const [line, quiet, grid] = [colour('--accent'), colour('--ink-quiet'), colour('--line')];
  const axis = {
    stroke: quiet,
    grid: { stroke: grid, width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  return new UPlot(
    {
      width: element.clientWidth,
      height: HEIGHT_PX,
      legend: { show: false },
      cursor: { y: false, points: { size: 6 } },
      scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(1, (high ?? 0) * 1.15)] } },
      axes: [
        { ...axis, size: 24, space: 90, grid: { show: false }, values: (_, at) => at.map(clock) },
        { ...axis, size: 44, space: 24 },
      ],
      series: [
        {},
        {
          stroke: line,
          width: 1.5,
          fill: line.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.12)'),
          points: { show: false },
          value: (_, value) => format(value, unit),
        },
      ],
    },
    [[], []],
    element,
  );
};

export const Chart = ({ title, unit = '', times, values }: ChartProps) => {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const data = useRef<UPlot.AlignedData>([[], []]);
  data.current = [[...times], [...values]];
  useEffect(() => {
    const { current: element } = box;
    if (element === null) return;
    const build = (): void => {
      plot.current?.destroy();
      plot.current = make(element, unit);
      plot.current.setData(data.current);
    };
    build();
    const stop = onThemeChange(build);
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT_PX }),
    );
    observer.observe(element);
    return () => {
      stop();
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [unit]);
  useEffect(() => plot.current?.setData(data.current), [times, values]);
  const now = format(values.at(-1), unit);
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span>
        <strong>{now}</strong>
      </figcaption>
      <div class="plot" ref={box} role="img" aria-label={`${title}, now ${now}`} />
    </figure>
  );
};
