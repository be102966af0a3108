/** The command line of `scripts/release`. It checks, builds, packs, tries and tags, and never pushes. */
import { parseArgs } from 'node:util';
import { StepFailed } from '../lib/steps.mjs';
import { bump } from './bump.mjs';
import { checkOnly, release } from './release.mjs';

const HELP = `Usage: scripts/release [options]
       scripts/release bump VERSION [--date YYYY-MM-DD]

Makes the release of what is committed: checks whether it may be one, builds it twice in
two places and compares every byte, packs it, installs and tries the package, and writes

  release/vX.Y.Z/   openclaw-gateway-X.Y.Z.tgz        the package
                    openclaw-gateway-X.Y.Z.cdx.json   what it is made of (CycloneDX)
                    SHA256SUMS                        of both
                    NOTES.md                          what changed, and how to verify it

Then it tags the commit. It never pushes anything: what is left to do is printed at the end.

Options:
  --check       do the checks and nothing else
  --dry-run     do all but the tag, and go on where a check refuses; ends with status 1 then
  --quick       with --dry-run: pack the files and the build that are here now, and neither
                build twice nor install (seconds instead of minutes)
  --sign        sign the tag with your key (git tag --sign)
  --out FOLDER  where the files go instead of release/vX.Y.Z

bump VERSION    writes the version wherever it stands, gives it what is under “Unreleased” in
                CHANGELOG.md, generates, and leaves the commit to you. VERSION is patch, minor,
                major, or one like 1.2.3
  --date DAY    the day of the release; by default today (UTC)

  -h, --help    print this

How a release is made, and how its users verify it: docs/releasing.md
`;

/** @param {readonly string[]} args */
const main = async (args) => {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        check: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        sign: { type: 'boolean', default: false },
        out: { type: 'string' },
        date: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new StepFailed(`${error.message.split('. ')[0]}: see scripts/release --help.`);
  }
  const { values, positionals } = parsed;
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [command, version, ...more] = positionals;
  if (command === 'bump') {
    if (version === undefined || more.length > 0)
      throw new StepFailed('bump needs one VERSION: patch, minor, major, or 1.2.3.');
    return bump(version, values.date);
  }
  if (command !== undefined)
    throw new StepFailed(`There is no command ${command}: see scripts/release --help.`);
  if (values.date !== undefined)
    throw new StepFailed('--date goes with bump: the day of a release stands in CHANGELOG.md.');
  if (values.quick && !values['dry-run'])
    throw new StepFailed('--quick goes with --dry-run: a release is installed anew.');
  if (values.check) return checkOnly();
  return release({ dryRun: values['dry-run'], quick: values.quick, sign: values.sign, out: values.out });
};

main(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof StepFailed ? error.message : error);
  process.exitCode = 1;
});
