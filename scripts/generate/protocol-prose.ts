/** The parts of the protocol page that are prose. */
import { PROTOCOL } from '../../schemas/codes.js';
import { VERSION } from '../../schemas/version.js';

const kib = (bytes: number): string => `${bytes / 1024} KiB`;

/** Before the list of methods: how to connect and what a message looks like. */
export const INTRODUCTION = `# Protocol

What a client says to the gateway and hears from it. This page and the validators that judge every message
come from the same table, so it does not say one thing while the gateway does another. The same as an
OpenRPC 1.3 document: call \`rpc.discover\`.

## Transport

A WebSocket (RFC 6455), by default at \`ws://127.0.0.1:18789\`; any path will do. Each text frame holds one
JSON-RPC 2.0 message or one batch. Binary frames close the connection, and there is no permessage-deflate.

Before the upgrade the gateway may answer 403 (this \`Origin\` is not allowed), 421 (it does not serve this
\`Host\`), 429 (too many connections from this address) or 503 (too many in all); the last two say when to
come back in \`Retry-After\`.

A message is at most 1 MiB (\`gateway.max_message_bytes\`), ${kib(PROTOCOL.maxUnauthenticatedMessageBytes)} before authentication. The answer to
\`auth.handshake\` says the limit in \`limits.max_message_bytes\`; look before you send, as a larger message
closes the connection with 1009.

## A conversation

\`\`\`json
→ {"jsonrpc":"2.0","method":"auth.handshake","params":{"client_id":"cli-macbook-pro","client_version":"${VERSION}","token":"oc_local_xxxxxxxxxxxx"},"id":"auth-001"}
← {"jsonrpc":"2.0","result":{"session_id":"sess-a1b2c3d4","channels":["default"],"heartbeat_interval":30,"server_version":"${VERSION}", …},"id":"auth-001"}
→ {"jsonrpc":"2.0","method":"chat.send","params":{"message":"Hi!"},"id":1}
← {"jsonrpc":"2.0","result":{"message_id":"msg-7f3a","channel":"default","seq":1},"id":1}
← {"jsonrpc":"2.0","method":"chat.stream","params":{"chunk":"Hello","index":0,"channel":"default","message_id":"msg-7f3a"}}
← {"jsonrpc":"2.0","method":"chat.stream","params":{"chunk":"! How is","index":1,"channel":"default","message_id":"msg-7f3a"}}
← {"jsonrpc":"2.0","method":"chat.stream","params":{"chunk":" the weather today?","index":2,"channel":"default","message_id":"msg-7f3a"}}
← {"jsonrpc":"2.0","method":"chat.complete","params":{"total_tokens":156,"channel":"default","duration_ms":1230,"message_id":"msg-7f3a","finish_reason":"stop"}}
\`\`\`

\`chat.send\` names the message: \`msg-7f3a\`. Every piece of the reply, the skills it uses and its end carry that
\`message_id\`, so that replies of several channels can be told apart on one connection.

## Envelope

- \`{"jsonrpc":"2.0", "method", "params"?, "id"?}\`. \`params\` is an object, not an array, and members that the method
  does not know are refused: both get -32602.
- An \`id\` is a string of at most ${PROTOCOL.maxIdLength} characters or an integer of at most 2⁵³ − 1 either side; \`0\` and \`""\` are ids.
  Anything else gets -32600.
- Without an \`id\` a message is a notification and gets no reply, not even an error.
- A batch holds 1–${PROTOCOL.maxBatchSize} messages and is answered by one array in their order, or not at all where all are
  notifications. Each of its members counts for the rate limit. \`auth.handshake\` cannot be in a batch.
- Text that is not JSON gets -32700 and the connection is closed with 1002; so is it after a message that is
  neither object nor array. An object that is no valid request gets -32600, and the connection stays open.

## Staying connected

- **Heartbeat.** The gateway sends \`heartbeat.ping\` every \`heartbeat_interval\` seconds (see \`auth.handshake\`). Answer
  with \`heartbeat.pong\`, or the connection is closed with 4002. A ping may carry notifications for the user:
  whatever waits rides on the next ping, and a fresh one brings a ping forward. The pong settles what the ping carried,
  for all connections of the user: a client that shows no notifications sends it with \`settle: false\`, and they wait for one that does.
- **Rate limit.** By default 10 messages a second with bursts of 20, and 200 a minute. One too many gets error 4003 with
  \`data.retry_after_ms\`, and so does every message until then; more than \`limits.burst_size\` of those close the
  connection with 4003. So do more than 1 000 pings of the WebSocket protocol in a second.
- **Reconnecting.** Whether and when, the table of close codes says. Send \`resume\` with the session’s id and the last
  index held of each reply in \`auth.handshake\`, and the replies go on where they stopped.

The [client library](client.md) does all of this by itself.
`;

