/**
 * The laws of the rooms: who may import what. One rule a room.
 * `scripts/lint-imports.mjs` runs this and makes sure that it still finds what it forbids.
 */

/** A unit test stands beside what it tests and may import anything. */
const TEST = '\\.test\\.ts$';

/** @param {string} room its path @param {readonly string[]} allowed paths it may import besides itself */
const room = (room, allowed) => ({
  name: `room-${room.replaceAll('/', '-')}`,
  comment: `${room}/ may import ${allowed.join(', ') || 'nothing of ours'}.`,
  severity: 'error',
  from: { path: `^${room}/`, pathNot: TEST },
  to: {
    path: '^(schemas|metrics|server|client|cli|web|bench|test|scripts)/',
    pathNot: [`^${room}/`, ...allowed.map((path) => `^${path}`)],
  },
});

/** What run-time code may load of `schemas/`: the files that do not load TypeBox. */
const LIGHT_SCHEMAS = '^dist/schemas/(codes|config|config-[a-z]+|json-bounds|version|generated/[a-z]+)\\.js$';

/** What only tests, benchmarks and the build run. */
const NOT_SHIPPED = '^dist/(bench|test|scripts)/|\\.test\\.js$';

export default {
  forbidden: [
    room('schemas', []),
    room('metrics', ['schemas/']),
    room('server/socket', ['schemas/', 'metrics/', 'server/core/', 'server/auth/address\\.ts$']),
    room('server/core', ['schemas/', 'metrics/', 'server/backends/[^/]+/port\\.ts$']),
    room('server/backends', ['schemas/', 'metrics/']),
    room('server/auth', ['schemas/']),
    room('server/config', ['schemas/']),
    room('server/ops', ['schemas/', 'metrics/']),
    room('server/telemetry', ['schemas/', 'server/core/telemetry/']),
    room('client', ['schemas/']),
    room('cli', [
      'client/node\\.ts$',
      'schemas/',
      'server/(gateway|offline|doctor)\\.ts$',
      'server/config/',
      'server/auth/',
    ]),
    room('web', ['client/', 'schemas/']),
    room('scripts', ['schemas/', 'metrics/']),
    {
      name: 'sockets-in-one-room',
      comment: 'Only server/socket/ imports uWebSockets.js, types included.',
      severity: 'error',
      from: { path: '^[a-z]+/', pathNot: ['^server/socket/', '^dist/', TEST] },
      to: { path: '(uWebSockets\\.js|uwebsockets)' },
    },
    {
      name: 'telemetry-in-one-room',
      comment: 'Only server/telemetry/ imports OpenTelemetry, types included.',
      severity: 'error',
      from: { path: '^[a-z]+/', pathNot: ['^server/telemetry/', '^dist/', TEST] },
      to: { path: '@opentelemetry/' },
    },
    {
      name: 'native-calls-in-one-file',
      comment: 'Only server/ops/notify-socket.ts calls functions of the system by koffi.',
      severity: 'error',
      from: { path: '^[a-z]+/', pathNot: ['^server/ops/notify-socket\\.ts$', '^dist/'] },
      to: { path: '(^|/)koffi(/|$)' },
    },
    {
      name: 'websockets-in-the-client',
      comment: 'The command line talks to a gateway by the client library and nothing else.',
      severity: 'error',
      from: { path: '^(cli|server|metrics|schemas|scripts)/', pathNot: TEST },
      to: { path: '(^|/)ws(/|$)' },
    },
    {
      name: 'no-node-in-a-page',
      comment: 'Of the client library only node.ts, its entry in Node, needs more than a page has.',
      severity: 'error',
      from: { path: '^client/', pathNot: [TEST, '^client/node\\.ts$', '^client/scripted-'] },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev'] },
    },
    {
      name: 'ends-of-the-graph',
      comment:
        'Nothing imports bench/, test/, scripts/ or cli/, but for the examples of all messages, which a benchmark uses, and axes and escaping of its charts, which the pictures of the dashboards use.',
      severity: 'error',
      from: { path: '^(schemas|metrics|server|client|cli|web|bench|test|scripts)/', pathNot: TEST },
      to: {
        path: '^(bench|test|scripts|cli)/',
        pathNot: ['^$1/', '^scripts/generate/examples\\.ts$', '^bench/load/(scale|svg)\\.ts$'],
      },
    },
    {
      name: 'resolvable',
      comment:
        'An import that leads nowhere is held by no rule. Style sheets are not compiled, and so not where the compiled page is.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '\\.css$' },
    },
    // From here on about what is loaded at run time, so about compiled files: there are no types in them.
    {
      name: 'room-web-elements',
      comment: 'web/ may import client/, schemas/; of JSX only what is compiled is looked at.',
      severity: 'error',
      from: { path: '^dist/web-src/', pathNot: NOT_SHIPPED },
      to: { path: '^dist/(metrics|server|cli|bench|test|scripts)/' },
    },
    {
      name: 'socket-takes-types-of-core',
      comment: 'server/socket/ knows server/core/ by its types alone.',
      severity: 'error',
      from: { path: '^dist/server/socket/', pathNot: NOT_SHIPPED },
      to: { path: '^dist/server/core/' },
    },
    {
      name: 'core-takes-types-of-ports',
      comment: 'server/core/ knows a backend by the types of its port alone.',
      severity: 'error',
      from: { path: '^dist/server/core/', pathNot: NOT_SHIPPED },
      to: { path: '^dist/server/backends/' },
    },
    {
      name: 'no-typebox-at-run-time',
      comment:
        'TypeBox costs 200 ms of start-up: import types of schemas/, values of codes, config and generated/.',
      severity: 'error',
      from: { path: ['^dist/(metrics|server|client|cli|web-src)/', LIGHT_SCHEMAS], pathNot: NOT_SHIPPED },
      to: { path: ['^dist/schemas/', '^node_modules/typebox/'], pathNot: LIGHT_SCHEMAS },
    },
    {
      name: 'no-dev-dependency-at-run-time',
      comment:
        'What is installed for development only is missing in production. The page is bundled, with all it needs.',
      severity: 'error',
      from: { path: ['^dist/(metrics|server|client|cli)/', LIGHT_SCHEMAS], pathNot: NOT_SHIPPED },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other at run time are one idea in two places.',
      severity: 'error',
      from: { path: '^dist/' },
      to: { circular: true },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
