/** A provider as the reasoning thread knows it: how to ask it, whether it works, and what was told of that. */
import { type Admission, Breaker } from './breaker.js';
import { type ProviderFailure, redact, withoutEchoes } from './failure.js';
import type { ProviderNews } from './messages.js';
import type { Provider } from './provider.js';
import { baseUrlOf, type ProviderSettings } from './settings.js';

/** Loads the SDK, and nothing before. */
const openProvider = async (settings: ProviderSettings): Promise<Provider> => {
  switch (settings.kind) {
    case 'openai-compatible':
      return (await import('./openai.js')).openOpenAI(settings);
    case 'anthropic':
      return (await import('./anthropic.js')).openAnthropic(settings);
  }
};

/** A failure like the one before is not told again for so long. */
const TELL_EVERY_MS = 60_000;

export class KnownProvider {
  readonly settings: ProviderSettings;
  readonly breaker = new Breaker();
  readonly #tell: (news: ProviderNews) => void;
  readonly #place: string;
  #provider: Promise<Provider> | null = null;
  #isDown = false;
  #told = '';
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(settings: ProviderSettings, tell: (news: ProviderNews) => void) {
    this.settings = settings;
    this.#tell = tell;
    this.#place = `The provider of [${settings.section}] (${settings.kind} at ${new URL(baseUrlOf(settings)).origin})`;
  }

  /** Its SDK, loaded once. */
  open(): Promise<Provider> {
    this.#provider ??= openProvider(this.settings);
    return this.#provider;
  }

  worked(): void {
    this.breaker.worked();
    if (!this.#isDown) return;
    this.#isDown = false;
    this.#told = '';
    this.#say('works', `${this.#place} works again.`, null);
  }

  /** A run has got nothing of it, or not all. @param asked what it was asked with */
  failed(failure: ProviderFailure, asked: unknown, admission: Admission, nowMs: number): void {
    let opened = false;
    if (failure.counts) opened = this.breaker.failed(admission, nowMs);
    else this.breaker.leave(admission);
    if ((opened || failure.refusesKey) && !this.#isDown) {
      this.#isDown = true;
      this.#say('down', `${this.#place} is down: it ${failure.message}.`, this.#wordsOf(failure, asked));
    } else if (this.#told !== failure.message || nowMs - this.#toldMs >= TELL_EVERY_MS) {
      this.#say(
        'failed',
        `${this.#place} gave no whole reply: it ${failure.message}.`,
        this.#wordsOf(failure, asked),
      );
    } else return;
    this.#told = failure.message;
    this.#toldMs = nowMs;
  }

  /** It will not be asked any more. */
  replace(): void {
    if (this.#isDown) this.#say('replaced', `${this.#place} is no longer asked.`, null);
  }

  #wordsOf({ detail }: ProviderFailure, asked: unknown): string | null {
    return detail === null ? null : redact(withoutEchoes(detail, asked), this.settings.apiKey);
  }

  #say(state: ProviderNews['state'], sentence: string, detail: string | null): void {
    this.#tell({ section: this.settings.section, state, sentence, detail });
  }
}
