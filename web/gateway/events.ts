/** What the gateway tells, as changes of the state. */
import type { Gateway } from '../../client/index.js';
import { type AppState, conversationOf, inConversation } from '../state/app.js';
import { changed, DEFAULT_CHANNEL } from '../state/channels.js';
import * as talk from '../state/conversation.js';
import type { LiveText } from '../state/live-text.js';
import { arrived } from '../state/notices.js';
import type { Store } from '../state/store.js';

export interface EventHooks {
  /** Ends all of it: somebody has signed out. */
  readonly signal: AbortSignal;
  readonly store: Store<AppState>;
  /** Something has changed how many messages a channel has. */
  readonly onNews: () => void;
}

export const wireEvents = (gateway: Gateway, { signal, store, onNews }: EventHooks): void => {
  const on: Gateway['on'] = (name, listener) => gateway.on(name, listener, { signal });
  /** The replies that are being written, by the id of their message. */
  const texts = new Map<string, LiveText>();
  const inTalk = (channel: string, change: (before: talk.Conversation) => talk.Conversation): void =>
    store.update((state) => inConversation(state, channel, change));

  // What follows begins anew: what was being written is read from where it was, by its handle in the conversation.
  on('state', ({ state }) => state === 'open' && texts.clear());

  on('system.goaway', () => store.update((state) => ({ ...state, link: { state: 'open', leaving: true } })));

  on('chat.message', (event) => {
    inTalk(event.channel, (before) => talk.heard(before, event));
    onNews();
  });

  on('chat.stream', ({ channel, message_id, chunk }) => {
    let text = texts.get(message_id) ?? null;
    if (text === null) {
      inTalk(channel, (before) => talk.streaming(before, message_id));
      text = talk.liveText(conversationOf(store.state, channel), message_id);
      if (text === null) return;
      texts.set(message_id, text);
    }
    text.append(chunk);
  });

  on('chat.complete', (event) => {
    texts.delete(event.message_id);
    inTalk(event.channel, (before) => talk.completed(before, event));
    onNews();
  });

  on('skill.invoke', (event) => inTalk(event.channel, (before) => talk.skillInvoked(before, event)));
  on('skill.result', (event) => inTalk(event.channel, (before) => talk.skillEnded(before, event)));

  on('channel.changed', (event) => {
    store.update((state) => {
      const channels = changed(state.channels, event);
      const isGone = event.change === 'deleted' && state.current === event.channel_id;
      return { ...state, channels, current: isGone ? DEFAULT_CHANNEL : state.current };
    });
    onNews();
  });

  on('notification', (notification) =>
    store.update((state) => ({ ...state, notices: arrived(state.notices, notification) })),
  );
};
