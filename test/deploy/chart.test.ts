/** The Helm chart as it is rendered: what Kubernetes takes, and what it promises. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { checkConfigText } from '../../server/config/load.js';
import { CHART, helm, NO_HELM, ROOT, render, type Tree, template } from './helm.js';
import { assertKubernetesTakes } from './kubernetes.js';

const skip = NO_HELM;

/** Everything that can be turned on, at once. */
const EVERYTHING: Tree = {
  tls: { secretName: 'gateway-tls' },
  metricsToken: { secretName: 'metrics-token' },
  secrets: [{ name: 'provider', secretName: 'openclaw-provider' }],
  service: { type: 'LoadBalancer', annotations: { a: 'b' } },
  ingress: {
    enabled: true,
    className: 'nginx',
    hosts: ['chat.example.org'],
    tls: [{ secretName: 'chat-tls', hosts: ['chat.example.org'] }],
  },
  serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
  prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
};

test('helm lint has nothing to say', { skip }, async () => {
  const { status, stdout, stderr } = await helm(['lint', '--strict', CHART]);
  assert.equal(status, 0, stdout + stderr);
  assert.doesNotMatch(stdout, /WARNING|ERROR/);
});

test('Kubernetes takes what it makes, with defaults and with everything on', { skip }, async () => {
  const all = await render(EVERYTHING);
  const kinds = all.documents.map(({ kind }) => kind);
  for (const kind of [
    'ConfigMap',
    'Ingress',
    'NetworkPolicy',
    'PodDisruptionBudget',
    'PrometheusRule',
    'Service',
    'ServiceAccount',
    'ServiceMonitor',
    'StatefulSet',
  ]) {
    assert.ok(kinds.includes(kind), kind);
  }
  await assertKubernetesTakes([...(await render()).documents, ...all.documents]);
});

test('what Kubernetes does not know is noticed', { skip }, async () => {
  const sets = (await render()).one('StatefulSet');
  const misspelt = structuredClone(sets);
  misspelt.spec.template.spec.containers[0].readynessProbe = { httpGet: { port: 1 } };
  await assert.rejects(assertKubernetesTakes([misspelt]), /readynessProbe/);
  const incomplete = structuredClone(sets);
  delete incomplete.spec.selector;
  await assert.rejects(assertKubernetesTakes([incomplete]), /selector/);
  const wrong = structuredClone(sets);
  wrong.spec.replicas = 'one';
  await assert.rejects(assertKubernetesTakes([wrong]), /replicas/);
});

test('the chart, the image it names and the gateway have one version', { skip }, async () => {
  const about = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as Tree;
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  assert.equal(about.version, version);
  assert.equal(about.appVersion, version);
  const { container } = await render();
  assert.equal(container.image, `openclaw-gateway:${version}`);
});

test('the pod keeps to the restricted profile, with one writer for its volume', { skip }, async () => {
  const rendered = await render();
  const { pod, container } = rendered;
  // Pod Security Standards, profile “restricted”.
  assert.equal(pod.securityContext.runAsNonRoot, true);
  assert.equal(pod.securityContext.seccompProfile.type, 'RuntimeDefault');
  assert.equal(container.securityContext.allowPrivilegeEscalation, false);
  assert.deepEqual(container.securityContext.capabilities, { drop: ['ALL'] });
  for (const forbidden of ['hostNetwork', 'hostPID', 'hostIPC']) assert.ok(!(forbidden in pod), forbidden);
  for (const volume of pod.volumes) assert.ok(!('hostPath' in volume), volume.name);
  // And stricter.
  assert.equal(container.securityContext.readOnlyRootFilesystem, true);
  assert.equal(pod.automountServiceAccountToken, false);
  assert.deepEqual([pod.securityContext.runAsUser, pod.securityContext.fsGroup], [10001, 10001]);
  assert.ok(container.resources.requests.memory && container.resources.limits.memory);
  const { spec } = rendered.one('StatefulSet');
  assert.equal(spec.replicas, 1);
  assert.deepEqual(spec.volumeClaimTemplates[0].spec.accessModes, ['ReadWriteOnce']);
  // What the gateway writes to is mounted; nothing else can be written to.
  const written = container.volumeMounts.filter((mount: Tree) => mount.readOnly !== true);
  assert.deepEqual(written.map((mount: Tree) => mount.mountPath).sort(), ['/data', '/tmp']);
});

