/** Clauses of the protocol's sections 6 and 7: what protects the gateway from its clients, and tells who is alive. */
export const GUARD_REQUIREMENTS = {
  'P2-batch-rate': 'each member of a batch counts as one message for the rate limit (section 2)',
  'P2-rate-limited': '4003 with the limit and the time left (sections 2 and 6)',
  'P6-bucket': 'a token bucket of burst_size, filled at messages_per_second (section 6)',
  'P6-window': 'never more than messages_per_minute in any 60 s (section 6)',
  'P6-cooldown': 'every message of a cooldown gets 4003 with the time left (section 6)',
  'P6-disabled': 'enabled = false: no limit (section 6, the text)',
  'P6-close': 'more than burst_size refused messages in one cooldown close with 4003 (section 6)',
  'P6-pong': 'heartbeat.pong is never counted (section 6)',
  'P6-notifications': 'refused notifications count and get no reply (section 6)',
  'P6-resume': 'a resumption counts as one message, whatever it restores (section 3)',
  'T-exercise-3': 'heartbeat_interval = 5 and no pong: pings, then the close (exercise 3)',
  'T-exercise-4': 'of 50 messages at once 20 pass, the next are refused, and going on closes (exercise 4)',
  'T-rate-limit': '50 messages at once run into the rate limit (exercise 4, troubleshooting issue 4)',
  'P7-ping': 'a ping every heartbeat_interval, the first within one interval of the handshake (section 7)',
  'P7-timeout':
    'heartbeat_max_missed unanswered pings, or heartbeat_timeout without an answer, close with 4002 (section 7)',
  'P7-pong': 'a pong acknowledges its seq and all before it; unknown seqs are ignored (section 7)',
  'P7-notifications': 'queued notifications ride on the next ping and are settled by a pong (section 7)',
  'P7-fresh': 'a fresh notification brings a ping forward, at most one a second (section 7)',
  'P7-everyone': 'they ride to all connections they are for, and the first pong settles them (section 7)',
  'P7-kept':
    'what no pong has settled is kept across reconnects and restarts; what one has is not sent again (section 7)',
  'P7-crash': 'a notification that was accepted outlives a killed gateway (section 7)',
  'P7-limit': '1 000 notifications per principal, then system.notify is refused (section 7)',
  'P7-not-proactive': 'proactive_notifications = false: pings carry [] and the queue is kept (section 7)',
  'P7-ping-size': 'a ping carries what fits, the rest follows (section 7)',
  'P4-notify':
    'system.notify for a principal or one of its clients, now, in some seconds, at a time or on a schedule (section 4)',
  'P4-notify-refused': 'at most one of at, in_seconds and cron; times that exist: else -32602 (section 4)',
  'P4-notify-list': 'system.notifications lists what is pending and scheduled (section 4)',
  'P4-notify-cancel': 'system.notify_cancel cancels (section 4)',
  'P4-notify-admin': 'notifying, listing and cancelling need the scope admin (section 3)',
  'P7-strangers': 'the heartbeat begins with the active phase, after authentication (the text, lifecycle 3)',
  'P2-heartbeat-close': 'close 4002 "Heartbeat timeout" (section 2)',
  'T-heartbeat':
    'heartbeat.ping with seq and notifications, heartbeat.pong with seq and client_load (the text, heartbeat system, exercise 3)',
} as const satisfies Record<string, string>;
