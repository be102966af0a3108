/**
 * What must hold before anybody installs or releases: both lock files are sound, and the version is the same wherever it stands.
 *
 *   node scripts/lint-package.mjs [FOLDER]     by default this repository
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lockComplaints } from './lib/lock-rules.mjs';
import { ROOT } from './lib/steps.mjs';
import { versionComplaints } from './releasing/versions.mjs';

const root = resolve(process.argv[2] ?? ROOT);
const folders = ['.', 'bench/peers'].filter((folder) => existsSync(join(root, folder, 'package.json')));
const complaints = [
  ...folders.flatMap((folder) =>
    lockComplaints(join(root, folder)).map((what) => `${join(folder, 'package-lock.json')} ${what}.`),
  ),
  ...versionComplaints(root),
];
for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exitCode = 1;
else console.log('The lock files are sound, and the version is the same everywhere.');
