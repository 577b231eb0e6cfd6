import type { SettingsStore } from '../ports/settings.ts';
import type {
  BudgetDefaults,
  BudgetOf,
  BudgetSpan,
  BudgetStanding,
  BudgetState,
  BudgetStep,
  SpanLimits,
} from '../ports/usage.ts';
import type { UserId } from '../ports/voice.ts';
import type { UsageRow, UsageStore } from '../store/usage.ts';
import { shareOf, stepOf } from './budget-steps.ts';
import type { UsageCosts } from './costs.ts';

/** The sums of all guilds are read again after so long; meanwhile what comes is added to them. */
const REREAD_MS = 60_000;
const SPANS: readonly BudgetSpan[] = ['day', 'month'];
const WHOSE: Readonly<Record<BudgetOf, string>> = {
  person: 'one person here',
  server: 'this server',
  bot: 'all servers together',
};

/** US dollars spent today and this month. */
type Sums = { -readonly [span in BudgetSpan]: number };

interface Total extends Sums {
  /** Of which day it is, and when it was read (performance.now()). */
  readonly today: string;
  readonly readAt: number;
}

export interface BudgetsParts {
  readonly store: Pick<UsageStore, 'sumsSince' | 'searchesSince'>;
  readonly settings: Pick<SettingsStore, 'get'>;
  readonly costs: UsageCosts;
  readonly now: () => Date;
  /** The operator's limits. */
  readonly defaults: BudgetDefaults;
}

/** What people, guilds and the whole bot may cost in a day and a month of UTC, and how much of it is spent. */
export class Budgets {
  readonly #parts: BudgetsParts;
  #total: Total | undefined;
  #reading: Promise<Total> | undefined;
  /** Server → what people used before they were forgotten, which counts against theirs until the process ends. */
  readonly #forgotten = new Map<string, UsageRow[]>();

  constructor(parts: BudgetsParts) {
    this.#parts = parts;
  }

