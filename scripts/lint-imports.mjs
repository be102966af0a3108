/**
 * Holds the laws of `.dependency-cruiser.mjs`, and itself to two more: it fails where it saw
 * hardly any file, and where it does not find imports that it was given to find.
 */
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { compiledPath, sourceFiles } from './lib/prepare.mjs';
import { ROOT } from './lib/steps.mjs';

/** The tree has more sources than this, and always will. */
const LEAST_SOURCES = 60;

/** A tree that breaks the laws: path, text, and the rule that the file breaks. */
const PLANTED = [
  ['schemas/chat.ts', "import { it } from '../server/core/a.js';\nexport const chat = it;\n", 'room-schemas'],
  [
    'server/core/a.ts',
    "import type { App } from 'uWebSockets.js';\nexport const it = (app: App) => app;\n",
    'sockets-in-one-room',
  ],
  [
    'server/auth/b.ts',
    "import type { it } from '../core/a.js';\nexport type It = typeof it;\n",
    'room-server-auth',
  ],
  [
    'server/auth/k.ts',
    "import type { Span } from '@opentelemetry/api';\nexport type Measured = Span;\n",
    'telemetry-in-one-room',
  ],
  ['metrics/m.ts', "import koffi from 'koffi';\nexport const m = koffi;\n", 'native-calls-in-one-file'],
  ['cli/k.ts', "import { WebSocket } from 'ws';\nexport const k = WebSocket;\n", 'websockets-in-the-client'],
  ['client/l.ts', "import { connect } from 'node:net';\nexport const l = connect;\n", 'no-node-in-a-page'],
  ['bench/c.ts', "import { it } from '../test/d.js';\nexport const that = it;\n", 'ends-of-the-graph'],
  ['test/d.ts', "import { it } from './nowhere.js';\nexport const that = it;\n", 'resolvable'],
  ['dist/schemas/chat.js', "import { Type } from 'typebox';\nexport const chat = Type;\n", null],
  ['dist/server/backends/memory/port.js', 'export class Port {}\n', null],
  [
    'dist/server/core/e.js',
    "import '../../schemas/chat.js';\nexport const e = 1;\n",
    'no-typebox-at-run-time',
  ],
  [
    'dist/server/core/f.js',
    "import '../backends/memory/port.js';\nexport const f = 1;\n",
    'core-takes-types-of-ports',
  ],
  ['dist/server/socket/g.js', "import '../core/f.js';\nexport const g = 1;\n", 'socket-takes-types-of-core'],
  ['dist/server/auth/h.js', "import 'fast-check';\nexport const h = 1;\n", 'no-dev-dependency-at-run-time'],
  ['dist/cli/i.js', "import './j.js';\nexport const i = 1;\n", 'no-cycles'],
  ['dist/web-src/k.js', "import '../server/core/e.js';\nexport const k = 1;\n", 'room-web-elements'],
  ['dist/cli/j.js', "import './i.js';\nexport const j = 1;\n", null],
];

/**
 * @param {string} root of the tree to look at @param {readonly string[]} paths in it
 * @returns {Promise<{ modules: { source: string }[], violations: { from: string, to: string, rule: { name: string } }[] }>}
 */
const cruise = async (root, paths) => {
  const cruiser = join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const args = [
    cruiser,
    '--config',
    join(ROOT, '.dependency-cruiser.mjs'),
    '--output-type',
    'json',
    ...paths,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, maxBuffer: 2 ** 28 });
  const { modules, summary } = JSON.parse(stdout);
  return { modules, violations: summary.violations };
};

/** @returns {Promise<string[]>} the planted violations that were not found */
const missedPlants = async () => {
  const root = mkdtempSync(join(tmpdir(), 'openclaw-imports-'));
  try {
    for (const [path, text] of PLANTED) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    for (const name of ['node_modules', 'package.json']) symlinkSync(join(ROOT, name), join(root, name));
    const { violations } = await cruise(
      root,
      PLANTED.map(([path]) => path),
    );
    const isFound = (path, rule) =>
      violations.some((found) => found.from === path && found.rule.name === rule);
    return PLANTED.filter(([path, , rule]) => rule !== null && !isFound(path, rule)).map(
      ([path, , rule]) => `${rule} in ${path}`,
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};

const all = sourceFiles().filter((path) => /^[a-z].*\/.*\.tsx?$/.test(path) && !path.endsWith('.d.ts'));
/** The parser does not read JSX: of that only what is compiled is looked at. */
const sources = all.filter((path) => path.endsWith('.ts'));
const compiled = all.map(compiledPath).filter((path) => existsSync(join(ROOT, path)));
const { modules, violations } = await cruise(ROOT, [...sources, ...compiled]);

const complaints = new Set(violations.map(({ rule, from, to }) => `${from} → ${to}: ${rule.name}`));
const seen = new Set(modules.map(({ source }) => source));
const unseen = [...sources, ...compiled].filter((path) => !seen.has(path));
if (unseen.length > 0) complaints.add(`The import lint did not see ${unseen.join(', ')}.`);
if (sources.length < LEAST_SOURCES || compiled.length < all.length) {
  complaints.add(`Saw ${all.length} sources, ${compiled.length} of them compiled: build first, then lint.`);
}
for (const path of all) {
  // Whoever ends the process must know that nothing is left to write: only the command line does.
  if (path !== 'cli/main.ts' && /\bprocess\.exit\(/.test(readFileSync(join(ROOT, path), 'utf8'))) {
    complaints.add(`${path} calls process.exit: only cli/main.ts may.`);
  }
}
for (const missed of await missedPlants())
  complaints.add(`The import lint does not find what it should: ${missed}.`);
for (const complaint of complaints) console.error(complaint);
if (complaints.size > 0) process.exitCode = 1;
else console.log(`Imports of ${all.length} files keep the laws of the rooms.`);
