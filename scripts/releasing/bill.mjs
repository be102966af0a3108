/** What a release is made of: the lock of what runs in production, and the bill of materials (SBOM) that follows from it. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { build } from 'esbuild';
import { nameOf } from '../lib/lock-rules.mjs';
import { StepFailed } from '../lib/steps.mjs';
import { must } from './processes.mjs';

const readJson = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'));

/**
 * The lock file without what is for development. As `npm-shrinkwrap.json` it goes into the package, as a record of what that was
 * tested with: npm does not follow it where it installs from a file.
 *
 * @param {string} folder with package.json and package-lock.json @returns {object}
 */
export const productionLock = (folder) => {
  const lock = readJson(folder, 'package-lock.json');
  const { '': root, ...entries } = lock.packages;
  const { devDependencies: _, ...rest } = root;
  const kept = Object.entries(entries).filter(([, entry]) => !entry.dev);
  return { ...lock, packages: { '': rest, ...Object.fromEntries(kept) } };
};

/**
 * Development packages are not installed with the gateway; but of some there is code in the page.
 *
 * @param {string} folder that was built @returns {Promise<string[]>} their names
 */
const bundledPackages = async (folder) => {
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: [join('dist', 'web-src', 'main.js')],
    bundle: true,
    format: 'esm',
    external: ['*.css', '*.svg'],
    outdir: 'out',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const paths = Object.keys(metafile.inputs).filter((path) => path.includes('node_modules/'));
  const names = paths.map((path) => /^(?:@[^/]+\/)?[^/]+/.exec(nameOf(path))?.[0]);
  return [...new Set(names)].sort();
};

/** @param {object} lock @returns {Set<string>} the package URL of each, as `pkg:npm/%40scope/name@1.2.3` */
const packageUrls = (lock) =>
  new Set(
    Object.entries(lock.packages)
      .filter(([path]) => path !== '')
      .map(([path, { name = nameOf(path), version }]) => `pkg:npm/${name.replace('@', '%40')}@${version}`),
  );

/** @param {string} seed @returns {string} a UUID (RFC 9562, version 8) that is always the same for the same seed */
const uuidOf = (seed) => {
  const bytes = createHash('sha256').update(seed).digest().subarray(0, 16);
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

/**
 * A CycloneDX 1.5 document as npm writes it, of what the package brings when it is installed and of what is in its page, with
 * nothing in it that is another next time.
 *
 * @param {object} release
 * @param {string} release.folder that was built
 * @param {string} release.scratch an empty folder
 * @param {Buffer} release.tarball @param {Date} release.time of the commit
 * @returns {Promise<string>}
 * @throws {StepFailed} where it does not fit the schema, or misses a package
 */
export const billOfMaterials = async ({ folder, scratch, tarball, time }) => {
  const { devDependencies, allowScripts: _, ...pkg } = readJson(folder, 'package.json');
  const lock = productionLock(folder);
  const { packages: all } = readJson(folder, 'package-lock.json');
  for (const name of await bundledPackages(folder)) {
    const { dev: _dev, ...entry } = all[`node_modules/${name}`] ?? {};
    if (devDependencies[name] === undefined)
      throw new StepFailed(`The page has code of ${name}, which package.json does not name.`);
    lock.packages[`node_modules/${name}`] = entry;
    pkg.dependencies[name] = devDependencies[name];
  }
  lock.packages[''].dependencies = pkg.dependencies;
  // npm names the document after the folder. With development packages in the lock it leaves out some that production
  // shares with them, so it does not get those.
  const named = join(scratch, pkg.name);
  mkdirSync(named, { recursive: true });
  writeFileSync(join(named, 'package.json'), JSON.stringify(pkg));
  writeFileSync(join(named, 'package-lock.json'), JSON.stringify(lock));
  const args = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only'];
  const bill = JSON.parse(await must('npm', args, { cwd: named }));

  const sha512 = createHash('sha512').update(tarball).digest('hex');
  bill.metadata.component.hashes = [{ alg: 'SHA-512', content: sha512 }];
  bill.metadata.timestamp = time.toISOString();
  bill.serialNumber = `urn:uuid:${uuidOf(`${pkg.name}@${pkg.version} ${sha512}`)}`;
  const text = `${JSON.stringify(bill, null, 2)}\n`;

  const invalid = await new Validation.JsonStrictValidator(Spec.Version.v1dot5).validate(text);
  if (invalid !== null) throw new StepFailed(`The SBOM is not CycloneDX 1.5: ${JSON.stringify(invalid)}`);
  const listed = new Set(bill.components.map(({ purl }) => purl));
  const wanted = packageUrls(lock);
  const differ = [...wanted, ...listed].filter((url) => !wanted.has(url) || !listed.has(url));
  if (differ.length > 0) throw new StepFailed(`The SBOM and the lock file differ in ${differ.join(', ')}.`);
  return text;
};

/**
 * @param {string} bill the document @param {string} folder in which the package was installed
 * @returns {string[]} package URLs of what was installed and is not in the document
 */
export const unlisted = (bill, folder) => {
  const { components, metadata } = JSON.parse(bill);
  const listed = new Set([metadata.component, ...components].map(({ purl }) => purl));
  const installed = packageUrls(readJson(folder, 'node_modules', '.package-lock.json'));
  return [...installed].filter((url) => !listed.has(url));
};
