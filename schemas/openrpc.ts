/**
 * The protocol as an OpenRPC 1.3 document (https://spec.open-rpc.org): what `rpc.discover`
 * answers. Built when files are generated; the running gateway sends the generated constant.
 */
import { CLOSES, ERRORS, type ErrorName } from './codes.js';
import { CLIENT_TO_SERVER, INTERNAL, type Method } from './define.js';
import { methods } from './methods.js';

interface ContentDescriptor {
  readonly name: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: unknown;
}

interface OpenRpcMethod {
  readonly name: string;
  readonly summary: string;
  readonly paramStructure: 'by-name';
  readonly params: readonly ContentDescriptor[];
  /** Absent: a notification (OpenRPC 1.3 made it optional for that). */
  readonly result?: ContentDescriptor;
  readonly errors: readonly { readonly $ref: string }[];
  readonly 'x-direction': string;
  readonly 'x-target': string;
  readonly 'x-scope': string | null;
  /** The params of the notifications of the same name that it asks for. */
  readonly 'x-event'?: unknown;
}

/** The parts of an OpenRPC document that this one has. */
export interface OpenRpcDocument {
  readonly openrpc: '1.3.2';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly name: string; readonly url: string; readonly summary: string }[];
  readonly methods: readonly OpenRpcMethod[];
  readonly components: {
    readonly errors: Readonly<
      Record<string, { readonly code: number; readonly message: string; readonly data?: string }>
    >;
  };
  readonly 'x-close-codes': readonly {
    readonly code: number;
    readonly reason: string;
    readonly when: string;
  }[];
}

/**
 * The errors a method may answer with. The pre-defined ones (−32768 to −32000) are left out, as
 * OpenRPC has every method answer with them.
 */
const errorsOf = (name: string, { scope, params }: Method): readonly ErrorName[] => {
  if (name === 'auth.handshake') return ['authFailed', 'shuttingDown'];
  const has = (member: string): boolean => Object.hasOwn(params.properties, member);
  const errors: ErrorName[] = ['authRequired'];
  // A pong is never counted (protocol section 6).
  if (name !== 'heartbeat.pong') errors.push('rateLimited');
  if (scope !== null) errors.push('permissionDenied');
  if (has('channel') || has('channel_id')) errors.push('channelNotFound');
  if (has('message_id')) errors.push('messageNotFound');
  if (has('idempotency_key')) errors.push('conflict');
  if (name === 'chat.send') errors.push('channelBusy');
  errors.push('shuttingDown');
  return errors;
};

const describe = (name: string, spec: Method): OpenRpcMethod => {
  const required = new Set(spec.params.required ?? []);
  const params = Object.entries(spec.params.properties).map(([member, schema]): ContentDescriptor => {
    const { description } = schema as { description?: string };
    return { name: member, required: required.has(member), ...(description && { description }), schema };
  });
  const called = spec.direction === CLIENT_TO_SERVER;
  return {
    name,
    summary: spec.summary,
    paramStructure: 'by-name',
    params,
    ...(spec.result !== null && { result: { name: `${name} result`, required: true, schema: spec.result } }),
    errors: called ? errorsOf(name, spec).map((error) => ({ $ref: `#/components/errors/${error}` })) : [],
    'x-direction': spec.direction,
    'x-target': spec.target,
    'x-scope': spec.scope,
    ...(spec.event !== undefined && { 'x-event': spec.event }),
  };
};

/**
 * The document: client methods, and the gateway's notifications as methods whose `x-direction` is
 * `Server → Client`. Internal methods are nobody's to call and left out.
 *
 * @param version of the gateway, as in package.json.
 */
export const buildOpenRpc = (version: string): OpenRpcDocument => {
  const table: readonly (readonly [string, Method])[] = Object.entries(methods);
  const application = Object.entries(ERRORS).filter(([, { code }]) => code > 0);
  return {
    openrpc: '1.3.2',
    info: {
      title: 'OpenClaw Gateway',
      version,
      description:
        'JSON-RPC 2.0 over WebSocket, one message or batch in each text frame. ' +
        'Methods with x-direction "Server → Client" are notifications that the gateway sends.',
    },
    servers: [
      { name: 'local', url: 'ws://127.0.0.1:18789', summary: 'A gateway on this machine, as by default' },
    ],
    methods: table
      .filter(([, { direction }]) => direction !== INTERNAL)
      .map(([name, spec]) => describe(name, spec)),
    components: {
      errors: Object.fromEntries(
        application.map(([name, { code, message, data }]) => [
          name,
          { code, message, ...(data && { data }) },
        ]),
      ),
    },
    'x-close-codes': Object.values(CLOSES).map(({ code, reason, when }) => ({ code, reason, when })),
  };
};
