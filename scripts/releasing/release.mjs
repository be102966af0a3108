/** A release from its first check to its tag. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { ROOT, StepFailed } from '../lib/steps.mjs';
import { releaseNotes } from './changelog.mjs';
import { checkAll, tagOf } from './checks.mjs';
import { git, must } from './processes.mjs';
import { currentVersion } from './versions.mjs';

const MAX_TARBALL_BYTES = 3 * 1024 * 1024;
/** The two builds differ in all that a build must not depend on. */
const PLACES = [
  { name: 'a', env: { TZ: 'UTC', LC_ALL: 'C' } },
  {
    name: join('b', 'at', 'another', 'depth'),
    env: { TZ: 'Pacific/Kiritimati', LC_ALL: 'C.UTF-8', HOSTNAME: 'elsewhere' },
  },
];

const tell = (what) => console.log(`✓ ${what}`);
/** @param {string} what is done, as the start of a sentence @param {() => Promise<T>} work @returns {Promise<T>} @template T */
const step = async (what, work) => {
  const startedMs = performance.now();
  const result = await work();
  tell(`${what} (${((performance.now() - startedMs) / 1000).toFixed(0)} s)`);
  return result;
};

const checks = async (dryRun, quick) => {
  const failed = await checkAll(ROOT, quick, (what, problem) => {
    if (problem === null) tell(what);
    else console.log(`✗ ${problem}`);
  });
  if (failed > 0 && !dryRun) throw new StepFailed('Nothing was built or tagged.');
  return failed;
};

/** @throws {StepFailed} where a release would be refused, after each reason was told */
export const checkOnly = async () => {
  await checks(false, false);
  console.log(`Version ${currentVersion(ROOT)} may be released.`);
};

/**
 * Two builds of the commit in two places, packed and compared.
 *
 * @returns {Promise<{ folder: string, tarball: string }>} the first of them
 */
const buildTwice = async (scratch, commit) => {
  // Loaded here: it needs packages, which the checks have seen to.
  const { build, differences, exportCommit, hashesOf, pack } = await import('./build.mjs');
  const built = [];
  for (const { name, env } of PLACES) {
    const folder = join(scratch, name, 'openclaw-gateway');
    await step(`Built ${built.length === 0 ? 'and packed' : 'and packed again, elsewhere'}`, async () => {
      await exportCommit(ROOT, commit, folder);
      await build(folder, env);
      built.push({
        folder,
        hashes: hashesOf(folder),
        tarball: await pack(folder, join(scratch, name, 'packed')),
      });
    });
  }
  const [one, other] = built;
  const differ = differences(one.hashes, other.hashes);
  if (differ.length > 0) throw new StepFailed(`Two builds of the same differ in ${differ.join(', ')}.`);
  if (!readFileSync(one.tarball).equals(readFileSync(other.tarball))) {
    throw new StepFailed('Two packages of the same differ, though what was built does not.');
  }
  tell(`Both are the same, byte for byte: ${one.hashes.size} files, and the package`);
  return one;
};

/** Instead: the files as they are now, and what is built of them here. */
const packHere = async (scratch) => {
  const { build, copyBuilt, exportTree, pack } = await import('./build.mjs');
  const folder = join(scratch, 'openclaw-gateway');
  const tarball = await step('Packed what is here', async () => {
    await build(ROOT, {});
    await exportTree(ROOT, folder);
    copyBuilt(ROOT, folder);
    return pack(folder, join(scratch, 'packed'));
  });
  return { folder, tarball };
};

/** @throws {StepFailed} where the package has what it should not have, or is not what its package.json says */
const inspect = async (tarball, scratch) => {
  const { contentComplaints } = await import('./contents.mjs');
  const { unpack } = await import('./trial.mjs');
  const { publint } = await import('publint');
  const { formatMessage } = await import('publint/utils');
  const bytes = readFileSync(tarball);
  const unpacked = await unpack(tarball, join(scratch, 'unpacked'));
  const complaints = await contentComplaints(unpacked, [realpathSync(scratch), realpathSync(ROOT)]);
  if (bytes.length > MAX_TARBALL_BYTES)
    complaints.push(`It has ${bytes.length} bytes, more than ${MAX_TARBALL_BYTES}.`);
  const pkg = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'));
  const { messages } = await publint({ pkgDir: unpacked, strict: true, pack: false });
  complaints.push(...messages.map((message) => formatMessage(message, pkg, { color: false })));
  if (complaints.length > 0)
    throw new StepFailed(`The package is not as it should be.\n${complaints.join('\n')}`);
  tell(
    `The package has what it should have and nothing else (${(bytes.length / 1024 / 1024).toFixed(1)} MiB)`,
  );
};

