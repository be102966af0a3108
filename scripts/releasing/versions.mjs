/** Where the version of the gateway stands: the one list, by which it is raised and by which it is checked. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What follows `generate` is not listed. A place with `files` is every tracked file that matches, and there may be none; one with `path`
 * must be there and have the version. The version is the group `version` of the pattern.
 */
const PLACES = [
  { path: 'package.json', pattern: /^ {2}"version": "(?<version>[^"]+)"/dgm },
  { path: 'package-lock.json', pattern: /^ {2}"version": "(?<version>[^"]+)"/dgm },
  {
    path: 'package-lock.json',
    pattern: /^ {4}"": \{\n {6}"name": "[^"]+",\n {6}"version": "(?<version>[^"]+)"/dgm,
  },
  { path: 'schemas/version.ts', pattern: /^export const VERSION = '(?<version>[^']+)'/dgm },
  { path: 'docs/by-hand.md', pattern: /"(?:client|server)_version":"(?<version>[^"]+)"/dg },
  { path: 'docs/operations.md', pattern: /"version":"(?<version>[^"]+)","url"/dg },
  // The image, the compose files, the chart (whose own version is the gateway's) and what is written about them.
  {
    files: /(?:^|\/)Dockerfile$|^deploy\/|^docs\/deployment\.md$/,
    pattern:
      /(?:openclaw-gateway[:-]v?|OPENCLAW_VERSION:-|^ARG VERSION=|^(?:appV|v)ersion: ['"]?|\btag: ['"]?|image\.version=['"]?)(?<version>\d+\.\d+\.\d+(?:-[\w.]+)?\b(?!\.\d))/dgm,
  },
];

/** Where any version may stand: the past, what is generated, measured or tried with some client. */
const ELSEWHERE =
  /^(?:CHANGELOG\.md|package-lock\.json|schemas\/generated\/|docs\/(?:protocol|benchmarks)\.md|bench\/|test\/|client\/scripted-)|\.test\.ts$/;

/** @param {string} root @returns {string[] | null} null: not a clone */
const trackedFiles = (root) => {
  try {
    return execFileSync('git', ['ls-files', '-z'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .split('\0')
      .filter((path) => path !== '' && existsSync(join(root, path)));
  } catch {
    return null;
  }
};

/**
 * @param {string} root
 * @returns {{ path: string, text: string, found: { version: string, at: [number, number] }[] }[]} each place's file and versions
 */
const readPlaces = (root) => {
  const tracked = trackedFiles(root) ?? [];
  return PLACES.flatMap(({ path, files, pattern }) => {
    const paths = path === undefined ? tracked.filter((each) => files.test(each)) : [path];
    return paths.flatMap((each) => {
      const text = readFileSync(join(root, each), 'utf8');
      const found = [...text.matchAll(pattern)].map(({ groups, indices }) => ({
        version: groups.version,
        at: indices.groups.version,
      }));
      return found.length === 0 && path === undefined ? [] : [{ path: each, text, found }];
    });
  });
};

/** @param {string} root @returns {string} what package.json says */
export const currentVersion = (root) => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;

/** @param {string} root @returns {string[]} what is wrong, a sentence each; empty: every place says the same */
export const versionComplaints = (root) => {
  const version = currentVersion(root);
  const places = readPlaces(root);
  const listed = new Set(places.map(({ path }) => path));
  const complaints = places.flatMap(({ path, found }) => {
    if (found.length === 0)
      return [`${path} no longer says the version where scripts/releasing/versions.mjs looks for it.`];
    const others = new Set(found.map((each) => each.version).filter((each) => each !== version));
    return [...others].map((other) => `${path} says version ${other}, and package.json ${version}.`);
  });
  const isWhole = new RegExp(`(?<![\\d.])${version.replaceAll('.', '\\.')}(?![\\d]|\\.\\d)`);
  for (const path of trackedFiles(root) ?? []) {
    if (listed.has(path) || ELSEWHERE.test(path) || /\.(?:png|db|br|gz)$/.test(path)) continue;
    if (isWhole.test(readFileSync(join(root, path), 'utf8'))) {
      complaints.push(
        `${path} says version ${version}, and is not in the list of scripts/releasing/versions.mjs.`,
      );
    }
  }
  return complaints;
};

/**
 * Writes another version wherever it stands.
 *
 * @param {string} root @param {string} version @returns {string[]} the files that were changed
 */
export const writeVersion = (root, version) => {
  const changed = new Set();
  // One place at a time: two may be in the same file, and the second is read behind the first.
  for (const at of readPlaces(root).keys()) {
    const { path, text, found } = readPlaces(root)[at];
    const next = found.reduceRight(
      (sofar, { at: [start, end] }) => `${sofar.slice(0, start)}${version}${sofar.slice(end)}`,
      text,
    );
    if (next === text) continue;
    writeFileSync(join(root, path), next);
    changed.add(path);
  }
  return [...changed];
};
