/** All that the page knows, in one value. */
import type { Session } from '../../client/index.js';
import type { Channel, Seen } from './channels.js';
import { type Conversation, EMPTY } from './conversation.js';
import type { LinkStatus } from './link.js';
import type { Notice } from './notices.js';

export interface AppState {
  readonly link: LinkStatus;
  /** What the last handshake told; null before the first. */
  readonly session: Session | null;
  readonly channels: readonly Channel[];
  /** Whether the list has been read. */
  readonly hasChannels: boolean;
  readonly current: string;
  readonly seen: Seen;
  readonly conversations: Readonly<Record<string, Conversation>>;
  readonly notices: readonly Notice[];
  /** Something that did not work, for people; null: nothing. */
  readonly problem: string | null;
}

export const INITIAL: AppState = {
  link: { state: 'signed-out' },
  session: null,
  channels: [],
  hasChannels: false,
  current: 'default',
  seen: {},
  conversations: {},
  notices: [],
  problem: null,
};

export const conversationOf = ({ conversations }: AppState, channel: string): Conversation =>
  conversations[channel] ?? EMPTY;

/** The state with one conversation changed. */
export const inConversation = (
  state: AppState,
  channel: string,
  change: (conversation: Conversation) => Conversation,
): AppState => {
  const before = conversationOf(state, channel);
  const after = change(before);
  return after === before ? state : { ...state, conversations: { ...state.conversations, [channel]: after } };
};
