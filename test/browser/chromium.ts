/** A Chromium to test with: the one of a package, so that nothing has to be installed by hand, or the system's. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** `dist/.browser`: this file runs from `dist/test/browser`. */
const UNPACKED = join(import.meta.dirname, '../../.browser');
const SYSTEM = '/usr/bin/chromium';

export interface Program {
  readonly path: string;
  /** Of its process, besides those that every one has. */
  readonly env: Readonly<Record<string, string>>;
}

/** Unpacks the package's Chromium, once for all: 200 MB of a program that comes compressed. */
const unpack = async (folder: string): Promise<void> => {
  mkdirSync(UNPACKED, { recursive: true });
  const own = mkdtempSync(join(UNPACKED, 'unpacking-'));
  // The package writes where temporary files go, and takes what it finds there.
  const before = process.env.TMPDIR;
  process.env.TMPDIR = own;
  try {
    const { default: chromium } = await import('@sparticuz/chromium');
    await chromium.executablePath();
    renameSync(own, folder);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    // Another test may have been faster.
    if (!existsSync(folder)) throw error;
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
};

const packaged = async (): Promise<Program> => {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('it is for Linux on x64 alone');
  const about = new URL('../package.json', import.meta.resolve('@sparticuz/chromium'));
  const { version } = JSON.parse(readFileSync(about, 'utf8'));
  const folder = join(UNPACKED, version);
  if (!existsSync(folder)) await unpack(folder);
  // A bare system has neither fonts nor a word where they are; the package has both.
  const env = existsSync('/etc/fonts/fonts.conf') ? {} : { FONTCONFIG_PATH: join(folder, 'fonts') };
  return { path: join(folder, 'chromium'), env };
};

const system = async (): Promise<Program> => ({ path: SYSTEM, env: {} });

/** Fails where a library is missing, too. */
const tryOut = async (find: () => Promise<Program>): Promise<Program> => {
  const program = await find();
  await promisify(execFile)(program.path, ['--version', '--no-sandbox'], { timeout: 60_000 });
  return program;
};

const firstLine = (error: unknown): string => {
  const { stderr = '', message } = error as Error & { stderr?: string };
  return (stderr.trim() || message).split('\n')[0] ?? '';
};

/** The first that runs; or why none does, as a sentence. */
const findChromium = async (): Promise<Program | string> => {
  const problems: string[] = [];
  for (const [name, find] of Object.entries({ '@sparticuz/chromium': packaged, [SYSTEM]: system })) {
    try {
      return await tryOut(find);
    } catch (error) {
      problems.push(`${name}: ${firstLine(error)}`);
    }
  }
  return `no Chromium runs here, so nothing was tested in a browser (${problems.join('; ')}); on Debian: apt-get install libnss3 libexpat1`;
};

const found = await findChromium();

/** For the options of a test that needs a browser. */
export const NEEDS_BROWSER = { skip: typeof found === 'string' ? found : false } as const;

/** @throws Error where there is none */
export const chromiumProgram = (): Program => {
  if (typeof found === 'string') throw new Error(found);
  return found;
};
