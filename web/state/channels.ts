/** The channels at the side: their order, their names, and how much in them has not been seen. */
import type { ChannelChangedEvent, ChannelListResult } from '../../client/index.js';

export type Channel = ChannelListResult['channels'][number];

/** By channel id: how many of its messages somebody has had before their eyes here. */
export type Seen = Readonly<Record<string, number>>;

/** What cannot be deleted, and what everybody has. */
export const DEFAULT_CHANNEL = 'default';

/** A channel needs no name; then it goes by its id. */
export const nameOf = ({ channel_id, name }: Pick<Channel, 'channel_id' | 'name'>): string =>
  name === '' ? channel_id : name;

/** The default channel first, then by what happened last in them. */
export const sorted = (channels: readonly Channel[]): Channel[] =>
  [...channels].sort((a, b) => {
    const isDefault = Number(b.channel_id === DEFAULT_CHANNEL) - Number(a.channel_id === DEFAULT_CHANNEL);
    if (isDefault !== 0) return isDefault;
    if (a.last_activity_at !== b.last_activity_at) return a.last_activity_at < b.last_activity_at ? 1 : -1;
    return a.channel_id < b.channel_id ? -1 : 1;
  });

/** Messages, replies included, that came since the channel was looked at. */
export const unreadOf = ({ channel_id, message_count }: Channel, seen: Seen): number =>
  Math.max(0, message_count - (seen[channel_id] ?? 0));

/**
 * What has been seen after a new list: all of the channel that is looked at, nothing of one that is not known yet, and never more
 * than there is (messages expire). Channels that are gone are forgotten.
 *
 * @param looking the channel before somebody's eyes; null where the page is hidden or shows something else
 * @param isFirst there is no earlier list to compare with: what is there already is nothing new
 */
export const seenAfter = (
  seen: Seen,
  channels: readonly Channel[],
  looking: string | null,
  isFirst: boolean,
): Seen => {
  const next: Record<string, number> = {};
  for (const { channel_id, message_count } of channels) {
    const before = seen[channel_id] ?? (isFirst ? message_count : 0);
    next[channel_id] = channel_id === looking ? message_count : Math.min(before, message_count);
  }
  return next;
};

/** The list after another connection of ours changed it. */
export const changed = (channels: readonly Channel[], event: ChannelChangedEvent): readonly Channel[] => {
  const { channel_id, change, channel } = event;
  const others = channels.filter((each) => each.channel_id !== channel_id);
  if (change === 'deleted') return others;
  if (channel === undefined) return channels;
  const known = channels.find((each) => each.channel_id === channel_id);
  const fresh = { message_count: 0, last_activity_at: channel.created_at, subscribed: false };
  return sorted([...others, { ...fresh, ...known, ...channel }]);
};

/** The channel `step` places further down the list, and around its end. */
export const neighbour = (channels: readonly Channel[], current: string, step: number): string => {
  const at = channels.findIndex(({ channel_id }) => channel_id === current);
  const next = channels[(at + step + channels.length) % channels.length];
  return next?.channel_id ?? current;
};

/** Those that somebody means who types this: letters in their order, the closest first. */
export const matching = (channels: readonly Channel[], typed: string): Channel[] => {
  const wanted = typed.trim().toLowerCase();
  if (wanted === '') return [...channels];
  const scored: { channel: Channel; score: number }[] = [];
  for (const channel of channels) {
    const name = nameOf(channel).toLowerCase();
    const at = name.indexOf(wanted);
    if (at >= 0) scored.push({ channel, score: at });
    else if (isSubsequence(wanted, name)) scored.push({ channel, score: 1000 + name.length });
  }
  return scored.sort((a, b) => a.score - b.score).map(({ channel }) => channel);
};

const isSubsequence = (wanted: string, name: string): boolean => {
  let at = 0;
  for (const letter of wanted) {
    at = name.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
};
