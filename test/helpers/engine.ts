/** Configurations and messages that make the embedded engine as fast, slow or long as a test needs it. */

/**
 * The text of a configuration file without a rate limit.
 * @param chunkDelayMs between two words of a reply; 0: as fast as it can
 * @param gateway further keys of `[gateway]`
 * @param rest further tables
 */
export const engine = (
  chunkDelayMs: number,
  gateway: Readonly<Record<string, number>> = {},
  rest = '',
): string => {
  const keys = Object.entries(gateway).map(([key, value]) => `${key} = ${value}\n`);
  return (
    `[gateway]\n${keys.join('')}\n[gateway.rate_limit]\nenabled = false\n\n` +
    `[reasoning.embedded]\nchunk_delay_ms = ${chunkDelayMs}\n\n${rest}`
  );
};

/** Long enough that no test sees the end of the reply: minutes at 20 ms a word. */
export const ENDLESS = Array.from({ length: 10_000 }, (_, at) => `word${at}`).join(' ');

/** What the embedded engine says to a message in a channel that remembers nothing. */
export const embeddedReply = (message: string): string =>
  `This is the embedded engine: no model is configured, so I can only repeat what you said. You said: ${message}`;
