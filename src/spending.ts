import type { BridgeEvent } from './bridge/bridge-ports.ts';
import type { Provider, Tokens, Turn } from './bridge/ports.ts';
import type { SettingsStore, UsageDay, UsageLine, UsageReport } from './bridge/room-ports.ts';
import { costOf, type Prices } from './model/prices.ts';
import type { UsageRow, UsageStore } from './store/usage.ts';

/** Where something was used, and of what. */
interface UsedPlace {
  readonly guildId: string;
  readonly channelId: string;
  readonly provider: Provider;
  readonly model: string;
}

/** What follows from the budget. `near` comes once a day and guild. */
type Verdict =
  | { readonly kind: 'near'; readonly message: string }
  | { readonly kind: 'spent'; readonly budgetUsd: number };

const DAYS = 30;
const DAY_MS = 86_400_000;
const WARN_AT = 0.8;
const NOTHING: Tokens = { textIn: 0, cachedTextIn: 0, audioIn: 0, cachedAudioIn: 0, textOut: 0, audioOut: 0 };

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** What every guild uses, what it costs, and whether its budget allows more. Cost is worked out when it is asked for. */
export class Spending implements UsageReport {
  readonly #store: UsageStore;
  readonly #settings: SettingsStore;
  readonly #prices: Prices;
  readonly #now: () => Date;
  /** Guild → the day on which it was warned. */
  readonly #warned = new Map<string, string>();

  constructor(parts: { store: UsageStore; settings: SettingsStore; prices: Prices; now: () => Date }) {
    this.#store = parts.store;
    this.#settings = parts.settings;
    this.#prices = parts.prices;
    this.#now = parts.now;
  }

  /** Writes down what an event says was used; gives what is to be done about the budget. Other events are nothing to it. */
  async note(place: UsedPlace, event: BridgeEvent): Promise<Verdict | undefined> {
    if (event.type === 'usage') {
      const { tokens, estimated } = event.usage;
      const most = this.#prices.get(place.model)?.mostSearches ?? Number.POSITIVE_INFINITY;
      const searches = Math.min(event.usage.searches ?? 0, most);
      await this.#store.add(this.#rows(place, event.turns, { tokens, seconds: 0, searches, replies: 1, estimated }));
    } else if (event.type === 'transcription-usage') {
      const { model, seconds, estimated, provider = place.provider } = event;
      const used = { tokens: NOTHING, seconds, searches: 0, replies: 0, estimated };
      await this.#store.add(this.#rows({ ...place, provider, model }, event.turns, used));
    } else return undefined;
    return this.#judge(place.guildId);
  }

  today(guildId: string): Promise<readonly UsageLine[]> {
    return this.#since(guildId, this.#day);
  }

  month(guildId: string): Promise<readonly UsageLine[]> {
    return this.#since(guildId, `${this.#day.slice(0, 8)}01`);
  }

  async days(guildId: string): Promise<readonly UsageDay[]> {
    const today = Date.parse(this.#day);
    const names = Array.from({ length: DAYS }, (_, at) => dayOf(today - (DAYS - 1 - at) * DAY_MS));
    const priced = await this.#priced(guildId, names[0] ?? this.#day);
    return names.map((day) => ({
      day,
      costs: priced.filter((one) => one.day === day).map(({ line: { model, costUsd } }) => ({ model, costUsd })),
    }));
  }

  async exhausted(guildId: string): Promise<number | undefined> {
    const { budgetUsd } = await this.#settings.get(guildId);
    return budgetUsd > 0 && (await this.#spentToday(guildId)) >= budgetUsd ? budgetUsd : undefined;
  }

  get #day(): string {
    return this.#now().toISOString().slice(0, 10);
  }

  async #judge(guildId: string): Promise<Verdict | undefined> {
    const { budgetUsd } = await this.#settings.get(guildId);
    if (budgetUsd === 0) return undefined;
    const day = this.#day;
    const spent = await this.#spentToday(guildId);
    if (spent >= budgetUsd) return { kind: 'spent', budgetUsd };
    if (spent < WARN_AT * budgetUsd || this.#warned.get(guildId) === day) return undefined;
    this.#warned.set(guildId, day);
    const percent = Math.floor((spent / budgetUsd) * 100);
    const message = `${percent} % of today's budget of $${budgetUsd} is spent. At 100 % I leave, until midnight UTC.`;
    return { kind: 'near', message };
  }

  async #spentToday(guildId: string): Promise<number> {
    const lines = await this.today(guildId);
    return lines.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
  }

  async #since(guildId: string, day: string): Promise<readonly UsageLine[]> {
    return (await this.#priced(guildId, day)).map(({ line }) => line);
  }

  async #priced(guildId: string, since: string): Promise<{ readonly day: string; readonly line: UsageLine }[]> {
    const rows = await this.#store.since(guildId, since);
    const searched = rows.some(({ searches }) => searches > 0);
    const months = searched ? await this.#store.searchesSince(since) : undefined;
    return rows.map((row) => ({ day: row.day, line: this.#line(row, months?.get(row.day.slice(0, 7)) ?? new Map()) }));
  }

  /** Split evenly between the people behind the turns. */
  #rows(
    { guildId, channelId, provider, model }: UsedPlace,
    turns: readonly Turn[],
    used: { tokens: Tokens; seconds: number; searches: number; replies: number; estimated: boolean },
  ): UsageRow[] {
    const people = new Map(turns.map((turn) => [turn.userId ?? '', turn.name]));
    if (people.size === 0) people.set('', '');
    const part = 1 / people.size;
    return [...people].map(([userId, name]) => ({
      guild_id: guildId,
      channel_id: channelId,
      user_id: userId,
      name,
      provider,
      model,
      day: this.#day,
      replies: used.replies * part,
      estimated_replies: used.estimated ? part : 0,
      seconds: used.seconds * part,
      searches: used.searches * part,
      text_in: used.tokens.textIn * part,
      cached_text_in: used.tokens.cachedTextIn * part,
      audio_in: used.tokens.audioIn * part,
      cached_audio_in: used.tokens.cachedAudioIn * part,
      text_out: used.tokens.textOut * part,
      audio_out: used.tokens.audioOut * part,
    }));
  }

  /** `searched`: in the row's month by all guilds, by model. The free ones are spread over all of them evenly. */
  #line(row: UsageRow, searched: ReadonlyMap<string, number>): UsageLine {
    const tokens = {
      textIn: row.text_in,
      cachedTextIn: row.cached_text_in,
      audioIn: row.audio_in,
      cachedAudioIn: row.cached_audio_in,
      textOut: row.text_out,
      audioOut: row.audio_out,
    };
    const { model, provider, name, replies, seconds } = row;
    const price = this.#prices.get(model);
    const alike = [...searched].filter(([one]) => this.#prices.get(one)?.perSearch === price?.perSearch);
    const all = alike.reduce((sum, [, count]) => sum + count, 0);
    const searches = all > 0 ? (row.searches * Math.max(0, all - (price?.freeSearches ?? 0))) / all : 0;
    const costUsd = costOf({ tokens, seconds, searches }, price);
    const estimated = row.estimated_replies > 0;
    const used = { replies, tokens, seconds, estimated, costUsd };
    return { userId: row.user_id, name, channelId: row.channel_id, provider, model, ...used };
  }
}
