/** Clauses about conversations: messages, streams, channels and what outlives a connection. */
export const CHANNEL_REQUIREMENTS = {
  // The product's description
  'T-chat-send': 'chat.send (client to server) sends a chat message (Common Methods)',
  'T-chat-stream':
    'chat.stream carries chunk, index, channel in that order, index counting from 0 (Streaming Response Mechanism)',
  'T-chat-complete':
    'chat.complete carries total_tokens, channel, duration_ms in that order, after the last chunk (Streaming Response Mechanism)',
  'T-channel-create':
    'channel.create takes a name and free-form metadata and makes a new channel (Channel Operations)',
  'T-channel-switch':
    'channel.switch takes a channel_id and makes it the current channel (Channel Operations)',
  'T-channel-list': 'channel.list with empty params lists all channels (Channel Operations)',
  'T-channel-isolation': 'what was said in one channel does not affect another (Channel Characteristics)',
  'T-channel-persistence': 'what was said in a channel is persisted (Channel Characteristics)',
  'T-channel-concurrency':
    'one connection can operate on several channels simultaneously (Channel Characteristics)',
  'T-channel-namespace': 'each channel has a unique id and an optional name (Channel Characteristics)',
  'T-exercise-1': 'a chat.send is followed by its chat.stream frames and one chat.complete (Exercise 1)',
  'T-exercise-2': 'coding, writing and research stay isolated while switching between them (Exercise 2)',
  'T-issue-1': 'no handshake in time closes with 4001 "Authentication timeout" (Troubleshooting, issue 1)',
  'T-issue-2': 'a mistyped method gets -32601 "Method not found: NAME" (Troubleshooting, issue 2)',
  'T-issue-3':
    'unanswered pings close with 4002 "Heartbeat timeout"; the commands of the text give more patience (Troubleshooting, issue 3)',
  'T-issue-4':
    'too many messages get 4003 "Rate limit exceeded", until one has waited (Troubleshooting, issue 4)',

  // Protocol section 2, as far as it is about conversations
  'P2-channel-busy': '4290 with retry_after_ms where a channel’s queue is full (section 2)',
  'P2-shutting-down': '5030 for what would begin anew while the gateway drains (section 2)',
  'P2-stalled-reader': 'close 1013 where nothing drained for max_backlog_seconds (section 2)',
  'P2-reply-backlog': 'close 1013 where unsent replies exceed max_reply_backlog_bytes (section 2)',

  // Protocol section 3: resume
  'P3-notification-scopes': 'notifications need the scope of their prefix (section 3)',
  'P3-resume-session': 'resume restores current channel, subscriptions and the named streams (section 3)',
  'P3-resume-unknown':
    'resume of an unknown or foreign session says resumed: false, never an error (section 3)',
  'P3-resume-open': 'resume of a session that is still open closes that one (section 3)',

  // Protocol section 4
  'P4-send-result': 'chat.send gives message_id, channel and seq (section 4)',
  'P4-send-durable': 'chat.send is answered once the message is durable (section 4)',
  'P4-send-before-stream': 'chat.send is answered before the first chat.stream of its reply (section 4)',
  'P4-send-seqs': 'a message takes two seqs, its own and the next for its reply (section 4)',
  'P4-current-channel': 'channel defaults to the session’s current channel (section 4)',
  'P4-message-size': 'a message is bounded only by the message limit (section 4)',
  'P4-text': 'what cannot be stored as text, or is no text at all, is refused with -32602 (section 4)',
  'P4-idempotency': 'the same key with the same message gives the first answer and no second run (section 4)',
  'P4-idempotency-conflict': 'the same key with another message gets 4090 (sections 2 and 4)',
  'P4-complete': 'exactly one chat.complete ends each run, with message_id and finish_reason (section 4)',
  'P4-chat-message': 'chat.message goes to the other followers of the channel (section 4)',
  'P4-cancel': 'chat.cancel ends a running reply, then chat.complete says cancelled (section 4)',
  'P4-cancel-queued': 'chat.cancel ends a queued message too (section 4)',
  'P4-cancel-harmless': 'chat.cancel is harmless before the first chunk, after the end and twice (section 4)',
  'P4-not-cancelled': 'disconnecting never cancels (section 4)',
  'P4-resume': 'chat.resume sends the chunks behind after_index, then chat.complete (section 4)',
  'P4-resume-whole':
    'chat.resume beyond the top, or of a log no longer kept, sends the whole text from index 0 (section 4)',
  'P4-resume-one-cursor': 'chat.resume sets the one cursor of this connection on that stream (section 4)',
  'P4-resume-state': 'chat.resume says where the run stands (section 4)',
  'P4-history': 'chat.history pages back from a seq, newest last, without gaps (section 4)',
  'P4-history-limit': 'chat.history takes a limit of 1–200, default 50 (section 4)',
  'P4-history-bytes': 'a page of chat.history is at most 1 MiB (section 4)',
  'P4-create': 'channel.create gives the channel, and subscribes (section 4)',
  'P4-create-limit': 'at most 1 000 channels a principal (section 4)',
  'P4-metadata': 'metadata is at most 16 KiB and 16 deep (section 4)',
  'P4-name': 'a channel’s name has at most 128 characters and need not be unique (section 4)',
  'P4-switch':
    'channel.switch names the channel left and what runs in the new one, and subscribes (section 4)',
  'P4-list': 'channel.list tells count, last activity, subscription and the current channel (section 4)',
  'P4-update': 'channel.update changes name and metadata, each on its own (section 4)',
  'P4-delete': 'channel.delete cancels what streams there; sessions on it move to default (section 4)',
  'P4-delete-default': 'default cannot be deleted: 4012 (section 4)',
  'P4-changed': 'channel.changed goes to the principal’s other connections (section 4)',
  'P4-foreign': 'what is another principal’s is not found, like what does not exist (sections 2 and 3)',
  'P4-search': 'memory.search looks into one channel only (section 4)',
  'P4-semantic':
    'with memory.embeddings, search and recall find by meaning too, and by words alone where that fails (configuration)',

  // Protocol section 5
  'P5-default': 'a new session is subscribed to default (section 5)',
  'P5-subscribe': 'subscribe, switch, create and send subscribe; unsubscribe stops (section 5)',
  'P5-running-listed':
    'replies that run already are listed in streams and not followed, until chat.resume (section 5)',
  'P5-index-span': 'index counts source chunks; the next frame’s index is index + span (section 5)',
  'P5-text': 'the chunks a connection receives are the reply: nothing lost, nothing twice (section 5)',
  'P5-characters': 'a chunk never ends in half a character (section 5)',
  'P5-frame-size': 'a merged frame carries at most 15 KiB of text (section 5)',
  'P5-slow': 'a connection that has not drained gets what it missed, merged (section 5)',
  'P5-kept': 'a run stays resumable 5 minutes beyond its end; then its text comes from history (section 5)',
  'P5-queue-order': 'runs of one channel go in the order of their chat.send (section 5)',
  'P5-queue-limit': '32 messages wait in one channel, acknowledged like any other (section 5)',
  'P5-side-by-side': 'channels run side by side (section 5)',
  'P5-crash': 'a run cut by a crash ends as interrupted with what had been stored of it (section 5)',
  'P5-crash-queued': 'one acknowledged but not begun ends as interrupted, empty (section 5)',
  'P5-detached': 'a run goes on when its last follower leaves (section 5)',
  'P5-detached-timeout': 'after chat.detached_timeout it is cancelled and its text so far kept (section 5)',
  'P5-goaway': 'system.goaway precedes a planned close (section 5)',
  'P5-drain': 'each connection is closed with 1001 as soon as nothing it follows is running (section 5)',
  'P5-drain-cut': 'after drain_seconds at the latest every connection is closed (section 5)',
} as const satisfies Record<string, string>;
