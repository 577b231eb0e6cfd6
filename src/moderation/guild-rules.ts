import { KeyedQueue } from '../lib/keyed-queue.ts';
import type { Added, Hit, Rule, RuleSettings, Rules } from '../ports/rules.ts';
import type { UserId } from '../ports/voice.ts';
import { RuleStore } from '../store/rules.ts';
import { FairTurns } from './rules/fair-turns.ts';
import { checkRule, RuleSet } from './rules/rule-set.ts';

/** The rules of every guild, compiled once and held against texts. */
export class GuildRules implements Rules {
  readonly #store: RuleStore;
  readonly #sets = new Map<string, Promise<RuleSet>>();
  readonly #settings = new Map<string, Promise<RuleSettings>>();
  readonly #turns = new FairTurns();
  readonly #adding = new KeyedQueue();

  constructor(store: RuleStore) {
    this.#store = store;
  }

  settings(guildId: string): Promise<RuleSettings> {
    return remembered(this.#settings, guildId, () => this.#store.settings(guildId));
  }

  async set(guildId: string, change: Partial<RuleSettings>): Promise<RuleSettings> {
    await this.#store.set(guildId, change);
    this.#settings.delete(guildId);
    return this.settings(guildId);
  }

  /** Nothing is kept of this guild any more. */
  forgetGuild(guildId: string): void {
    this.#sets.delete(guildId);
    this.#settings.delete(guildId);
  }

  list(guildId: string): Promise<readonly (Rule & { readonly hits: number })[]> {
    return this.#store.list(guildId);
  }

  add(guildId: string, by: UserId, rules: readonly Omit<Rule, 'id'>[]): Promise<Added> {
    // One after the other: two that add the same word at once would make two rules of it.
    return this.#adding.run(guildId, () => this.#add(guildId, by, rules));
  }

  async #add(guildId: string, by: UserId, rules: readonly Omit<Rule, 'id'>[]): Promise<Added> {
    const there = await this.#store.list(guildId);
    const { good, same, refused } = await this.#turns.run(guildId, sorted(rules, there));
    const { added, known, full } = await this.#store.add(guildId, by, good);
    this.#sets.delete(guildId);
    for (const { kind, text } of full) {
      refused.push({ text, why: `A server can have ${RuleStore.most(kind)} rules of this kind. Remove some first.` });
    }
    return { added, known, same, refused };
  }

  async remove(guildId: string, id: number): Promise<boolean> {
    const removed = await this.#store.remove(guildId, id);
    this.#sets.delete(guildId);
    return removed;
  }

  async test(guildId: string, text: string): Promise<readonly Hit[]> {
    const set = await remembered(this.#sets, guildId, async () => {
      const rules = await this.#store.list(guildId);
      return this.#turns.run(guildId, RuleSet.of(rules));
    });
    return set.empty ? [] : this.#turns.run(guildId, set.scan(text));
  }

  /** Each was hit once more. */
  async count(hits: readonly Hit[]): Promise<void> {
    await this.#store.count(hits.map(({ rule }) => rule.id));
  }
}

/** What of rules can be taken beside those that are there, and why the others cannot. */
function* sorted(rules: readonly Omit<Rule, 'id'>[], there: readonly Rule[]): Generator<undefined, Sorted, void> {
  const known = new Map<string, string>();
  for (const { kind, text } of there) {
    try {
      known.set(checkRule(kind, text), text);
    } catch (error) {
      // One that an earlier version took is no word here.
      if (!(error instanceof RangeError)) throw error;
    }
    yield;
  }
  const good: Omit<Rule, 'id'>[] = [];
  const same: { text: string; as: string }[] = [];
  const refused: { text: string; why: string }[] = [];
  for (const { kind, text } of rules) {
    const kept = { kind, text: text.toWellFormed().trim() };
    try {
      const identity = checkRule(kind, kept.text);
      const as = known.get(identity);
      if (as !== undefined && as !== kept.text) same.push({ text: kept.text, as });
      else good.push(kept);
      if (as === undefined) known.set(identity, kept.text);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refused.push({ text: kept.text, why: error.message });
    }
    yield;
  }
  return { good, same, refused };
}

interface Sorted {
  readonly good: readonly Omit<Rule, 'id'>[];
  readonly same: readonly { readonly text: string; readonly as: string }[];
  readonly refused: { text: string; why: string }[];
}

/** Grows by one entry for each guild that was asked for. */
function remembered<T>(known: Map<string, Promise<T>>, guildId: string, read: () => Promise<T>): Promise<T> {
  const there = known.get(guildId);
  if (there !== undefined) return there;
  const reading = read();
  known.set(guildId, reading);
  reading.catch(() => known.delete(guildId));
  return reading;
}
