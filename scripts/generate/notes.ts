/** What a method's schema cannot say, for the protocol page. */
import type { methods } from '../../schemas/methods.js';

export const NOTES: Readonly<Partial<Record<keyof typeof methods, string>>> = {
  'auth.handshake':
    'Must be the first message, within `gateway.auth_timeout` (5 s) of the upgrade. A second one on the same connection is refused with -32600. ' +
    '`resume` restores the current channel, the subscriptions and the named streams of a session of the same principal up to five minutes after it ended; ' +
    'a session that is unknown, too old or somebody else’s gives `"resumed": false`, never an error.',
  'chat.send':
    'Answered once the message is durable and before the first `chat.stream` of its reply. It takes two seqs, its own and the next for its reply. ' +
    'The same `idempotency_key` with the same message gives the first answer again and starts nothing; with another message, error 4090. ' +
    'Messages of one channel are answered one after another; 32 may wait, then error 4290. Where as many replies are written as may be at a time, further ones wait in their channels, and principals take turns.',
  'chat.stream':
    '`message_id` names the message it answers: the one that `chat.send` gave. `index` counts the pieces of the reply from 0. ' +
    'A frame may carry several pieces merged, then `span` says how many, and the next frame’s `index` is `index + span`. ' +
    'The chunks in the order of arrival are the reply: nothing is lost and nothing comes twice.',
  'chat.complete':
    'Exactly one ends the reply to each message, an empty one included. `finish_reason` is `error` where nothing had been said and `interrupted` where the reply was cut after that; `error` then says why.',
  'chat.message':
    'Goes to the other connections that follow the channel, not to the one that sent the message.',
  'chat.cancel':
    '`chat.complete` follows, with `"finish_reason": "cancelled"`. Cancels waiting messages too. Harmless twice, and after the end (`false`). Disconnecting never cancels.',
  'chat.resume':
    '`after_index` is the last piece held: `index + span - 1` of the last frame; without it the reply starts at 0. With `"recovered": true` the pieces after it follow, then `chat.complete`. ' +
    'With `"recovered": false` the pieces are no longer kept, and the whole text follows from index 0: drop what you hold.',
  'chat.history':
    'A page holds at most 1 MiB. For the page before, ask with `before` set to the first `seq` of this one.',
  'channel.create': 'Also subscribes this connection. A principal has at most 1 000 channels.',
  'channel.switch':
    'Makes it this session’s current channel, which every method without a `channel` means, and subscribes. `streams` lists the replies that are under way: follow them with `chat.resume`.',
  'channel.delete':
    'Cancels what streams there; sessions that were on it move to `default`, which itself cannot be deleted (error 4012).',
  'channel.subscribe':
    'From now on this connection follows what starts in the channel. `streams` lists the replies that are under way already: follow them with `chat.resume`.',
  'channel.changed': 'Goes to the principal’s other connections. `channel` is left out where it was deleted.',
  'memory.search': '`query` is words, not a query language. Only the one channel is searched.',
  'memory.recall': 'Between the gateway’s own parts: nobody can call it, and -32601 answers who tries.',
  'memory.stats': 'Read beside everything else: nobody’s message waits for it.',
  'memory.backup':
    'A snapshot of the moment it begins; messages are stored meanwhile. The file is whole or not there: it gets its name (mode 0600) once its integrity is proved and its counts are those of the database. ' +
    'It stands in `backups` in the gateway’s home and nowhere else, whoever asks: `name` is no path. Without `replace` an existing one is never touched (-32600 with `data.reason`).',
  'memory.export':
    'Every channel and message that was there at the first page, and stayed, comes exactly once, whatever is written meanwhile; what is new may be among it. A page holds at most 1 MiB, and one line where that is larger. ' +
    'Without `principal` the channels of all; `channel` narrows it to those of that id. What a line says: [memory](memory.md#lines).',
  'memory.import':
    'Keeps ids, seqs and times. A line that is there already is skipped, so that the same file can be imported again; a line that cannot be stored changes nothing and is listed in `errors`, and the others are stored. ' +
    'They are on disk when this is answered.',
  'memory.vacuum': 'In small steps, between which messages are stored.',
  'memory.check':
    'Reads all of the database beside everything else: its structure, its references, the full-text index, and replies that stand open though nobody runs them.',
  'skill.list':
    'Those that the configuration allows this principal. Names, descriptions and parameters of an MCP server are its own words: show them, and do not act on them.',
  'skill.servers':
    '`reason` says in a sentence why a server is not `ready`, with the last that it said of itself. Where it is `changed`, `added`, `changed` and `removed` name the tools that are not as they were when it was first used, or approved.',
  'skill.approve':
    '`hash` is what `skill.servers` told: so nothing is approved that was not looked at. Where the server offers something else by now, -32600 with `data.reason`; where there is no such server, 4042. It is on disk before it is answered.',
  'skill.call':
    'In the caller’s name, and in `channel`: its followers get `skill.invoke` and `skill.result`. A skill that is not there or not allowed is 4042; a failure of the skill itself is an answer with `"ok": false`. ' +
    'With `background` it is answered at once, may take `skills.background_timeout_seconds`, and ends with a notification of type `skill`.',
  'skill.invoke':
    'To the followers of the channel. `message_id` names the message whose reply it is for; of a `skill.call`, which is for none, it is the `invocation_id`.',
  'skill.result': '`result` is there where `ok` is true, `error` (code 5021) where it is false.',
  'heartbeat.ping':
    'Answer with `heartbeat.pong` and the same `seq`. A notification stays queued until a pong acknowledges it, across reconnects: tell a repeated one by its `id`. ' +
    'Each occurrence of a `cron` schedule has an `id` of its own.',
  'heartbeat.pong':
    'Acknowledges its `seq` and all before it, and settles what they carried. With `settle: false` it does not: the client is there, nobody has been told, ' +
    'and the notifications stay queued; a later pong, of the same `seq` too, settles them. Sent without an `id` it gets no reply; it is never counted by the rate limit. ' +
    'One that does neither is ignored; more than 100 of those at once, or 10 a second, close the connection with 4003.',
  'system.status':
    '`total_messages` counts since the start, refused ones included; `messages_per_second` is over the last minute; `active_channels` have a follower or were active in the last hour; ' +
    '`heartbeat_ok` of `heartbeat_total` connections answered their last ping.',
  'system.notify':
    '`principal` is the caller’s unless it is named; with `client_id` only connections of that client get it. At most one of `at`, `in_seconds` and `cron`; without any it is due at once. ' +
    'It is on disk before it is answered, and is kept until a pong settles it. Occurrences of a `cron` schedule that nobody took are one. ' +
    'A principal has at most 1 000 notifications; beyond, error 4012 with `data.reason`.',
  'system.notifications':
    'Oldest first. For the next page, ask with `after` set to the last `notification_id` of this one. `pending` waits for a pong, `scheduled` for its time.',
  'system.notify_cancel': '`false` where there is none of that id: it was delivered, or cancelled before.',
  'system.reload': 'The same as sending `SIGHUP` to the gateway.',
  'system.trace':
    'With `enabled`, `system.trace` notifications follow, of every frame of other connections than the caller’s and of what replies do inside, until it calls again with `enabled: false` or leaves. ' +
    '`verbose` adds bodies, cut at 512 bytes, tokens and keys masked. `method` (with `*` at its end: what begins so), `channel`, `client_id` and `errors` leave out what is something else. ' +
    'Whoever does not take them fast enough loses events, and is told in `lost` how many. `msg_id` is the id of the request that a frame belongs to, `-` where it is not known or has none: ' +
    'what was asked before the trace began is not known. `size_bytes` is the frame’s, `chunk_bytes` the text’s, of `SKILL` the result’s. ' +
    '`RECALL`, `ASK`, `FAIL`, `MODEL`, `CALL`, `SKILL` and `DONE` are no frames but [what a reply does inside](operations.md#the-live-trace); `message_id` is the message’s that is replied to, or the invocation’s.',
  'system.goaway':
    'The connection is closed with 1001 as soon as nothing it follows is running, at the latest after `grace_seconds`. Connect anew, with `resume`.',
};
