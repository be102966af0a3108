/** Where something begins to be wrong: the alerts go off there, and the dashboards change colour. */
export const THRESHOLDS = {
  /** The main thread's loop, 99th percentile; 0.012 is idle. */
  loopDelaySeconds: 0.1,
  /** Requests that the gateway failed, of all. */
  failedRequestShare: 0.01,
  /** Answers that wait for no model and no skill, 99th percentile. */
  answerSeconds: 1,
  /** A transaction that writes, 99th percentile. */
  commitSeconds: 0.25,
  /** From the start of a reply to its first chunk, 95th percentile. */
  firstTokenSeconds: 10,
  /** Replies that end with an error or cut short, of all that end. */
  failedReplyShare: 0.05,
  /** Replies that wait all the time. */
  waitingReplies: 20,
  /** Requests to a provider that fail, of all. */
  failedProviderCallShare: 0.5,
  /** Runs of a server's skills that fail, of all. */
  failedSkillRunShare: 0.5,
  /** Clients that have not taken what they were sent, of all. */
  laggingShare: 0.1,
  /** Slow clients that are closed in a quarter of an hour. */
  slowCloses: 10,
  /** Scheduled pings without a pong, of all pings. */
  missedHeartbeatShare: 0.1,
  /** Handshakes with a token that is not valid, or after too many of them, in ten minutes. */
  refusedHandshakes: 50,
  /** Messages that the rate limit refuses, of all. */
  rateLimitedShare: 0.05,
  /** Open descriptors, of those that the process may have. */
  descriptorShare: 0.8,
} as const;
