/** A result, or two side by side, as a page that needs nothing else. */
import { chartsOf } from './charts.js';
import { compareFigures, differences } from './compare.js';
import { formatMachine, formatParameters, formatValue } from './report.js';
import type { Result } from './result.js';
import { reached } from './scenario.js';
import { CHART_STYLE, drawChart, escapeXml } from './svg.js';

const STYLE = `
:root{color-scheme:light dark;--page:#f5f7fa;--card:#ffffff;--ink:#1d2433;--quiet:#5b6576;--edge:#e3e7ee;--bad:#b3261e;--note:#fdf3d8}
@media (prefers-color-scheme:dark){:root{--page:#0e1116;--card:#14181f;--ink:#e8ecf3;--quiet:#9aa5b8;--edge:#2b323e;--bad:#ff8a80;--note:#3a3115}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1560px;margin:0 auto;padding:28px 24px 56px}
h1{font-size:24px;line-height:1.25;margin:0 0 6px}
h2{font-size:17px;margin:32px 0 12px}
p{margin:0 0 6px;color:var(--quiet);max-width:100ch}
.warning{background:var(--note);color:var(--ink);border-radius:6px;padding:10px 14px;margin:12px 0}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--edge);border-radius:8px;width:fit-content;max-width:100%}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:6px 16px;text-align:right;border-bottom:1px solid var(--edge);white-space:nowrap}
th:first-child,td:first-child{text-align:left;white-space:normal;min-width:18em}
tr:last-child td{border-bottom:0}
th{color:var(--quiet);font-weight:600}
td.unit{text-align:left;color:var(--quiet);padding-left:0}
.different{margin-top:12px}
.missed{color:var(--bad);font-weight:600}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,560px),1fr));gap:16px}
.charts svg{width:100%;height:auto;display:block;border:1px solid var(--edge);border-radius:8px}
`;

/** @param results one, or two */
export const pageOf = (results: readonly Result[]): string => {
  const [first, second] = results as [Result, Result | undefined];
  const title =
    second === undefined
      ? `${first.scenario} on ${first.server}`
      : `${first.scenario} on ${first.server}, and ${second.scenario} on ${second.server}`;
  const charts = chartsOf(results).map((chart) => drawChart(chart, false));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeXml(title)}</title>
<style>${STYLE}${CHART_STYLE}</style>
</head>
<body>
<main>
<h1>${escapeXml(title)}</h1>
${results.map((result, at) => describe(result, second === undefined ? '' : `${'AB'[at]}: `)).join('')}
<h2>Figures</h2>
<div class="scroll">${second === undefined ? figureTable(first) : comparisonTable(first, second)}</div>
${results.map(troubleTable).join('')}
<h2>Charts</h2>
<div class="charts">
${charts.join('')}</div>
</main>
</body>
</html>
`;
};

const describe = (result: Result, label: string): string =>
  [
    `<p>${escapeXml(`${label}version ${result.version}, ${result.startedAt}, ${formatParameters(result)}`)}</p>`,
    `<p>${escapeXml(formatMachine(result))}</p>`,
    ...result.warnings.map((warning) => `<p class="warning">${escapeXml(`${label}${warning}`)}</p>`),
    '',
  ].join('\n');

const figureTable = ({ figures }: Result): string => {
  const rows = figures.map((figure) => {
    const { name, value, unit, goal } = figure;
    const judged =
      goal === null
        ? ''
        : reached(figure, goal)
          ? `≤ ${formatValue(goal.atMost)}: reached`
          : `<span class="missed">≤ ${formatValue(goal.atMost)}: missed</span>`;
    return `<tr><td>${escapeXml(name)}</td><td>${formatValue(value)}</td><td class="unit">${escapeXml(unit)}</td><td>${judged}</td></tr>`;
  });
  return `<table><tr><th>figure</th><th>value</th><th></th><th>goal</th></tr>${rows.join('')}</table>`;
};

const comparisonTable = (a: Result, b: Result): string => {
  const cell = (value: number | null): string => (value === null ? '–' : formatValue(value));
  const rows = compareFigures(a, b).map(
    ({ name, unit, a: inA, b: inB, ratio }) =>
      `<tr><td>${escapeXml(name)}</td><td>${cell(inA)}</td><td>${cell(inB)}</td><td class="unit">${escapeXml(unit)}</td><td>${ratio === null ? '–' : ratio.toFixed(2)}</td></tr>`,
  );
  const different = differences(a, b).map((line) => `<tr><td colspan="5">${escapeXml(line)}</td></tr>`);
  return (
    `<table><tr><th>figure</th><th>${escapeXml(`A: ${a.server}`)}</th><th>${escapeXml(`B: ${b.server}`)}</th><th></th><th>B ÷ A</th></tr>${rows.join('')}</table>` +
    (different.length === 0
      ? ''
      : `</div><div class="scroll different"><table><tr><th>also different</th></tr>${different.join('')}</table>`)
  );
};

const troubleTable = ({ server, troubles }: Result): string => {
  const rows = Object.entries(troubles).map(
    ([what, times]) => `<tr><td>${escapeXml(what)}</td><td>${times}</td></tr>`,
  );
  if (rows.length === 0) return '';
  return `<h2>What went wrong on ${escapeXml(server)}</h2><div class="scroll"><table>${rows.join('')}</table></div>\n`;
};
