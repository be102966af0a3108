/**
 * Is it what Kubernetes expects? Its own schemas say so: their validators for what is needed and how it must look, and the types
 * that are made of them for what nobody knows, such as a key that is spelled wrong.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ROOT, type Tree } from './helm.js';

interface Model {
  validate(): void;
}

const OPERATOR = 'monitoring.coreos.com/';

/** Where the schemas of an `apiVersion` are. */
const moduleOf = (apiVersion: string): string =>
  apiVersion.startsWith(OPERATOR)
    ? `@kubernetes-models/prometheus-operator/${apiVersion}`
    : `kubernetes-models/${apiVersion}`;

const label = ({ kind, metadata }: Tree): string => `${kind} ${metadata?.name}`;

const validate = async (document: Tree): Promise<void> => {
  const models = (await import(moduleOf(document.apiVersion))) as Record<string, new (data: Tree) => Model>;
  const Kind = models[document.kind];
  assert.ok(Kind !== undefined, `${document.apiVersion} has no ${document.kind}`);
  try {
    new Kind(structuredClone(document)).validate();
  } catch (error) {
    assert.fail(`${label(document)}: ${(error as Error).message}\n${JSON.stringify(document, null, 2)}`);
  }
};

/** What the compiler says about documents that stand in a program as literals; empty where all is well. */
const typeProblems = async (documents: readonly Tree[]): Promise<string> => {
  // Below the root, so that the packages are found.
  mkdirSync(join(ROOT, 'dist', '.kubernetes'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'dist', '.kubernetes', 'types-'));
  try {
    const lines = documents.map(({ apiVersion, kind, ...rest }, nth) => {
      const whole = JSON.stringify({ apiVersion, kind, ...rest }, null, 1);
      return `import type { I${kind} as K${nth} } from '${moduleOf(apiVersion)}/${kind}';\nexport const d${nth}: K${nth} = ${whole};`;
    });
    const file = join(folder, 'documents.mts');
    writeFileSync(file, `${lines.join('\n')}\n`);
    const options = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--types', ''];
    const child = spawn(
      process.execPath,
      [
        join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'),
        ...options,
        ...['--target', 'es2022', '--module', 'nodenext'],
        file,
      ],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const closed = once(child, 'close');
    const said = await Promise.all([text(child.stdout), text(child.stderr)]);
    await closed;
    return said.join('').trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Each document once, whoever renders it how often. */
export const distinct = (documents: readonly Tree[]): readonly Tree[] => [
  ...new Map(documents.map((document) => [JSON.stringify(document), document])).values(),
];

/** Rejects where one of the documents is none that Kubernetes takes. */
export const assertKubernetesTakes = async (documents: readonly Tree[]): Promise<void> => {
  assert.ok(documents.length > 0);
  for (const document of documents) await validate(document);
  assert.equal(await typeProblems(documents), '');
};
