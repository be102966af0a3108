/** Clauses of the protocol's sections 6 and 7: what protects the gateway from its clients, and tells who is alive. */
export const GUARD_REQUIREMENTS = {
  'P2-batch-rate': 'each member of a batch counts as one message for the rate limit (section 2)',
  'P2-rate-limited': '4003 with the limit and the time left (sections 2 and 6)',
  'P6-bucket': 'a token bucket of burst_size, filled at messages_per_second (section 6)',
  'P6-window': 'never more than messages_per_minute in any 60 s (section 6)',
  'P6-cooldown': 'every message of a cooldown gets 4003 with the time left (section 6)',
  'P6-close': 'more than burst_size refused messages in one cooldown close with 4003 (section 6)',
  'P6-pong': 'heartbeat.pong is never counted (section 6)',
  'P6-notifications': 'refused notifications count and get no reply (section 6)',
  'P6-resume': 'a resumption counts as one message, whatever it restores (section 3)',
  'T-rate-limit': '50 messages at once run into the rate limit (exercise 4, troubleshooting issue 4)',
  'P7-ping': 'a ping every heartbeat_interval, the first within one interval of the handshake (section 7)',
  'P7-timeout':
    'heartbeat_max_missed unanswered pings, or heartbeat_timeout without an answer, close with 4002 (section 7)',
  'P7-pong': 'a pong acknowledges its seq and all before it; unknown seqs are ignored (section 7)',
  'P7-strangers': 'the heartbeat begins with the active phase, after authentication (the text, lifecycle 3)',
  'P2-heartbeat-close': 'close 4002 "Heartbeat timeout" (section 2)',
  'T-heartbeat':
    'heartbeat.ping with seq and notifications, heartbeat.pong with seq and client_load (the text, heartbeat system, exercise 3)',
} as const satisfies Record<string, string>;
