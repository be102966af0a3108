/** Every value of the chart does something, and there is none that its schema and its file do not both know. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { checkConfigText } from '../../server/config/load.js';
import { CHART, NO_HELM, render, type Tree } from './helm.js';
import { assertKubernetesTakes, distinct } from './kubernetes.js';

const skip = NO_HELM;

const read = (name: string): string => readFileSync(join(CHART, name), 'utf8');
const VALUES = parse(read('values.yaml')) as Tree;
const SCHEMA = JSON.parse(read('values.schema.json')) as Tree;

/** What stands in the schema alone: for charts around this one, and what a probe may have besides. */
const SCHEMA_ONLY = /^(?:global$|probes\.\w+\.initialDelaySeconds$)/;
/** Has a test of its own, by the table of options. */
const CONFIG = 'config';

/** Dotted paths of what is one value, however large. */
const leavesOf = (schema: Tree, path = ''): string[] =>
  Object.entries((schema.properties ?? {}) as Tree).flatMap(([name, below]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return at === CONFIG ? [] : below.properties === undefined ? [at] : leavesOf(below, at);
  });

const LEAVES = leavesOf(SCHEMA);

const at = (tree: Tree, path: string): unknown =>
  path.split('.').reduce<unknown>((below, name) => (below as Tree | undefined)?.[name], tree);

const set = (tree: Tree, path: string, value: unknown): Tree => {
  const changed = structuredClone(tree);
  const names = path.split('.');
  const last = names.pop() ?? '';
  let below = changed;
  for (const name of names) {
    below[name] ??= {};
    below = below[name];
  }
  below[last] = value;
  return changed;
};

const PEER = { namespaceSelector: { matchLabels: { kind: 'other' } } };

/** What a value is changed to, where neither turning nor counting is a change of its kind. */
const OTHERS: Tree = {
  'image.digest': `sha256:${'0'.repeat(64)}`,
  'image.pullPolicy': 'Always',
  imagePullSecrets: [{ name: 'registry' }],
  secrets: [{ name: 'provider', secretName: 'openclaw-provider' }],
  env: [{ name: 'TZ', value: 'Europe/Berlin' }],
  'persistence.accessModes': ['ReadWriteOncePod'],
  'persistence.size': '9Gi',
  'persistence.annotations': { a: 'b' },
  'persistence.whenDeleted': 'Delete',
  'service.type': 'LoadBalancer',
  'service.annotations': { a: 'b' },
  'service.externalTrafficPolicy': 'Local',
  'ingress.hosts': ['other.example.org'],
  'ingress.tls': [{ secretName: 'other', hosts: ['chat.example.org'] }],
  'ingress.annotations': { a: 'b' },
  'networkPolicy.clientsFrom': [PEER],
  'networkPolicy.metricsFrom': [PEER],
  'networkPolicy.egress': [{ to: [PEER] }],
  'serviceMonitor.interval': '30s',
  'serviceMonitor.scrapeTimeout': '5s',
  'serviceMonitor.labels': { release: 'prometheus' },
  'prometheusRule.labels': { release: 'prometheus' },
  'podDisruptionBudget.maxUnavailable': 0,
  resources: { requests: { memory: '512Mi' } },
  terminationGracePeriodSeconds: 600,
  'serviceAccount.annotations': { a: 'b' },
  podAnnotations: { a: 'b' },
  podLabels: { a: 'b' },
  nodeSelector: { a: 'b' },
  tolerations: [{ key: 'a', operator: 'Exists' }],
  affinity: { nodeAffinity: {} },
  volumes: [{ name: 'tools', emptyDir: {} }],
  volumeMounts: [{ name: 'tmp', mountPath: '/tools' }],
};

