/**
 * The gateway's counters as one typed object: plain numbers on the paths of messages, read by
 * whoever shows them.
 */
export interface GatewayMetrics {
  /** Messages received since the start, refused ones included; each member of a batch is one. */
  messagesReceived: number;
  /** Messages refused by the rate limit. */
  rateLimitHits: number;
}

export const createMetrics = (): GatewayMetrics => ({ messagesReceived: 0, rateLimitHits: 0 });
