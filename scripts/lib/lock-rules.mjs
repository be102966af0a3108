/**
 * What a lock file must say before anybody installs by it: each package once, at one version, with the hash of its bytes, from
 * whichever registry npm is set to, with no install script that nobody has decided about, and for every platform that its
 * makers build for.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const EXACT = /^\d+\.\d+\.\d+(?:-[\w.-]+)?$/;
const ALIAS = /^npm:(?:@[\w.-]+\/)?[\w.-]+@(.+)$/;
/** 64 bytes in base64, and no weaker hash beside them that would be enough. */
const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/;
/** What npm takes for an address: a URL, a folder, or `owner/repository`. */
const ADDRESS =
  /^(?:git|https?|file|link|github|gitlab|bitbucket|workspace)\b.*:|^(?:[./]|~\/)|^[\w.-]+\/[\w.-]+(?:#|$)/;
const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies'];

/** @param {string} spec as in package.json @returns {string | null} its one version; null: it is not exact */
const exactVersion = (spec) => {
  const version = ALIAS.exec(spec)?.[1] ?? spec;
  return EXACT.test(version) ? version : null;
};

/** @param {string} path in a lock file, `node_modules/a/node_modules/@b/c` @returns {string} `@b/c` */
export const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/**
 * As Node.js looks for it: beside the one who asks, then further up.
 *
 * @param {Record<string, object>} packages @param {string} from a path in the lock file, '' for the root @param {string} name
 * @returns {string | null} its path
 */
const resolveIn = (packages, from, name) => {
  for (let folder = from; ; ) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === '') return null;
    const up = folder.lastIndexOf('/node_modules/');
    folder = up === -1 ? '' : folder.slice(0, up);
  }
};

/** @param {object} pkg package.json @param {object} lock package-lock.json @returns {string[]} where they differ or leave room */
const rootComplaints = (pkg, lock) => {
  const complaints = [];
  const root = lock.packages[''];
  if (lock.lockfileVersion !== 3) complaints.push(`has lockfileVersion ${lock.lockfileVersion} instead of 3`);
  for (const field of ['name', 'version']) {
    if (lock[field] !== pkg[field] || root[field] !== pkg[field])
      complaints.push(`has another ${field} than package.json`);
  }
  for (const kind of KINDS) {
    const wanted = Object.entries(pkg[kind] ?? {});
    const locked = root[kind] ?? {};
    if (wanted.length !== Object.keys(locked).length) complaints.push(`has other ${kind} than package.json`);
    for (const [name, spec] of wanted) {
      const version = exactVersion(spec);
      const entry = lock.packages[`node_modules/${name}`];
      if (version === null) complaints.push(`${kind} have ${name} at "${spec}": pin it to one version`);
      else if (locked[name] !== spec || entry?.version !== version) {
        complaints.push(`does not have ${name} at ${version}, as package.json wants it`);
      }
    }
  }
  return complaints;
};

/** @param {string} path @param {object} entry @param {Record<string, object>} packages @returns {string[]} */
const entryComplaints = (path, entry, packages) => {
  const complaints = [];
  if (entry.link) return [`${path} is a link to a folder: take it from the registry`];
  if (!EXACT.test(entry.version ?? '')) complaints.push(`${path} has no exact version`);
  if (!SHA512.test(entry.integrity ?? '')) complaints.push(`${path} has no sha512 integrity`);
  if (entry.resolved !== undefined) {
    complaints.push(`${path} names where it was fetched from: leave "resolved" out, as everywhere`);
  }
  for (const kind of ['dependencies', 'optionalDependencies']) {
    for (const [name, spec] of Object.entries(entry[kind] ?? {})) {
      if (ADDRESS.test(spec)) complaints.push(`${path} wants ${name} from ${spec}, not from the registry`);
      if (resolveIn(packages, path, name) !== null) continue;
      complaints.push(
        kind === 'dependencies'
          ? `${path} needs ${name}, which is missing`
          : `${path} needs ${name} on other platforms, which is missing: npm leaves out what it cannot install here`,
      );
    }
  }
  return complaints;
};

/** @param {object} pkg @param {Record<string, object>} packages @returns {string[]} */
const scriptComplaints = (pkg, packages) => {
  const decided = new Set(Object.keys(pkg.allowScripts ?? {}));
  const withScripts = Object.entries(packages).filter(([, entry]) => entry.hasInstallScript);
  const names = new Set(withScripts.map(([path]) => nameOf(path)));
  return [
    ...[...names]
      .filter((name) => !decided.has(name))
      .map((name) => `${name} has an install script: decide in allowScripts of package.json whether it runs`),
    ...[...decided]
      .filter((name) => !names.has(name))
      .map((name) => `allowScripts names ${name}, which has no install script`),
  ];
};

/**
 * @param {string} folder with a package.json and its package-lock.json
 * @returns {string[]} what is wrong, a clause each; empty: nothing
 */
export const lockComplaints = (folder) => {
  const [pkgFile, lockFile] = ['package.json', 'package-lock.json'].map((name) => join(folder, name));
  if (!existsSync(lockFile)) return ['is missing'];
  const pkg = JSON.parse(readFileSync(pkgFile, 'utf8'));
  const lock = JSON.parse(readFileSync(lockFile, 'utf8'));
  const entries = Object.entries(lock.packages).filter(([path]) => path !== '');
  return [
    ...rootComplaints(pkg, lock),
    ...entries.flatMap(([path, entry]) => entryComplaints(path, entry, lock.packages)),
    ...scriptComplaints(pkg, lock.packages),
  ];
};
