/** `values.schema.json` of the chart: Helm holds what people set to it, before it renders anything. */
import type { Output } from '../schema.js';
import { closed, configSchema, type JsonSchema } from './config-schema.js';

const PATH = 'deploy/helm/openclaw-gateway/values.schema.json';

const string = (description: string): JsonSchema => ({ type: 'string', description });
const matching = (pattern: string, description: string): JsonSchema => ({
  type: 'string',
  pattern,
  description,
});
const oneOf = (values: readonly string[], description: string): JsonSchema => ({ enum: values, description });
const flag = (description: string): JsonSchema => ({ type: 'boolean', description });
const whole = (minimum: number, maximum: number, description: string): JsonSchema => ({
  type: 'integer',
  minimum,
  maximum,
  description,
});
/** What Kubernetes itself defines and judges. */
const list = (description: string): JsonSchema => ({ type: 'array', items: { type: 'object' }, description });
const map = (description: string): JsonSchema => ({ type: 'object', description });
const texts = (description: string): JsonSchema => ({
  type: 'object',
  additionalProperties: { type: 'string' },
  description,
});
const strings = (items: JsonSchema, description: string): JsonSchema => ({
  type: 'array',
  items,
  description,
});

/** A label of RFC 1123, as the names of volumes and folders are. */
const LABEL = '^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$';
const HOST = '^(?:\\*\\.)?[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$';
const PORT = [1, 65535] as const;
const DAY_SECONDS = 24 * 3600;

const probe = (description: string): JsonSchema =>
  closed(description, {
    initialDelaySeconds: whole(0, DAY_SECONDS, 'Seconds before the first.'),
    periodSeconds: whole(1, DAY_SECONDS, 'Seconds from one to the next.'),
    timeoutSeconds: whole(1, DAY_SECONDS, 'Seconds for an answer.'),
    failureThreshold: whole(1, 10_000, 'So many in a row mean something.'),
  });

const SECRET: JsonSchema = {
  ...closed('A Secret as a folder of files.', {
    name: {
      ...matching(LABEL, 'The folder: /run/secrets/NAME. `tls` and `metrics` are taken.'),
      not: { enum: ['tls', 'metrics'] },
    },
    secretName: matching('.', 'The Secret.'),
  }),
  required: ['name', 'secretName'],
};

