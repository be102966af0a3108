/** What is true of the connection, and how it is said. */
import type { CloseInfo } from '../../client/index.js';

export type LinkStatus =
  | { readonly state: 'signed-out'; readonly reason?: string }
  | { readonly state: 'connecting'; readonly hasBeenOpen: boolean }
  | { readonly state: 'open'; readonly leaving: boolean }
  | {
      readonly state: 'waiting';
      readonly hasBeenOpen: boolean;
      /** `Date.now()` of the next attempt. */
      readonly retryAtMs: number;
      readonly code: number;
      readonly reason: string;
    }
  | { readonly state: 'closed'; readonly code: number; readonly reason: string };

/** Why a connection ended, for people. */
const because = (code: number, reason: string, hasBeenOpen: boolean): string => {
  switch (code) {
    case 1001:
      return 'The gateway is restarting';
    case 1006:
      return hasBeenOpen ? 'The connection to the gateway is lost' : 'The gateway cannot be reached';
    case 1013:
      return 'The gateway is overloaded';
    case 4001:
      return reason === 'Authentication timeout' ? 'The gateway did not get the token in time' : reason;
    case 4002:
      return 'The connection fell silent';
    case 4003:
      return 'Too many messages in a short time';
    case 4011:
      return 'The gateway refused the token for now, after too many failures';
    case 5030:
      return 'The gateway is shutting down';
    default:
      return reason === '' ? `The connection ended (${code})` : reason;
  }
};

/** One sentence without a full stop, and whether it is worth a look. */
export const linkSentence = (
  link: LinkStatus,
  nowMs: number,
): { readonly text: string; readonly tone: 'good' | 'busy' | 'bad' } => {
  switch (link.state) {
    case 'signed-out':
      return { text: 'Signed out', tone: 'bad' };
    case 'connecting':
      return { text: link.hasBeenOpen ? 'Connecting again…' : 'Connecting…', tone: 'busy' };
    case 'open':
      return link.leaving
        ? { text: 'The gateway is about to restart; running replies may finish', tone: 'busy' }
        : { text: 'Connected', tone: 'good' };
    case 'waiting': {
      const seconds = Math.max(0, Math.ceil((link.retryAtMs - nowMs) / 1000));
      const when = seconds === 0 ? 'trying again now' : `trying again in ${seconds} s`;
      return { text: `${because(link.code, link.reason, link.hasBeenOpen)}; ${when}`, tone: 'bad' };
    }
    case 'closed':
      return { text: `${because(link.code, link.reason, true)}; nothing more will arrive`, tone: 'bad' };
  }
};

/** Why somebody has to sign in again; null where the token is not to blame. */
export const signInReason = ({ code, reason }: Pick<CloseInfo, 'code' | 'reason'>): string | null => {
  if (code === 4011) return 'The gateway does not know this token, or it has expired.';
  if (code === 4001 && reason === 'Token revoked') return 'This token was revoked or has expired.';
  if (code === 4001 && reason === 'Authentication failed')
    return 'The gateway does not know this token, or it has expired.';
  return null;
};