const tryPackage = async (tarball, scratch, version, bill) => {
  const { installTarball, tryGlobal, tryInstalled } = await import('./trial.mjs');
  const { unlisted } = await import('./bill.mjs');
  const folder = join(scratch, 'installed');
  await step('Installed in an empty folder', () => installTarball(folder, tarball));
  // npm takes later versions within the ranges of packages in between: worth a look, and nothing that a release can change.
  const others = unlisted(bill, folder);
  if (others.length === 0) tell('The SBOM lists all that was installed');
  else console.log(`! Installing now brings what the SBOM does not list: ${others.join(', ')}`);
  await step('The command, a gateway, a conversation and the client library work', () =>
    tryInstalled(folder, version, ROOT),
  );
  await step('So does npm install --global', () =>
    tryGlobal(join(scratch, 'global'), tarball, version, folder),
  );
};

/** @param {string} notes @param {string} sums @param {string} made with what, in words */
const notesPage = (version, notes, sums, made) => `# OpenClaw gateway ${version}

${notes}

## Verify

\`sha256sum --check SHA256SUMS\` must say that both files are well. [How to verify more](docs/releasing.md#verifying-a-release),
and how to build the same bytes yourself. ${made}

\`\`\`text
${sums.trimEnd()}
\`\`\`
`;

/**
 * @param {object} options
 * @param {boolean} options.dryRun @param {boolean} options.quick @param {boolean} options.sign
 * @param {string | undefined} options.out a folder
 * @throws {StepFailed}
 */
export const release = async ({ dryRun, quick, sign, out }) => {
  // npm keeps the modes of files: they must not depend on who makes the release.
  process.umask(0o022);
  const version = currentVersion(ROOT);
  const tag = tagOf(version);
  console.log(`${dryRun ? 'What a release would be' : 'Releasing'}: OpenClaw gateway ${version}`);
  const refused = await checks(dryRun, quick);
  const commit = await git(ROOT, 'rev-parse', 'HEAD');
  const time = new Date(await git(ROOT, 'show', '--no-patch', '--format=%cI', commit));

  const scratch = mkdtempSync(join(tmpdir(), 'openclaw-release-'));
  try {
    const { folder, tarball } = await (quick ? packHere(scratch) : buildTwice(scratch, commit));
    await inspect(tarball, scratch);
    const bytes = readFileSync(tarball);
    const { billOfMaterials } = await import('./bill.mjs');
    const bill = await billOfMaterials({ folder, scratch: join(scratch, 'bill'), tarball: bytes, time });
    tell(`The SBOM is CycloneDX 1.5 and lists ${JSON.parse(bill).components.length} packages`);
    if (!quick) await tryPackage(tarball, scratch, version, bill);

    const { sha256 } = await import('./build.mjs');
    const name = basename(tarball, '.tgz');
    const files = new Map([
      [`${name}.tgz`, bytes],
      [`${name}.cdx.json`, Buffer.from(bill)],
    ]);
    const sums = [...files].map(([file, content]) => `${sha256(content)}  ${file}\n`).join('');
    const { notes = 'Not in the changelog yet.' } = releaseNotes(
      readFileSync(join(folder, 'CHANGELOG.md'), 'utf8'),
      version,
    );
    const npm = (await must('npm', ['--version'], { cwd: ROOT })).trim();
    const made = `Made with Node.js ${process.versions.node} and npm ${npm} of commit ${commit}.`;
    files.set('SHA256SUMS', sums).set('NOTES.md', notesPage(version, notes, sums, made));
    const target = out === undefined ? join(ROOT, 'release', tag) : resolve(out);
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    for (const [file, content] of files) writeFileSync(join(target, file), content);
    tell(
      `Written to ${relative(process.cwd(), target) || target}:\n${sums.replace(/^/gm, '    ').trimEnd()}`,
    );

    if (dryRun) {
      if (refused === 0) console.log(`A release would now tag ${commit.slice(0, 7)} as ${tag}.`);
      else
        throw new StepFailed(
          `A release would be refused: ${refused} ${refused === 1 ? 'check does' : 'checks do'} not pass.`,
        );
      return;
    }
    const message = `OpenClaw gateway ${version}\n\n${made}\n\n${sums}`;
    await must('git', ['tag', sign ? '--sign' : '--annotate', '--message', message, tag, commit], {
      cwd: ROOT,
    });
    tell(`Tagged ${commit.slice(0, 7)} as ${tag}${sign ? ', signed' : ''}`);
    console.log(
      `Nothing was pushed. To publish: git push origin main ${tag}, and attach the files to the tag.`,
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};
