import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { Provider } from '../ports/capabilities.ts';
import type { SettingsStore } from '../ports/settings.ts';
import type {
  BudgetDefaults,
  BudgetStanding,
  BudgetState,
  BudgetStep,
  SpanLimits,
  Tokens,
  UsageDay,
  UsageLine,
  UsageReport,
} from '../ports/usage.ts';
import type { Turn, UserId } from '../ports/voice.ts';
import type { UsageRow, UsageStore } from '../store/usage.ts';
import { Budgets } from './budgets.ts';
import { UsageCosts } from './costs.ts';
import type { Prices } from './prices.ts';

/** Where something was used, and of what. */
interface UsedPlace {
  readonly guildId: string;
  readonly channelId: string;
  readonly provider: Provider;
  readonly model: string;
}

const DAYS = 30;
const DAY_MS = 86_400_000;
const NOTHING: Tokens = { textIn: 0, cachedTextIn: 0, audioIn: 0, cachedAudioIn: 0, textOut: 0, audioOut: 0 };
const NO_LIMIT: SpanLimits = { day: 0, month: 0 };

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** What every guild uses and what it costs, and how its budgets stand. Cost is worked out when it is asked for. */
export class UsageTracker implements UsageReport {
  readonly #store: UsageStore;
  readonly #costs: UsageCosts;
  readonly #budgets: Budgets;
  readonly #now: () => Date;
  /** Guild → who wants to know that something was spent. */
  readonly #watchers = new Map<string, Set<() => void>>();
  #botStep: BudgetStep = 'free';

  /** `budgets`: the operator's; absent: none. */
  constructor(parts: {
    store: UsageStore;
    settings: SettingsStore;
    prices: Prices;
    now: () => Date;
    budgets?: BudgetDefaults;
  }) {
    const { store, settings, now } = parts;
    this.#store = store;
    this.#now = now;
    this.#costs = new UsageCosts(parts.prices);
    const defaults = parts.budgets ?? { person: NO_LIMIT, server: NO_LIMIT, bot: NO_LIMIT };
    this.#budgets = new Budgets({ store, settings, costs: this.#costs, now, defaults });
  }

  /** Writes down what an event says was used, and tells whoever watches. Other events are nothing to it. */
  async note(place: UsedPlace, event: BridgeEvent): Promise<void> {
    const rows = this.#rowsOf(place, event);
    if (rows.length === 0) return;
    this.#budgets.used(rows);
    await this.#store.add(rows);
    const botStep = await this.#budgets.botStep();
    const everybody = botStep !== this.#botStep;
    this.#botStep = botStep;
    for (const [guildId, watchers] of this.#watchers) {
      if (everybody || guildId === place.guildId) for (const act of watchers) act();
    }
  }

  /** What this person used is nobody's from now on; it counts against their own budget until the process ends. Throws StoreError. */
  async erase(guildId: string, userId: UserId): Promise<void> {
    this.#budgets.forgotten(guildId, await this.#store.forget(guildId, userId));
  }

  /** `act` is called when the budgets of this guild may stand otherwise, until the returned function is called. */
  watch(guildId: string, act: () => void): () => void {
    const watchers = this.#watchers.get(guildId) ?? new Set();
    this.#watchers.set(guildId, watchers.add(act));
    return () => {
      watchers.delete(act);
      if (watchers.size === 0) this.#watchers.delete(guildId);
    };
  }

  /** How the budgets stand for this guild. Rejects with StoreError. */
  standing(guildId: string): Promise<BudgetStanding> {
    return this.#budgets.standing(guildId);
  }

  budgets(guildId: string): Promise<readonly BudgetState[]> {
    return this.#budgets.states(guildId);
  }

  personLimits(guildId: string): Promise<SpanLimits> {
    return this.#budgets.personLimits(guildId);
  }

  spent(guildId: string, userId?: UserId): Promise<BudgetState | undefined> {
    return this.#budgets.spent(guildId, userId);
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

  get #day(): string {
    return this.#now().toISOString().slice(0, 10);
  }

  async #since(guildId: string, day: string): Promise<readonly UsageLine[]> {
    return (await this.#priced(guildId, day)).map(({ line }) => line);
  }

  async #priced(guildId: string, since: string): Promise<{ readonly day: string; readonly line: UsageLine }[]> {
    const today = this.#day;
    // What was noted under a clock that was ahead would count on every day until then.
    const rows = (await this.#store.since(guildId, since)).filter(({ day }) => day <= today);
    const searched = rows.some(({ searches }) => searches > 0) ? await this.#store.searchesSince(since) : undefined;
    return rows.map((row) => ({ day: row.day, line: this.#costs.line(row, searched) }));
  }

  #rowsOf(place: UsedPlace, event: BridgeEvent): UsageRow[] {
    if (event.type === 'usage') {
      const { tokens, estimated } = event.usage;
      const searches = Math.min(event.usage.searches ?? 0, this.#costs.mostSearches(place.model));
      return this.#rows(place, event.turns, { tokens, seconds: 0, searches, replies: 1, estimated });
    }
    if (event.type !== 'transcription-usage') return [];
    const { model, seconds, estimated, provider = place.provider } = event;
    const used = { tokens: NOTHING, seconds, searches: 0, replies: 0, estimated };
    return this.#rows({ ...place, provider, model }, event.turns, used);
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
}
