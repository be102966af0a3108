/**
 * Takes out of a folder what the image does not run: declarations, source maps, sources, and the binaries of other platforms.
 * Licences stay.
 *
 *   node slim.mjs FOLDER
 *
 * Run in the image's own platform and version of Node.js, for that decides which binary is kept.
 */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Of a package, where most of it is for other platforms or for whoever compiles it: the only paths that are kept. */
const KEPT = new Map([
  [
    'uWebSockets.js',
    [
      'package.json',
      'LICENSE',
      'uws.js',
      'ESM_wrapper.mjs',
      `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`,
    ],
  ],
  ['better-sqlite3', ['package.json', 'LICENSE', 'lib/', 'build/Release/better_sqlite3.node']],
  ['koffi', ['package.json', 'LICENSE.txt', 'index.js', 'src/koffi/index.js', 'src/koffi/src/static.js']],
  [`@koromix/koffi-linux-${process.arch}`, ['package.json', 'index.js', `linux_${process.arch}/koffi.node`]],
]);

/** The same code once more, for bundlers or for `require` (the gateway imports); what only has types, or names that nobody asks for. */
const TWINS = [
  /^node_modules\/hono\/dist\/cjs\//,
  /^node_modules\/(?:zod|zod-to-json-schema)\/.*(?:\.cjs$|\/cjs\/)/,
  /^node_modules\/@opentelemetry\/semantic-conventions\/dist\/(?:experimental_|index-incubating)/,
  /^node_modules\/(?:json-schema-to-ts|ts-algebra|@babel\/runtime)\//,
  /^node_modules\/@opentelemetry\/[^/]+\/build\/(?:esm|esnext)\//,
  /^node_modules\/@modelcontextprotocol\/sdk\/dist\/cjs\//,
  /^node_modules\/bintrees\/(?!lib\/|index\.js$|package\.json$)/,
];
/** Packages in which each `x.js` for `require` has an `x.mjs` beside it. */
const WITH_TWINS = /^node_modules\/(?:openai|@anthropic-ai\/sdk)\/.*\.js$/;
/** What packages bring along for whoever works on them. */
const OF_THEIR_MAKERS =
  /^node_modules\/.*\/(?:(?:tests?|__tests__|bench|benchmarks?|examples?|\.github)\/|[^/]+\.(?:test|spec)\.[cm]?js$)/;

/** Declarations, sources of JavaScript that lies beside them, source maps, and what people read. */
const NOT_RUN = /\.(?:[cm]?ts|map|tsbuildinfo|md|markdown|flow)$/i;
const LICENCE = /(?:^|\/)(?:licen[cs]es?|notice|copying)(?:[.-][^/]*)?$/i;

const [folder] = process.argv.slice(2);
if (folder === undefined || !existsSync(folder)) {
  console.error('Name the folder to make slim: node slim.mjs FOLDER');
  process.exit(2);
}

/** @param {string} dir @returns {Generator<string>} the paths of all files below it */
function* filesIn(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else yield path;
  }
}

let [removed, removedBytes] = [0, 0];
/** @param {string} path */
const remove = (path) => {
  removed += 1;
  removedBytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  rmSync(path);
};

const modules = join(folder, 'node_modules');
for (const [name, kept] of KEPT) {
  const home = join(modules, name);
  if (!existsSync(home)) continue;
  for (const path of kept) {
    if (existsSync(join(home, path))) continue;
    console.error(`${join(home, path)} is missing: the package has another layout, or no binary for here.`);
    process.exit(1);
  }
  for (const path of filesIn(home)) {
    const inside = relative(home, path);
    if (!kept.some((each) => (each.endsWith('/') ? inside.startsWith(each) : inside === each))) remove(path);
  }
}
/** @param {string} name from the folder */
const isNotRun = (name) => {
  if (LICENCE.test(name)) return false;
  if (NOT_RUN.test(name) || OF_THEIR_MAKERS.test(name) || TWINS.some((twin) => twin.test(name))) return true;
  return WITH_TWINS.test(name) && existsSync(join(folder, name.replace(/\.js$/, '.mjs')));
};
for (const path of filesIn(folder)) if (isNotRun(relative(folder, path))) remove(path);
rmSync(join(modules, '.package-lock.json'), { force: true });
rmSync(join(modules, '.bin'), { recursive: true, force: true });

/** @param {string} dir @returns {boolean} whether it is gone now */
const removeEmpty = (dir) => {
  const entries = readdirSync(dir, { withFileTypes: true });
  const left = entries.filter((entry) => !entry.isDirectory() || !removeEmpty(join(dir, entry.name)));
  if (left.length > 0) return false;
  rmSync(dir, { recursive: true });
  return true;
};
removeEmpty(folder);
console.log(`${removed} files of ${(removedBytes / 1e6).toFixed(1)} MB are not in the image.`);
