import type { ModelConfig, TranscriberConfig } from '../../config/providers.ts';
import type { BridgeEvent } from '../../ports/bridge-events.ts';
import type { Tokens } from '../../ports/usage.ts';
import { costOf, type Prices } from '../../usage/prices.ts';
import { SENTENCES, spokenSeconds } from './second-bot/sentences.ts';

/** The bot itself leaves when so much is spent. */
export const MOST_USD = 0.05;

/** How many of a model's tokens a second of sound is: platform.openai.com/docs/guides/realtime-costs, ai.google.dev/gemini-api/docs/tokens. */
const TOKENS_A_SECOND = {
  openai: { in: 10, out: 20 },
  azure: { in: 10, out: 20 },
  gemini: { in: 32, out: 32 },
  vertex: { in: 32, out: 32 },
};
/** Of the bot's own voice: four short answers and the story. */
const ANSWER_SECONDS = 17;
/** The instructions, and what every turn says of its speaker. */
const TEXT_TOKENS = 700;
const NOTHING: Tokens = { textIn: 0, cachedTextIn: 0, audioIn: 0, cachedAudioIn: 0, textOut: 0, audioOut: 0 };

/** What a model is called in the prices. */
export function priceName(model: ModelConfig): string {
  return model.provider === 'azure' ? (model.model ?? model.deployment) : model.model;
}

/**
 * What the check will cost with a model, in US dollars; null: there is no price for it. Every turn is charged with the
 * whole conversation before it, which those who have a price for cached tokens take as such.
 */
export function expectedCost(model: ModelConfig, prices: Prices, transcriber: TranscriberConfig | null): number | null {
  const rate = TOKENS_A_SECOND[model.provider];
  const spoken = spokenSeconds();
  const turns = Object.keys(SENTENCES).length;
  const [audioIn, audioOut] = [spoken * rate.in, ANSWER_SECONDS * rate.out];
  // On average half of the conversation has been when a turn is answered.
  const again = { cachedTextIn: (turns - 1) * TEXT_TOKENS, cachedAudioIn: ((turns - 1) * (audioIn + audioOut)) / 2 };
  const tokens = { ...NOTHING, ...again, textIn: TEXT_TOKENS, audioIn, audioOut, textOut: ANSWER_SECONDS * 6 };
  const talk = costOf({ tokens, seconds: 0 }, prices.get(priceName(model)));
  const writer =
    transcriber?.transcriber ?? (model.provider === 'openai' || model.provider === 'azure' ? model.transcriber : null);
  const written = writer === null ? 0 : costOf({ tokens: NOTHING, seconds: spoken }, prices.get(writer));
  return talk === null || written === null ? null : talk + written;
}

/** What was really used, in US dollars; null: there is no price for a part of it. */
export class Bill {
  readonly #prices: Prices;
  readonly #model: string;
  #usd: number | null = 0;

  constructor(prices: Prices, model: string) {
    this.#prices = prices;
    this.#model = model;
  }

  get usd(): number | null {
    return this.#usd;
  }

  /** Other events are nothing to it. */
  observe(event: BridgeEvent): void {
    if (event.type === 'usage')
      this.#add(costOf({ tokens: event.usage.tokens, seconds: 0 }, this.#prices.get(this.#model)));
    if (event.type === 'transcription-usage')
      this.#add(costOf({ tokens: NOTHING, seconds: event.seconds }, this.#prices.get(event.model)));
  }

  #add(usd: number | null): void {
    this.#usd = usd === null || this.#usd === null ? null : this.#usd + usd;
  }
}

/** `3.1 cents`. */
export function cents(usd: number | null): string {
  return usd === null
    ? 'an unknown amount (there is no price for this model: PRICES_FILE)'
    : `${(usd * 100).toFixed(1)} cents`;
}