const properties: Readonly<Record<string, JsonSchema>> = {
  image: closed('The image of the gateway.', {
    repository: matching('.', 'Where it was pushed to.'),
    tag: string('Empty: the version of the chart.'),
    digest: matching('^(?:sha256:[0-9a-f]{64})?$', 'Wins over the tag.'),
    pullPolicy: oneOf(['Always', 'IfNotPresent', 'Never'], 'When it is fetched.'),
  }),
  imagePullSecrets: list('Secrets of the registry.'),
  nameOverride: string('Instead of the name of the chart.'),
  fullnameOverride: string('Instead of the name of the release and of the chart.'),
  config: {
    ...configSchema(),
    description: 'config.toml, section by section.',
    required: ['gateway', 'metrics'],
  },
  secrets: strings(SECRET, 'Secrets that exist, as files for the options that name files.'),
  env: list('More environment variables of the container.'),
  tls: closed('Encryption by the gateway itself.', {
    secretName: string('A Secret of type kubernetes.io/tls; empty: none.'),
  }),
  metricsToken: closed('The token for /metrics.', {
    secretName: string('The Secret that has it; empty: none is needed.'),
    key: matching('^[-._a-zA-Z0-9]+$', 'Its key in the Secret.'),
  }),
  persistence: closed('The volume for all that is remembered.', {
    enabled: flag('Off, everything is gone with the pod.'),
    existingClaim: string('A claim that exists.'),
    storageClassName: string('Empty: the default of the cluster.'),
    accessModes: strings(
      oneOf(['ReadWriteOnce', 'ReadWriteOncePod'], 'Who may write.'),
      'One writer, in any case.',
    ),
    size: matching('^[0-9.]+(?:[EPTGMk]i?|m)?$', 'How large, such as 8Gi.'),
    annotations: texts('Of the claim.'),
    whenDeleted: oneOf(['Retain', 'Delete'], 'What becomes of it when the release is deleted.'),
  }),
  service: closed('Where clients come in.', {
    type: oneOf(['ClusterIP', 'NodePort', 'LoadBalancer'], 'Who can reach it.'),
    port: whole(...PORT, 'Its port.'),
    annotations: texts('For whoever makes the load balancer.'),
    externalTrafficPolicy: oneOf(['Cluster', 'Local'], 'Local keeps the addresses of clients.'),
  }),
  ingress: closed('A proxy of the cluster that ends TLS.', {
    enabled: flag('Whether there is one.'),
    className: string('Empty: the default of the cluster.'),
    hosts: strings(matching(HOST, 'A name in lower case.'), 'The names that clients connect to.'),
    tls: list('Secrets of certificates, each with its hosts.'),
    timeoutSeconds: whole(1, 7 * DAY_SECONDS, 'How long a connection may be silent.'),
    annotations: texts('For the controller.'),
  }),
  networkPolicy: closed('Who may connect to the pod, and where it may connect to.', {
    enabled: flag('Whether there is one.'),
    clientsFrom: list('Who may connect to the port of clients; empty: nobody.'),
    metricsFrom: list('Who may ask for metrics and health; empty: nobody but the kubelet.'),
    egress: list('Where the gateway may connect to; empty: nowhere.'),
  }),
  serviceMonitor: closed('For the operator of Prometheus.', {
    enabled: flag('Whether there is one.'),
    interval: matching('^[0-9]+(?:ms|s|m|h)$', 'From one scrape to the next.'),
    scrapeTimeout: matching('^[0-9]+(?:ms|s|m|h)$', 'How long one may take.'),
    labels: texts('What the operator selects by.'),
  }),
  prometheusRule: closed('The alerts.', {
    enabled: flag('Whether there are any.'),
    labels: texts('What the operator selects by.'),
  }),
  podDisruptionBudget: closed('Whether the pod may be moved.', {
    enabled: flag('Whether there is one.'),
    maxUnavailable: whole(0, 1, '1: it may. 0: it may not.'),
  }),
  resources: map('What the container asks for, and its limits.'),
  probes: closed('How the kubelet asks after the gateway.', {
    startup: probe('Until it has started.'),
    liveness: probe('Whether it lives: else it is started again.'),
    readiness: probe('Whether it takes clients: else none are sent to it.'),
  }),
  preStopSeconds: whole(0, 3600, 'Between leaving the Service and being told to stop.'),
  terminationGracePeriodSeconds: whole(0, 365 * DAY_SECONDS, '0: what is enough.'),
  serviceAccount: closed('Whom the pod is to the cluster: nobody.', {
    name: string('One that exists; empty: one of its own.'),
    annotations: texts('Of its own one.'),
  }),
  podAnnotations: texts('Of the pod.'),
  podLabels: texts('Of the pod.'),
  nodeSelector: texts('Which nodes.'),
  tolerations: list('Which taints it bears.'),
  affinity: map('Where it would rather be.'),
  priorityClassName: string('How important it is.'),
  volumes: list('More volumes.'),
  volumeMounts: list('Where they are mounted.'),
};

export const buildValuesSchema = (): Output => ({
  path: PATH,
  text: `${JSON.stringify(
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      $comment:
        'Generated by npm run generate from scripts/generate/helm/ and schemas/config*.ts: do not edit.',
      title: 'Values of the chart openclaw-gateway',
      ...closed('', { ...properties, global: map('Values of a chart around this one.') }),
      description: undefined,
    },
    null,
    2,
  )}\n`,
});
