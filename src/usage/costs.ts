import type { UsageLine } from '../ports/usage.ts';
import type { UsageRow } from '../store/usage.ts';
import { costOf, type Price, type Prices } from './prices.ts';

/** Web searches of every guild by month (`2026-11`) and model. */
export type Searches = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** What rows of usage cost, by a list of prices. Pure. */
export class UsageCosts {
  readonly #prices: Prices;
  /** The highest known price of each kind. */
  readonly #dearest: Price;

  constructor(prices: Prices) {
    this.#prices = prices;
    const kinds = ['textIn', 'audioIn', 'textOut', 'audioOut', 'perMinute', 'perSearch'] as const;
    const highest = (kind: (typeof kinds)[number]) =>
      Math.max(0, ...[...prices.values()].map((price) => price[kind] ?? 0));
    this.#dearest = Object.fromEntries(kinds.map((kind) => [kind, highest(kind)]));
  }

  /** How many searches of one answer are billed at most. */
  mostSearches(model: string): number {
    return this.#prices.get(model)?.mostSearches ?? Number.POSITIVE_INFINITY;
  }

  /** A row with its cost. `searched`: by all guilds. The free searches of a month are spread over all of them evenly. */
  line(row: UsageRow, searched: Searches | undefined): UsageLine {
    const { model, provider, name, replies, seconds } = row;
    const used = { replies, tokens: tokensOf(row), seconds, estimated: row.estimated_replies > 0 };
    const costUsd = this.#cost(row, searched, this.#prices.get(model));
    return { userId: row.user_id, name, channelId: row.channel_id, provider, model, ...used, costUsd };
  }

  /**
   * What a row counts in a budget. What has no known price counts as the dearest that there is: any name can be chosen
   * for a model, and a budget that it is not in is none.
   */
  inBudget(row: UsageRow, searched: Searches | undefined): number {
    return this.#cost(row, searched, this.#prices.get(row.model)) ?? this.#cost(row, undefined, this.#dearest) ?? 0;
  }

  #cost(row: UsageRow, searched: Searches | undefined, price: Price | undefined): number | null {
    const month = searched?.get(row.day.slice(0, 7)) ?? new Map<string, number>();
    const alike = [...month].filter(([one]) => this.#prices.get(one)?.perSearch === price?.perSearch);
    const all = alike.reduce((sum, [, count]) => sum + count, 0);
    const billed = all > 0 ? (row.searches * Math.max(0, all - (price?.freeSearches ?? 0))) / all : 0;
    return costOf({ tokens: tokensOf(row), seconds: row.seconds, searches: billed }, price);
  }
}

function tokensOf(row: UsageRow): UsageLine['tokens'] {
  return {
    textIn: row.text_in,
    cachedTextIn: row.cached_text_in,
    audioIn: row.audio_in,
    cachedAudioIn: row.cached_audio_in,
    textOut: row.text_out,
    audioOut: row.audio_out,
  };
}
