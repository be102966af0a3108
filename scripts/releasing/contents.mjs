/** What is in the package and what must not be: judged by the unpacked tarball, whatever was meant to be in it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { build } from 'esbuild';

/** Every file is one of these. */
const MEANT = [
  /^(?:package\.json|npm-shrinkwrap\.json|README\.md|CHANGELOG\.md|SECURITY\.md|LICENSE|config\.example\.toml)$/,
  /^dist\/(?:cli|client|metrics|schemas|server)\/(?:[\w.-]+\/)*[\w.-]+\.js$/,
  /^dist\/(?:client|schemas)\/(?:[\w.-]+\/)*[\w.-]+\.d\.ts$/,
  /^dist\/web\/(?:index\.html|assets\/[\w.-]+\.(?:js|css|svg|png|woff2))(?:\.br|\.gz)?$/,
  /^docs\/[\w.-]+\.md$/,
  /^deploy\/[\w./-]+$/,
  /^docs\/images\/[\w.-]+\.(?:png|svg)$/,
  /^metrics\/grafana\/[\w.-]+\.json$/,
  /^metrics\/prometheus\/[\w.-]+\.yml$/,
];
const NEVER = /\.test\.|(?:^|\/)(?:test|bench|scripts)\/|\.map$/;
/** Without these it would not be the gateway. */
const NEEDED = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'config.example.toml',
  'dist/cli/main.js',
  'dist/client/browser.js',
  'dist/client/node.d.ts',
  'dist/web/index.html.br',
  'docs/protocol.md',
  'npm-shrinkwrap.json',
];
/** What looks like a key that somebody uses. */
const SECRETS = [
  /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\r?\n/,
  /\boc_(?!local_debug)[a-z]+_[A-Za-z0-9_-]{32,}/,
  /\b(?:npm|ghp|gho)_[A-Za-z0-9]{36}\b/,
  /\bgithub_pat_\w{22,}/,
  /\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}/,
  /\bAKIA[A-Z0-9]{16}\b/,
];
const MAX_UNPACKED_BYTES = 6 * 1024 * 1024;
/** What is loaded by its path, at the start of a thread. */
const WORKERS = /new URL\(\s*['"]\.\/([\w-]+\.js)['"],\s*import\.meta\.url\s*\)/g;

/** @param {string} folder @returns {string[]} paths of its files, with / */
const filesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();

/** @param {string} folder @param {readonly string[]} code paths @returns {Promise<string[]>} complaints about what is loaded, and what is not */
const codeComplaints = async (folder, code) => {
  const pkg = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = new Map(code.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
  const workers = [...texts].flatMap(([path, text]) =>
    [...text.matchAll(WORKERS)].map(([, name]) => `${path.slice(0, path.lastIndexOf('/'))}/${name}`),
  );
  const client = Object.values(pkg.exports['./client']).map((target) => target.default);
  const entryPoints = [...new Set([...Object.values(pkg.bin), ...client, ...workers])];
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: entryPoints.map((path) => join(folder, path)),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outdir: 'out',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const loaded = Object.values(metafile.inputs).flatMap(({ imports }) => imports);
  const packages = loaded
    .filter(({ external, path }) => external && !path.startsWith('node:'))
    .map(({ path }) =>
      path
        .split('/')
        .slice(0, path.startsWith('@') ? 2 : 1)
        .join('/'),
    );
  const known = Object.keys(pkg.dependencies);
  return [
    ...[...new Set(packages)]
      .filter((name) => !known.includes(name))
      .map((name) => `${name} is loaded and is no dependency.`),
    ...[...texts]
      // A file of types alone says `export {}`: others name it, and nobody loads it.
      .filter(([path, text]) => metafile.inputs[path] === undefined && !/^export \{\};$/m.test(text))
      .map(([path]) => `${path} is loaded by nothing: leave it out (“files” in package.json).`),
  ];
};

/**
 * @param {string} folder the unpacked package
 * @param {readonly string[]} [places] folders of this machine that nothing may name
 * @returns {Promise<string[]>} what is wrong, a sentence each
 */
export const contentComplaints = async (folder, places = []) => {
  const files = filesOf(folder);
  const complaints = [];
  const home = homedir();
  const secretPlaces = [...places, ...(home.split(sep).length > 2 ? [home] : [])];
  let sizeBytes = 0;
  for (const path of files) {
    sizeBytes += statSync(join(folder, path)).size;
    if (!MEANT.some((pattern) => pattern.test(path)) || NEVER.test(path))
      complaints.push(`${path} is not meant to be there.`);
    if (/\.(?:png|br|gz|woff2)$/.test(path)) continue;
    const text = readFileSync(join(folder, path), 'utf8');
    if (SECRETS.some((pattern) => pattern.test(text)))
      complaints.push(`${path} holds what looks like a secret.`);
    const named = secretPlaces.find((place) => text.includes(place));
    if (named !== undefined) complaints.push(`${path} names the folder ${named} of this machine.`);
  }
  for (const path of NEEDED) if (!files.includes(path)) complaints.push(`${path} is missing.`);
  if (sizeBytes > MAX_UNPACKED_BYTES)
    complaints.push(`It unpacks to ${sizeBytes} bytes, more than ${MAX_UNPACKED_BYTES}.`);
  const code = files.filter((path) => /^dist\/(?!web\/).*\.js$/.test(path));
  return [...complaints, ...(await codeComplaints(folder, code))];
};
