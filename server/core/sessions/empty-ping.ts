/** The ping that nearly every ping is: one without notifications, as bytes in which only the digits of its seq change. */

const encoder = new TextEncoder();
const HEAD = '{"jsonrpc":"2.0","method":"heartbeat.ping","params":{"seq":';
const TAIL = ',"notifications":[]}}';
const ZERO = 0x30;

/** By how many digits the seq has; each is made when the first such seq comes. */
const frames: (Uint8Array | undefined)[] = [];

/**
 * The frame of `heartbeat.ping` (protocol section 7) with `notifications: []`, in UTF-8. It is valid until the next
 * one: a socket copies what it sends.
 *
 * @param seq 1 or more, a safe integer
 */
export const emptyPing = (seq: number): Uint8Array => {
  let digits = 1;
  for (let bound = 10; seq >= bound; bound *= 10) digits += 1;
  frames[digits] ??= encoder.encode(HEAD + '0'.repeat(digits) + TAIL);
  const frame = frames[digits] as Uint8Array;
  let rest = seq;
  for (let at = HEAD.length + digits - 1; at >= HEAD.length; at -= 1) {
    frame[at] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return frame;
};