test('every pod’s selector and every port’s name leads somewhere', { skip }, async () => {
  const rendered = await render(EVERYTHING);
  const labels = rendered.one('StatefulSet').spec.template.metadata.labels as Tree;
  const selectors: Tree[] = [
    rendered.one('StatefulSet').spec.selector.matchLabels,
    rendered.one('NetworkPolicy').spec.podSelector.matchLabels,
    rendered.one('PodDisruptionBudget').spec.selector.matchLabels,
    rendered.one('Service').spec.selector,
    rendered.one('Service', 'gw-openclaw-gateway-headless').spec.selector,
  ];
  for (const selector of selectors)
    for (const [key, value] of Object.entries(selector)) assert.equal(labels[key], value);
  const ports = rendered.container.ports.map((port: Tree) => port.name);
  assert.deepEqual(ports, ['clients', 'metrics']);
  const headless = rendered.one('Service', 'gw-openclaw-gateway-headless');
  assert.equal(rendered.one('StatefulSet').spec.serviceName, headless.metadata.name);
  const { selector, endpoints } = rendered.one('ServiceMonitor').spec;
  for (const [key, value] of Object.entries(selector.matchLabels))
    assert.equal(headless.metadata.labels[key], value);
  assert.equal(endpoints[0].port, headless.spec.ports[0].name);
  assert.ok(!('app.kubernetes.io/component' in rendered.one('Service').metadata.labels));
  const backend = rendered.one('Ingress').spec.rules[0].http.paths[0].backend.service;
  assert.deepEqual(backend, { name: 'gw-openclaw-gateway', port: { name: 'clients' } });
});

test('the alerts are those of metrics/prometheus, of the job that the ServiceMonitor names', {
  skip,
}, async () => {
  const rendered = await render(EVERYTHING);
  const alerts = parse(readFileSync(join(ROOT, 'metrics', 'prometheus', 'alerts.yml'), 'utf8')) as Tree;
  assert.deepEqual(rendered.one('PrometheusRule').spec, alerts);
  const { relabelings, authorization } = rendered.one('ServiceMonitor').spec.endpoints[0];
  const [{ targetLabel, replacement }] = relabelings;
  assert.equal(targetLabel, 'job');
  assert.ok(alerts.groups[0].rules.some((rule: Tree) => rule.expr.includes(`job="${replacement}"`)));
  assert.deepEqual(authorization.credentials, { name: 'metrics-token', key: 'token' });
});

test('the pod is not killed before the drain is over', { skip }, async () => {
  const secondsOf = async (values: Tree): Promise<number> =>
    (await render(values)).pod.terminationGracePeriodSeconds;
  assert.equal(await secondsOf({}), 40);
  assert.equal(await secondsOf({ preStopSeconds: 0, config: { gateway: { drain_seconds: 300.5 } } }), 316);
  assert.equal(await secondsOf({ terminationGracePeriodSeconds: 26 }), 26);
  for (const seconds of [1, 20, 25]) {
    const { status, stderr } = await template({ terminationGracePeriodSeconds: seconds });
    assert.notEqual(status, 0);
    assert.match(stderr, /not above preStopSeconds and config\.gateway\.drain_seconds \(25\)/);
  }
  const { container, pod } = await render();
  const { gateway } = checkConfigText('config.toml', (await render()).configToml);
  const { seconds } = container.lifecycle.preStop.sleep;
  assert.ok(pod.terminationGracePeriodSeconds > seconds + gateway.drain_seconds);
});

test('tokens do not cross a network in the clear unless somebody says so', { skip }, async () => {
  const open: [Tree, RegExp][] = [
    [{ service: { type: 'LoadBalancer' } }, /service\.type LoadBalancer without TLS .* set tls\.secretName/],
    [{ service: { type: 'NodePort' } }, /service\.type NodePort without TLS/],
    [
      { ingress: { enabled: true, hosts: ['a.example'] } },
      /ingress\.enabled without TLS .* set ingress\.tls/,
    ],
  ];
  for (const [values, expected] of open) {
    const { status, stderr } = await template(values);
    assert.notEqual(status, 0);
    assert.match(stderr, expected);
    await render({ ...values, config: { gateway: { insecure: true } } });
    await render({ ...values, tls: { secretName: 'own' } });
  }
  const insecure = async (values: Tree): Promise<boolean> =>
    checkConfigText('config.toml', (await render(values)).configToml).gateway.insecure;
  assert.equal(await insecure({}), true);
  assert.equal(await insecure({ tls: { secretName: 'own' } }), false);
  const { status, stderr } = await template({
    ingress: { enabled: true, hosts: [], tls: [{ secretName: 'own' }] },
  });
  assert.notEqual(status, 0);
  assert.match(stderr, /ingress\.enabled needs ingress\.hosts/);
});

test('nobody is let in by a list that is empty', { skip }, async () => {
  const policyOf = async (networkPolicy: Tree): Promise<Tree> =>
    (await render({ networkPolicy })).one('NetworkPolicy').spec;
  assert.deepEqual((await policyOf({ clientsFrom: [] })).ingress.length, 1);
  const closed = await policyOf({ clientsFrom: [], metricsFrom: [], egress: [] });
  assert.deepEqual(closed.policyTypes, ['Ingress', 'Egress']);
  assert.ok(!('ingress' in closed) && !('egress' in closed));
});

test('an Ingress keeps a connection open for longer than a heartbeat takes', { skip }, async () => {
  const rendered = await render(EVERYTHING);
  const { gateway } = checkConfigText('config.toml', rendered.configToml);
  const { annotations } = rendered.one('Ingress').metadata;
  for (const name of ['proxy-read-timeout', 'proxy-send-timeout']) {
    const seconds = Number(annotations[`nginx.ingress.kubernetes.io/${name}`]);
    assert.ok(seconds > gateway.heartbeat_timeout, name);
  }
  assert.equal(annotations['haproxy.org/timeout-tunnel'], '3600s');
});
