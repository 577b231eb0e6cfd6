import type { Provider } from '../../ports/capabilities.ts';
import type { Usage } from '../../ports/usage.ts';

/** Tokens of a second of sound: of people, and of the model. https://platform.openai.com/docs/guides/realtime-costs, https://ai.google.dev/gemini-api/docs/tokens */
const TOKENS_PER_SECOND: Readonly<Record<Provider, { readonly heard: number; readonly spoken: number }>> = {
  openai: { heard: 10, spoken: 20 },
  azure: { heard: 10, spoken: 20 },
  gemini: { heard: 25, spoken: 25 },
  vertex: { heard: 25, spoken: 25 },
};
const SAMPLES_PER_SECOND = 24_000;
/** Turns whose length is remembered; the oldest goes first. */
const REMEMBERED = 400;

interface Reply {
  readonly provider: Provider;
  readonly turnIds: readonly number[];
  samples: number;
  searches: number;
}

/**
 * Whose reply the provider's report is for. Where there is no report, it is estimated from the sound of the turns and of
 * the reply: what came before in the conversation is billed again and not in it.
 */
export class ReplyUsage {
  /** Who answers from now on. */
  provider: Provider;
  readonly #replies = new Map<string, Reply>();
  readonly #heardMs = new Map<number, number>();

  constructor(provider: Provider) {
    this.provider = provider;
  }

  heard(turnId: number, ms: number): void {
    this.#heardMs.set(turnId, ms);
    if (this.#heardMs.size > REMEMBERED) this.#heardMs.delete(this.#heardMs.keys().next().value as number);
  }

  started(replyId: string, turnIds: readonly number[]): void {
    this.#replies.set(replyId, { provider: this.provider, turnIds, samples: 0, searches: 0 });
  }

  /** Samples at 24 kHz. */
  sounded(replyId: string, samples: number): void {
    const reply = this.#replies.get(replyId);
    if (reply) reply.samples += samples;
  }

  /** Queries that the provider put to a search engine for a reply. */
  searched(replyId: string, searches: number): void {
    const reply = this.#replies.get(replyId);
    if (reply) reply.searches += searches;
  }

  /** Estimates for the replies whose end nobody waits for any more. */
  unended(): { replyId: string; usage: Usage; turnIds: readonly number[] }[] {
    const rest = [...this.#replies].map(([replyId, reply]) => ({
      replyId,
      usage: this.#estimate(reply),
      turnIds: reply.turnIds,
    }));
    this.#replies.clear();
    return rest;
  }

  /** Takes the reply out. `usage` null: there was nothing to be billed, as with a reply that never began. */
  ended(replyId: string, reported: Usage | null): { usage: Usage | null; turnIds: readonly number[] } {
    const reply = this.#replies.get(replyId);
    this.#replies.delete(replyId);
    if (!reply) return { usage: reported, turnIds: [] };
    if (!reported) return { usage: this.#estimate(reply), turnIds: reply.turnIds };
    const { searches } = reply;
    return { usage: searches > 0 ? { ...reported, searches } : reported, turnIds: reply.turnIds };
  }

  #estimate({ provider, turnIds, samples, searches }: Reply): Usage {
    const rates = TOKENS_PER_SECOND[provider];
    const heardMs = turnIds.reduce((sum, id) => sum + (this.#heardMs.get(id) ?? 0), 0);
    const audioIn = Math.round((heardMs / 1000) * rates.heard);
    const audioOut = Math.round((samples / SAMPLES_PER_SECOND) * rates.spoken);
    const tokens = { textIn: 0, cachedTextIn: 0, audioIn, cachedAudioIn: 0, textOut: 0, audioOut };
    const used = { inputTokens: audioIn, outputTokens: audioOut, tokens, estimated: true };
    return searches > 0 ? { ...used, searches } : used;
  }
}