const OWN_TLS = { tls: { secretName: 'gateway-tls' } };
const HOSTS = ['chat.example.org'];
/** What has to be on for a value to do anything; the first prefix that fits. */
const NEEDS: readonly (readonly [prefix: string, values: Tree])[] = [
  ['metricsToken.key', { metricsToken: { secretName: 'metrics-token' } }],
  ['service.type', OWN_TLS],
  ['service.externalTrafficPolicy', { ...OWN_TLS, service: { type: 'NodePort' } }],
  ['ingress.enabled', { ...OWN_TLS, ingress: { hosts: HOSTS } }],
  ['ingress.', { ...OWN_TLS, ingress: { enabled: true, hosts: HOSTS } }],
  ['serviceMonitor.enabled', {}],
  ['serviceMonitor.', { serviceMonitor: { enabled: true } }],
  ['prometheusRule.enabled', {}],
  ['prometheusRule.', { prometheusRule: { enabled: true } }],
];

const other = (path: string): unknown => {
  if (path in OTHERS) return OTHERS[path];
  const value = at(VALUES, path);
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  assert.equal(typeof value, 'string', `there is no other value for ${path}`);
  return 'other';
};

test('each value changes what is made, and Kubernetes takes each change', { skip }, async () => {
  const turned = LEAVES.filter((path) => !SCHEMA_ONLY.test(path));
  assert.ok(turned.length > 60);
  const bases = new Map<string, string>();
  const documents: Tree[] = [];
  for (const path of turned) {
    const base = NEEDS.find(([prefix]) => path.startsWith(prefix))?.[1] ?? {};
    const key = JSON.stringify(base);
    if (!bases.has(key)) bases.set(key, (await render(base)).text);
    const changed = await render(set(base, path, other(path)));
    assert.notEqual(changed.text, bases.get(key), `${path} changes nothing`);
    documents.push(...changed.documents);
  }
  await assertKubernetesTakes(distinct(documents));
});

test('the file of values and their schema know the same, each with a word about it', () => {
  for (const path of LEAVES.filter((each) => !SCHEMA_ONLY.test(each))) {
    assert.notEqual(at(VALUES, path), undefined, `${path} is missing in values.yaml`);
  }
  const described = (schema: Tree, path: string): void => {
    for (const [name, below] of Object.entries((schema.properties ?? {}) as Tree)) {
      assert.ok(below.description, `${path}${name} is not described`);
      described(below, `${path}${name}.`);
    }
  };
  described(SCHEMA, '');
});

test('templates use no value that is not there', () => {
  const folder = join(CHART, 'templates');
  let used = 0;
  for (const name of readdirSync(folder)) {
    for (const [, path = ''] of read(join('templates', name)).matchAll(/\.Values((?:\.[A-Za-z_]+)+)/g)) {
      used += 1;
      const names = path.slice(1).split('.');
      let schema = SCHEMA;
      for (const each of names) {
        schema = schema.properties?.[each];
        assert.ok(schema !== undefined, `${name} uses ${path}`);
      }
    }
  }
  assert.ok(used > 60);
});

test('a value that does not exist, or is of another kind, is refused', { skip }, async () => {
  for (const values of [
    { replicas: 3 },
    { image: { tagg: '1' } },
    { persistence: { accessModes: ['ReadWriteMany'] } },
    { secrets: [{ name: 'tls', secretName: 'x' }] },
    { preStopSeconds: '5' },
  ]) {
    await assert.rejects(
      render(values),
      /values don't meet the specifications of the schema/,
      JSON.stringify(values),
    );
  }
});

test('the examples of the README are values that Kubernetes takes', { skip }, async () => {
  const examples = [...read('README.md').matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(
    ([, text = '']) => text,
  );
  assert.ok(examples.length >= 5);
  const plain = (await render()).text;
  const documents: Tree[] = [];
  for (const example of examples) {
    const rendered = await render(parse(example) as Tree);
    assert.notEqual(rendered.text, plain, example);
    checkConfigText('config.toml', rendered.configToml);
    documents.push(...rendered.documents);
  }
  await assertKubernetesTakes(distinct(documents));
});
