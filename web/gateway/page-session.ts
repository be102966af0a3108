/** The page and its gateway: what happens there goes into the state, what somebody does here goes there. */
import { type Gateway, GatewayError, type MemorySearchResult, type Reply } from '../../client/index.js';
import { type AppState, conversationOf, INITIAL, inConversation } from '../state/app.js';
import { DEFAULT_CHANNEL, seenAfter, sorted } from '../state/channels.js';
import * as talk from '../state/conversation.js';
import { FrameLog } from '../state/frame-log.js';
import { signInReason } from '../state/link.js';
import { allRead, dismissed } from '../state/notices.js';
import { Store } from '../state/store.js';
import { wireEvents } from './events.js';
import { connectPage } from './page-connection.js';
import { problemOf } from './problems.js';
import { clientId, rememberedSeen, rememberedToken, rememberSeen, rememberToken } from './remembered.js';
import { readSchedule, type Scheduled } from './schedule.js';

const PAGE_LENGTH = 50;
/** Channels that are followed although nobody has looked at them here: their replies are there at once. */
const FOLLOWED = 8;
/** Counts come soon after something has happened, and now and then. */
const COUNT_SOON_MS = 800;
const COUNT_EVERY_MS = 20_000;

export class PageSession {
  readonly store = new Store<AppState>({ ...INITIAL, seen: rememberedSeen() ?? {} });
  readonly frames = new FrameLog();
  readonly #url: string;
  #gateway: Gateway | null = null;
  #stop = new AbortController();
  #hasSeen = rememberedSeen() !== null;
  #hasBeenOpen = false;
  /** Whether somebody has the conversation before their eyes. */
  #isLooking = true;
  #lastKey = 0;
  #retryNow = (): void => {};
  #countTimer: ReturnType<typeof setTimeout> | undefined;
  /** Messages that the gateway has not taken yet, by the key of their turn. */
  readonly #unsent = new Map<string, Reply>();

  /** @param url of the WebSocket */
  constructor(url: string) {
    this.#url = url;
  }

  /** Goes on with the token of this tab, where there is one. */
  start(): void {
    const token = rememberedToken();
    if (token !== null) void this.signIn(token);
  }

