/** Prints what a benchmark measured: medians, and ratios to its first task. */
import { cpus } from 'node:os';
import type { Bench } from 'tinybench';

/** @param perTask how many operations one call of a task stands for, by its name */
export const report = (title: string, bench: Bench, perTask: (name: string) => number = () => 1): void => {
  console.log(`${title} (Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'})`);
  let firstNs: number | null = null;
  for (const { name, result } of bench.tasks) {
    if (result.state !== 'completed') throw new Error(`${name} did not complete: ${result.state}`);
    const ns = (result.latency.p50 * 1e6) / perTask(name);
    firstNs ??= ns;
    const ratio = (ns / firstNs).toFixed(2);
    console.log(`  ${name.padEnd(44)} ${ns.toFixed(0).padStart(9)} ns/op   ${ratio.padStart(6)} × the first`);
  }
};