/** What stands before the table of numbers. */
export const LIMITS_HEAD =
  '## Limits\n\nNumbers that no configuration changes. What can be configured: [configuration](configuration.md).\n';

/** The numbers of the protocol, in words. */
export const LIMITS: { readonly [K in keyof typeof PROTOCOL]: readonly [what: string, value: string] } = {
  maxIdLength: ['Length of an `id` that is a string', `${PROTOCOL.maxIdLength} UTF-16 units`],
  maxBatchSize: ['Messages in a batch', String(PROTOCOL.maxBatchSize)],
  maxUnauthenticatedMessageBytes: [
    'One message before authentication',
    kib(PROTOCOL.maxUnauthenticatedMessageBytes),
  ],
  maxUnauthenticatedMessages: ['Messages before authentication', String(PROTOCOL.maxUnauthenticatedMessages)],
  maxHandshakeFailures: ['Failed handshakes of one connection', String(PROTOCOL.maxHandshakeFailures)],
  maxOpenCalls: ['Calls of one connection worked on at a time; more wait', String(PROTOCOL.maxOpenCalls)],
  maxWaitingBytes: ['Messages of one connection waiting behind those', kib(PROTOCOL.maxWaitingBytes)],
  maxBatchAnswerBytes: ['The answer to one batch', kib(PROTOCOL.maxBatchAnswerBytes)],
  maxListedErrors: ['Errors listed in -32602', String(PROTOCOL.maxListedErrors)],
  maxChannelsPerPrincipal: ['Channels of one principal', String(PROTOCOL.maxChannelsPerPrincipal)],
  maxQueuedRunsPerChannel: ['Messages waiting in one channel', String(PROTOCOL.maxQueuedRunsPerChannel)],
  maxUnansweredBytesPerPrincipal: [
    'Text of one principal’s messages without a reply yet; beyond, 4290',
    kib(PROTOCOL.maxUnansweredBytesPerPrincipal),
  ],
  maxMetadataBytes: ['`metadata`, encoded', kib(PROTOCOL.maxMetadataBytes)],
  maxMetadataDepth: ['`metadata`, levels', String(PROTOCOL.maxMetadataDepth)],
  resumeWindowMs: ['A reply or session can be resumed for', `${PROTOCOL.resumeWindowMs / 60_000} minutes`],
  maxHistoryPageBytes: ['One page of `chat.history`', kib(PROTOCOL.maxHistoryPageBytes)],
  maxExportPageBytes: ['One page of `memory.export`', kib(PROTOCOL.maxExportPageBytes)],
  maxNotificationsPerPrincipal: [
    'Notifications kept for one principal',
    String(PROTOCOL.maxNotificationsPerPrincipal),
  ],
  maxPingBytes: ['One ping with its notifications', kib(PROTOCOL.maxPingBytes)],
  maxStreamFrameBytes: ['One frame of a reply', kib(PROTOCOL.maxStreamFrameBytes)],
};