  /** Never throws: what became of it is in `link`. */
  async signIn(token: string): Promise<void> {
    this.#stop.abort();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const set = (link: AppState['link'], retryNow = (): void => {}): void => {
      this.#retryNow = retryNow;
      this.#update((state) => ({ ...state, link }));
    };
    try {
      const gateway = await connectPage({
        url: this.#url,
        token,
        clientId: clientId(),
        frames: this.frames,
        signal,
        hasBeenOpen: this.#hasBeenOpen,
        onStatus: set,
        onReopened: () => this.#gateway !== null && void this.#opened(this.#gateway, false),
        onClosed: (close) => {
          const reason = signInReason(close);
          if (reason !== null) this.signOut(reason);
          else set({ state: 'closed', code: close.code, reason: close.reason });
        },
      });
      rememberToken(token);
      this.#gateway = gateway;
      wireEvents(gateway, {
        signal,
        store: this.store,
        onNews: () => this.#countSoon(),
      });
      await this.#opened(gateway, true);
    } catch (error) {
      if (signal.aborted) return;
      const reason =
        error instanceof GatewayError ? signInReason({ code: error.code, reason: error.message }) : null;
      this.signOut(reason ?? problemOf(error));
    }
  }

  /** Ends the connection and forgets the token, and everything that it showed. */
  signOut(reason?: string): void {
    this.#stop.abort();
    this.#gateway = null;
    this.#hasBeenOpen = false;
    clearTimeout(this.#countTimer);
    rememberToken(null);
    this.frames.clear();
    this.#unsent.clear();
    this.#update(({ seen }) => ({
      ...INITIAL,
      seen,
      link: { state: 'signed-out', ...(reason === undefined ? {} : { reason }) },
    }));
  }

  /** Does not wait for the next attempt to connect. */
  retryNow(): void {
    this.#retryNow();
  }

  /** After an end for good that the token is not to blame for. */
  connectAgain(): void {
    const token = rememberedToken();
    if (token === null) this.signOut();
    else void this.signIn(token);
  }

  // --- channels ---------------------------------------------------------------------------

  /** Whether the conversation is before somebody's eyes, so that what comes counts as seen. */
  looking(isLooking: boolean): void {
    this.#isLooking = isLooking;
    if (isLooking) this.#see();
  }

  /** Goes to a channel: at once on the screen, and soon at the gateway. */
  async open(channel: string): Promise<void> {
    this.#update((state) => ({ ...state, current: channel, problem: null }));
    this.#see();
    await this.#try(async (gateway) => {
      const { streams } = await gateway.channel.switch({ channel_id: channel });
      this.#follow(gateway, streams);
      if (conversationOf(this.store.state, channel).state === 'new') await this.#load(gateway, channel);
    });
  }

  /** @returns its id; null where it did not work */
  async create(name: string): Promise<string | null> {
    return this.#try(async (gateway) => {
      const { channel_id } = await gateway.channel.create(name === '' ? {} : { name });
      await this.#list(gateway);
      return channel_id;
    });
  }

  async rename(channel: string, name: string): Promise<void> {
    await this.#try(async (gateway) => {
      await gateway.channel.update({ channel_id: channel, name });
      await this.#list(gateway);
    });
  }

  async delete(channel: string): Promise<void> {
    await this.#try(async (gateway) => {
      await gateway.channel.delete({ channel_id: channel });
      this.#update(({ conversations: { [channel]: _, ...conversations }, ...state }) => ({
        ...state,
        conversations,
        channels: state.channels.filter(({ channel_id }) => channel_id !== channel),
        current: state.current === channel ? DEFAULT_CHANNEL : state.current,
      }));
      await this.#list(gateway);
    });
  }

  // --- the conversation -------------------------------------------------------------------

  send(message: string): void {
    const gateway = this.#gateway;
    if (gateway === null) return;
    const channel = this.store.state.current;
    const key = `own-${++this.#lastKey}`;
    this.#talk(channel, (before) => talk.sent(before, key, message, new Date().toISOString()));
    const reply = gateway.chat.send(message, { channel });
    this.#unsent.set(key, reply);
    reply.messageId
      .then(
        (id) => this.#talk(channel, (before) => talk.stored(before, key, id)),
        (error) => this.#talk(channel, (before) => talk.refused(before, key, problemOf(error))),
      )
      .finally(() => this.#unsent.delete(key));
    void this.#drain(gateway, reply, channel);
  }

  /** Has a reply stopped, or a message not sent. */
  async stop({ messageId, key }: talk.Turn): Promise<void> {
    const unsent = this.#unsent.get(key);
    await this.#try(async (gateway) => {
      if (unsent === undefined) await gateway.chat.cancel({ message_id: messageId });
      else await unsent.cancel();
    });
  }

  /** Takes back a message that was refused. @returns its text */
  takeBack({ key, message }: talk.Turn): string {
    this.#talk(this.store.state.current, (before) => talk.removed(before, key));
    return message;
  }

  /** @returns whether there is still more */
  async loadOlder(): Promise<boolean> {
    const channel = this.store.state.current;
    const conversation = conversationOf(this.store.state, channel);
    const before = talk.oldestSeq(conversation);
    if (!conversation.hasMore || before === undefined) return false;
    await this.#try(async (gateway) => {
      const page = await gateway.chat.history({ channel, before, limit: PAGE_LENGTH });
      this.#talk(channel, (held) => talk.loaded(held, page, 'older'));
    });
    return conversationOf(this.store.state, channel).hasMore;
  }

  /** @throws what the search failed with */
  async search(query: string): Promise<MemorySearchResult['results']> {
    const { current: channel } = this.store.state;
    const found = await this.#gateway?.memory.search({ query, channel, limit: 20 });
    return found?.results ?? [];
  }

  /** The status, and how long a message takes there and back; null while there is no connection. @throws as calls do */
  async status() {
    const gateway = this.#gateway;
    if (gateway === null || gateway.state !== 'open') return null;
    const startedMs = performance.now();
    const status = await gateway.system.status();
    return { status, roundTripMs: performance.now() - startedMs };
  }

  // --- notices ----------------------------------------------------------------------------

  dismissToast(id: string): void {
    this.#update((state) => ({ ...state, notices: dismissed(state.notices, id) }));
  }

  readNotices(): void {
    this.#update((state) => ({ ...state, notices: allRead(state.notices) }));
  }

  /** What is to come; null while there is no connection, and where it cannot be read: then `problem` says why. */
  async schedule(): Promise<readonly Scheduled[] | null> {
    return this.#gateway?.state === 'open' ? this.#try(readSchedule) : null;
  }

  /** @param at RFC 3339 @returns whether it is kept */
  async remind(msg: string, at: string): Promise<boolean> {
    return (await this.#try(({ system }) => system.notify({ type: 'reminder', msg, at }))) !== null;
  }

  async cancelReminder(id: string): Promise<void> {
    await this.#try(({ system }) => system.notify_cancel({ notification_id: id }));
  }

  /** Shows a problem. @param problem a sentence that says what to do */
  tell(problem: string): void {
    this.#update((state) => ({ ...state, problem }));
  }

  forgetProblem(): void {
    this.#update((state) => ({ ...state, problem: null }));
  }

  // ----------------------------------------------------------------------------------------

  /** There is a connection. @param isFirst of this client, which later goes on with what it followed by itself */
  async #opened(gateway: Gateway, isFirst: boolean): Promise<void> {
    this.#hasBeenOpen = true;
    // What was said meanwhile is in the history.
    this.#update((state) => ({
      ...state,
      link: { state: 'open', leaving: false },
      session: gateway.session,
      conversations: Object.fromEntries(
        Object.entries(state.conversations).map(([id, held]) => [id, { ...held, state: 'new' as const }]),
      ),
    }));
    await this.#try(async () => {
      await this.#list(gateway);
      const { channels, current } = this.store.state;
      const isThere = channels.some(({ channel_id }) => channel_id === current);
      if (!isThere) this.#update((state) => ({ ...state, current: DEFAULT_CHANNEL }));
      if (isFirst) this.#follow(gateway, gateway.session.streams);
      await this.open(isThere ? current : DEFAULT_CHANNEL);
      if (isFirst) await this.#followRecent(gateway);
    });
  }

  async #followRecent(gateway: Gateway): Promise<void> {
    const recent = [...this.store.state.channels]
      .sort((a, b) => (a.last_activity_at < b.last_activity_at ? 1 : -1))
      .filter(({ subscribed }) => !subscribed)
      .slice(0, FOLLOWED);
    for (const { channel_id } of recent) {
      const { streams = [] } = await gateway.channel.subscribe({ channel_id });
      this.#follow(gateway, streams);
    }
  }

  /** Reads replies from their beginning that were running before we came. */
  #follow(gateway: Gateway, streams: readonly { message_id: string; channel: string }[] = []): void {
    for (const { message_id, channel } of streams) {
      if (talk.liveText(conversationOf(this.store.state, channel), message_id) !== null) continue;
      this.#talk(channel, (before) => talk.awaited(before, message_id));
      void this.#drain(gateway, gateway.chat.follow(message_id), channel);
    }
  }

  /** Takes the text of a reply out of the library: the events have told it already. */
  async #drain(gateway: Gateway, reply: Reply, channel: string): Promise<void> {
    try {
      for await (const _ of reply) {
        // As above.
      }
    } catch {
      const wasStored = await reply.messageId.then(
        () => true,
        () => false,
      );
      // The gateway has nothing more of it but what its history says.
      if (wasStored && gateway.state === 'open') await this.#try(() => this.#load(gateway, channel));
    }
  }

  async #load(gateway: Gateway, channel: string): Promise<void> {
    this.#talk(channel, (before) => ({ ...before, state: 'loading' }));
    try {
      const page = await gateway.chat.history({ channel, limit: PAGE_LENGTH });
      this.#talk(channel, (before) => talk.loaded(before, page, 'newest'));
    } catch (error) {
      this.#talk(channel, (before) => ({ ...before, state: 'new' }));
      throw error;
    }
  }

  async #list(gateway: Gateway): Promise<void> {
    const { channels } = await gateway.channel.list();
    this.#update((state) => ({ ...state, channels: sorted(channels), hasChannels: true }));
    this.#see(!this.#hasSeen);
    this.#hasSeen = true;
  }

  /** What is looked at now is seen. */
  #see(isFirst = false): void {
    const { channels, current, hasChannels } = this.store.state;
    if (!hasChannels) return;
    this.#update((state) => {
      const seen = seenAfter(state.seen, channels, this.#isLooking ? current : null, isFirst);
      rememberSeen(seen);
      return { ...state, seen };
    });
  }

  #countSoon(delayMs = COUNT_SOON_MS): void {
    clearTimeout(this.#countTimer);
    this.#countTimer = setTimeout(async () => {
      const gateway = this.#gateway;
      if (gateway?.state === 'open' && !document.hidden) {
        await this.#list(gateway).catch(() => {});
      }
      if (this.#gateway !== null) this.#countSoon(COUNT_EVERY_MS);
    }, delayMs);
  }

  /** Does something with the gateway, and tells where that failed. */
  async #try<T>(work: (gateway: Gateway) => Promise<T>): Promise<T | null> {
    const gateway = this.#gateway;
    if (gateway === null) return null;
    try {
      return await work(gateway);
    } catch (error) {
      if (this.#gateway === gateway) this.#update((state) => ({ ...state, problem: problemOf(error) }));
      return null;
    }
  }

  #talk(channel: string, change: (before: talk.Conversation) => talk.Conversation): void {
    this.#update((state) => inConversation(state, channel, change));
  }

  #update(change: (state: AppState) => AppState): void {
    this.store.update(change);
  }
}
