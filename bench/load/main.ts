/** Load on a server from many connections: `npm run bench:load -- --help`. */
import { writeFileSync } from 'node:fs';
import { chartOf } from './charts.js';
import { formatComparison } from './compare.js';
import { scenarioHelp, usage } from './help.js';
import { type LoadOptions, type Outputs, readCommand } from './options.js';
import { pageOf } from './page.js';
import { Progress } from './progress.js';
import { formatResult } from './report.js';
import { type Result, readResult } from './result.js';
import { Interrupted, run } from './run.js';
import { SCENARIOS } from './scenarios/all.js';
import { removeHomes } from './target.js';
import { UsageError } from './usage-error.js';

/** As a shell counts one that SIGINT ended. */
const INTERRUPTED_STATUS = 130;

/** Prints one result, or two side by side, and writes what else is wanted. */
const tell = (results: readonly Result[], outputs: Outputs): void => {
  const [first, second] = results as [Result, Result | undefined];
  const texts = results.map(formatResult);
  if (second !== undefined) texts.push(formatComparison(first, second));
  process.stdout.write(texts.join('\n'));
  const { jsonFile, htmlFile, svgFile } = outputs;
  const whole = second === undefined ? first : { ...first, against: second };
  if (jsonFile !== null) writeFileSync(jsonFile, `${JSON.stringify(whole, null, 1)}\n`);
  if (htmlFile !== null) writeFileSync(htmlFile, pageOf(results));
  if (svgFile !== null) writeFileSync(svgFile, chartOf(results));
};

const measure = async (options: LoadOptions, outputs: Outputs): Promise<void> => {
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!stop.signal.aborted) {
      stop.abort();
      return;
    }
    // The second time it is meant: the children see that nobody is left and end by themselves.
    removeHomes();
    process.off(signal, onSignal);
    process.kill(process.pid, signal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const progress = new Progress();
  const results: Result[] = [];
  try {
    for (const server of options.running === null ? options.servers : [null]) {
      if (options.servers.length > 1) progress.say(`Measuring ${server}`);
      results.push(await run({ options, server, progress, stop: stop.signal }));
      if (stop.signal.aborted) break;
    }
  } catch (error) {
    // What one server had to say is told although the other was not reached.
    if (!(error instanceof Interrupted) || results.length === 0) throw error;
  } finally {
    progress.end();
  }
  tell(results, outputs);
  if (stop.signal.aborted) process.exitCode = INTERRUPTED_STATUS;
};

/** A result, and what it was measured against. */
const resultsIn = (files: readonly string[]): Result[] => {
  const results = files.map(readResult);
  const [only] = results;
  return results.length === 1 && only?.against !== undefined ? [only, only.against] : results;
};

/** What a client of a gateway says about a certificate does not say what to do. */
const sentenceOf = (error: unknown): string => {
  const sentence = error instanceof Error ? error.message : String(error);
  return /certificate/i.test(sentence)
    ? `${sentence}: trust its issuer with the variable NODE_EXTRA_CA_CERTS=FILE.`
    : sentence;
};

try {
  const command = readCommand(process.argv.slice(2), SCENARIOS, process.env);
  if (command.do === 'help') {
    process.stdout.write(command.scenario === null ? usage(SCENARIOS) : scenarioHelp(command.scenario));
  } else if (command.do === 'show') tell(resultsIn(command.files), command.outputs);
  else await measure(command.options, command.outputs);
} catch (error) {
  process.stderr.write(`${sentenceOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : error instanceof Interrupted ? INTERRUPTED_STATUS : 1;
}
