/** The mixed load for a long time: does memory or do descriptors grow? */
import { type Figure, figure, type Sample, scenario } from '../scenario.js';
import { type Point, slope } from '../statistics.js';
import { beginMix, mixFigures, mixNeeds } from './mixed.js';

const MINUTE_SECONDS = 60;
/** What a server takes at first, it takes once: the slopes are those of what comes behind this part. */
const WARM_UP_PART = 0.25;

export const soak = scenario({
  name: 'soak',
  summary: 'the mixed load for minutes: slopes of memory and descriptors',
  help: `A line a minute says how it goes; Ctrl+C ends it with what was measured so far. The slopes are those of the last three
quarters of the time. On a remote gateway there are none, unless it runs here and --pid names it.`,
  defaults: { connections: 100, rate: 500, warmUpSeconds: 2, minutes: 10, heartbeatSeconds: 30 },
  needs: mixNeeds,
  run: async (bench) => {
    const { minutes } = bench.parameters;
    await beginMix(bench);
    let figures: Figure[] = [];
    bench.progress(`Measuring for ${minutes} minutes`);
    for (let left = minutes * MINUTE_SECONDS, minute = 1; left > 0 && !bench.interrupted(); minute += 1) {
      const seconds = Math.min(left, MINUTE_SECONDS);
      const window = await bench.watch(seconds);
      left -= seconds;
      figures = mixFigures(window);
      const last = bench.samples().at(-1);
      if (last !== undefined) bench.progress(`Minute ${minute}: ${describe(last)}`);
    }
    await bench.fleet.rest();
    return [
      ...slopeFigures(bench.samples()),
      ...figures.map((it) => ({ ...it, name: `last minute: ${it.name}` })),
    ];
  },
});

const describe = ({ open, repliesPerSecond, residentBytes, descriptors }: Sample): string => {
  const said = [`${open} connections`, `${Math.round(repliesPerSecond)} answers/s`];
  if (residentBytes !== null) said.push(`${(residentBytes / 2 ** 20).toFixed(1)} MiB`);
  if (descriptors !== null) said.push(`${descriptors} descriptors`);
  return said.join(', ');
};

/** How fast memory and descriptors grew; nothing where they are not known. */
export const slopeFigures = (samples: readonly Sample[]): Figure[] => {
  const kept = samples.slice(Math.floor(samples.length * WARM_UP_PART));
  const points = (value: (sample: Sample) => number | null): Point[] =>
    kept.flatMap((sample) => {
      const y = value(sample);
      return y === null ? [] : [{ x: sample.atSeconds / MINUTE_SECONDS, y }];
    });
  const memory = points(({ residentBytes }) => residentBytes);
  if (memory.length < 2) return [];
  return [
    figure('slope of resident memory', slope(memory) / 1024, 'KiB/min'),
    figure('slope of descriptors', slope(points(({ descriptors }) => descriptors)), '/min'),
  ];
};