  /** What was just used counts at once in the sum of all guilds. */
  used(rows: readonly UsageRow[]): void {
    const usd = rows.reduce((sum, row) => sum + this.#parts.costs.inBudget(row, undefined), 0);
    for (const span of SPANS) if (this.#total) this.#total[span] += usd;
  }

  /** These rows are nobody's any more: being forgotten gives nobody money back. */
  forgotten(guildId: string, rows: readonly UsageRow[]): void {
    const first = this.#firstDay;
    const kept = [...(this.#forgotten.get(guildId) ?? []), ...rows].filter(({ day }) => day >= first);
    if (kept.length === 0) this.#forgotten.delete(guildId);
    else this.#forgotten.set(guildId, kept);
  }

  /** How near its end the bot's own budget is. Rejects with StoreError. */
  async botStep(): Promise<BudgetStep> {
    return stepOf(nearest(await this.#bot()));
  }

  /** The limits of the guild and of the bot. Rejects with StoreError. */
  async states(guildId: string): Promise<readonly BudgetState[]> {
    const [own, bot] = await Promise.all([this.#ofGuild(guildId), this.#bot()]);
    return [...own.states, ...bot];
  }

  async personLimits(guildId: string): Promise<SpanLimits> {
    const { budgetPersonUsd, budgetPersonMonthUsd } = await this.#parts.settings.get(guildId);
    const { person } = this.#parts.defaults;
    return { day: budgetPersonUsd ?? person.day, month: budgetPersonMonthUsd ?? person.month };
  }

  /** Rejects with StoreError, unless the bot's own limit is spent: that is known in memory. */
  async standing(guildId: string): Promise<BudgetStanding> {
    const [ofGuild, ofBot] = await Promise.allSettled([this.#ofGuild(guildId), this.#bot()]);
    if (ofBot.status === 'rejected') throw ofBot.reason;
    if (ofGuild.status === 'rejected' && stepOf(nearest(ofBot.value)) !== 'spent') throw ofGuild.reason;
    const own = ofGuild.status === 'fulfilled' ? ofGuild.value : { states: [], people: new Map() };
    const first = nearest([...own.states, ...ofBot.value]);
    return { step: stepOf(first), nearest: first, people: own.people };
  }

  /** A limit that is spent: the bot's, the guild's, or this person's. Rejects with StoreError. */
  async spent(guildId: string, userId?: UserId): Promise<BudgetState | undefined> {
    const { nearest: first, people } = await this.standing(guildId);
    if (stepOf(first) === 'spent') return first;
    const theirs = userId === undefined ? undefined : people.get(userId);
    return stepOf(theirs) === 'spent' ? theirs : undefined;
  }

  async #ofGuild(guildId: string): Promise<Pick<BudgetStanding, 'people'> & { states: readonly BudgetState[] }> {
    const { budgetUsd, budgetMonthUsd } = await this.#parts.settings.get(guildId);
    const { server } = this.#parts.defaults;
    const limits = { day: budgetUsd ?? server.day, month: budgetMonthUsd ?? server.month };
    const each = await this.personLimits(guildId);
    if (!isSet(limits) && !isSet(each)) return { states: [], people: new Map() };
    const all: Sums = { day: 0, month: 0 };
    const byPerson = new Map<UserId, Sums>();
    for (const { row, usd } of await this.#spentSince(guildId)) {
      const theirs = byPerson.get(row.user_id) ?? { day: 0, month: 0 };
      byPerson.set(row.user_id, theirs);
      for (const sums of [all, theirs]) {
        sums.month += usd;
        if (row.day === this.#today) sums.day += usd;
      }
    }
    // Nobody knows whose the rest was: that is nobody's.
    byPerson.delete('');
    for (const row of this.#forgotten.get(guildId) ?? []) {
      if (row.day < this.#firstDay || row.day > this.#today) continue;
      const usd = this.#parts.costs.inBudget(row, undefined);
      const theirs = byPerson.get(row.user_id) ?? { day: 0, month: 0 };
      byPerson.set(row.user_id, theirs);
      theirs.month += usd;
      if (row.day === this.#today) theirs.day += usd;
    }
    const people = [...byPerson].flatMap(([userId, sums]) => {
      const first = nearest(this.#of('person', each, sums));
      return first && stepOf(first) !== 'free' ? [[userId, first] as const] : [];
    });
    return { states: this.#of('server', limits, all), people: new Map(people) };
  }

  async #bot(): Promise<readonly BudgetState[]> {
    const { bot } = this.#parts.defaults;
    if (!isSet(bot)) return [];
    const known = this.#total;
    const fresh = known && known.today === this.#today && performance.now() - known.readAt < REREAD_MS;
    return this.#of('bot', bot, fresh ? known : await this.#totalNow(known));
  }

  /** While the database cannot be read, what was known of this day, and what was used since, goes on to count. */
  async #totalNow(known: Total | undefined): Promise<Total> {
    try {
      return await this.#readTotal();
    } catch (error) {
      if (known?.today !== this.#today) throw error;
      return known;
    }
  }

  #readTotal(): Promise<Total> {
    this.#reading ??= this.#spentSince(undefined)
      .then((spent) => {
        const today = this.#today;
        const sum = (rows: typeof spent): number => rows.reduce((total, { usd }) => total + usd, 0);
        const day = sum(spent.filter(({ row }) => row.day === today));
        this.#total = { day, month: sum(spent), today, readAt: performance.now() };
        return this.#total;
      })
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  async #spentSince(guildId: string | undefined): Promise<{ readonly row: UsageRow; readonly usd: number }[]> {
    const { store, costs } = this.#parts;
    const today = this.#today;
    const first = this.#firstDay;
    // What was noted under a clock that was ahead would count on every day until then.
    const rows = (await store.sumsSince(first, guildId)).filter(({ day }) => day <= today);
    const searched = rows.some(({ searches }) => searches > 0) ? await store.searchesSince(first) : undefined;
    return rows.map((row) => ({ row, usd: costs.inBudget(row, searched) }));
  }

  #of(of: BudgetOf, limits: SpanLimits, spent: Readonly<Sums>): BudgetState[] {
    return SPANS.filter((span) => limits[span] > 0).map((span) => {
      const limitUsd = limits[span];
      // The operator's money is nobody else's business.
      const amount = of === 'bot' ? '' : ` ($${limitUsd})`;
      const words = `${span === 'day' ? "today's budget" : "this month's budget"} of ${WHOSE[of]}${amount}`;
      const anew = span === 'day' ? 'midnight UTC' : 'the first of next month (UTC)';
      const until = this.#endOf(span);
      // What the operator allows the whole bot, no server can change.
      const raised = of === 'bot' ? '' : ', or when somebody who manages the server raises it: `/usage budget`';
      const back = `<t:${Math.ceil(until / 1_000)}:R>${raised}`;
      return { of, span, limitUsd, spentUsd: spent[span], until, words, anew, back };
    });
  }

  #endOf(span: BudgetSpan): number {
    const now = this.#parts.now();
    return span === 'day'
      ? Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1)
      : Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
  }

  /** Of the month. */
  get #firstDay(): string {
    return `${this.#today.slice(0, 8)}01`;
  }

  get #today(): string {
    return this.#parts.now().toISOString().slice(0, 10);
  }
}

function isSet({ day, month }: SpanLimits): boolean {
  return day > 0 || month > 0;
}

/** The one that is spent most. Of two that are spent, the one that lasts longer. */
function nearest(states: readonly BudgetState[]): BudgetState | undefined {
  const rank = (one: BudgetState): number => Math.min(shareOf(one), 1);
  return states.reduce<BudgetState | undefined>((best, one) => {
    if (!best || rank(one) > rank(best)) return one;
    return rank(one) === rank(best) && one.until > best.until ? one : best;
  }, undefined);
}
