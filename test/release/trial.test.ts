/** The package, unpacked beside the packages that production has and no others, and used as its users will. */
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { VERSION } from '../../schemas/version.js';
import { NO_CLONE, ROOT, temporaryFolder } from './clone.js';

const load = (name: string) => import(pathToFileURL(join(ROOT, 'scripts/releasing', name)).href);
const { copyBuilt, exportTree, pack } = await load('build.mjs');
const { emptyProject, tryInstalled, unpack } = await load('trial.mjs');
const NAME = 'openclaw-gateway';

test('the command, a gateway, a conversation, the page and the client library work', {
  skip: NO_CLONE,
}, async (t) => {
  const scratch = temporaryFolder(t);
  const tree = join(scratch, NAME);
  await exportTree(ROOT, tree);
  copyBuilt(ROOT, tree);
  const tarball = await pack(tree, join(scratch, 'packed'));

  const folder = join(scratch, 'project');
  emptyProject(folder);
  const unpacked: string = await unpack(tarball, join(folder, 'node_modules', NAME));
  const { packages } = JSON.parse(readFileSync(join(unpacked, 'npm-shrinkwrap.json'), 'utf8'));
  for (const path of Object.keys(packages)) {
    // What lies deeper comes with what it lies in; packages for other platforms are not installed.
    if (path.split('node_modules/').length !== 2 || !existsSync(join(ROOT, path))) continue;
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    symlinkSync(join(ROOT, path), join(folder, path));
  }
  const { bin } = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'));
  mkdirSync(join(folder, 'node_modules/.bin'));
  symlinkSync(join('..', NAME, bin.openclaw), join(folder, 'node_modules/.bin/openclaw'));
  // As npm does when it installs a command.
  chmodSync(join(unpacked, bin.openclaw), 0o755);
  await tryInstalled(folder, VERSION, ROOT);
});
