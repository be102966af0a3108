/** Calls of models under way, each with the providers that were configured when it began. */
import { type Conversation, summaryConversation, turnsOf } from './conversation.js';
import type { Delivery } from './delivery.js';
import { redact } from './failure.js';
import { KnownProvider } from './known-provider.js';
import type { ProviderNews } from './messages.js';
import { ModelCall } from './model-call.js';
import type { ReasoningRequest, SummaryRequest } from './port.js';
import type { ProviderSettings, ReasoningSettings } from './settings.js';

export class ModelCalls {
  readonly #delivery: Delivery;
  readonly #tell: (news: ProviderNews) => void;
  readonly #calls = new Map<number, ModelCall>();
  #settings: ReasoningSettings;
  #providers: readonly KnownProvider[] = [];

  constructor(delivery: Delivery, settings: ReasoningSettings, tell: (news: ProviderNews) => void) {
    this.#delivery = delivery;
    this.#tell = tell;
    this.#settings = settings;
    this.configure(settings);
    // What an SDK has left behind ends no call but the one that it belongs to, whose stream says so itself.
    process.on('unhandledRejection', (error) => {
      const name = error instanceof Error ? error.name : typeof error;
      const sentence = `The SDK of a provider has left an error behind (${redact(name, null)}).`;
      tell({ section: 'reasoning', state: 'failed', sentence, detail: null });
    });
  }

  /** For calls to come. A provider that stays as it was keeps what is known of it. */
  configure(settings: ReasoningSettings): void {
    this.#settings = settings;
    const before = this.#providers;
    this.#providers = settings.providers.map(
      (wanted) =>
        before.find((known) => isSame(known.settings, wanted)) ?? new KnownProvider(wanted, this.#tell),
    );
    for (const known of before) if (!this.#providers.includes(known)) known.replace();
    // The first call does not wait for an SDK; one that cannot be loaded fails its calls.
    for (const known of this.#providers) known.open().catch(() => {});
  }

  /** @param watched who is asked is told, too */
  start(callId: number, { message, recalled, tools, steps }: ReasoningRequest, watched: boolean): void {
    const { systemPrompt, maxOutputTokens, temperature } = this.#settings;
    const conversation = {
      system: systemPrompt,
      turns: turnsOf({ message, recalled }),
      steps,
      tools,
      maxOutputTokens,
      temperature,
    };
    this.#begin(callId, conversation, watched);
  }

  summarize(callId: number, request: SummaryRequest): void {
    this.#begin(callId, summaryConversation(request), false);
  }

  cancel(callId: number): void {
    const call = this.#calls.get(callId);
    this.#calls.delete(callId);
    call?.cancel();
  }

  #begin(callId: number, conversation: Conversation, watched: boolean): void {
    const call = new ModelCall(callId, conversation, {
      providers: this.#providers,
      times: this.#settings,
      delivery: this.#delivery,
      watched,
    });
    this.#calls.set(callId, call);
    void call.run().finally(() => this.#calls.delete(callId));
  }
}

const isSame = (one: ProviderSettings, other: ProviderSettings): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
