import { wallClock } from '../clock/wall-clock.ts';
import type { Rule, RuleSettings } from '../ports/rules.ts';
import type { UserId } from '../ports/voice.ts';
import { asked, type Database } from './database/database.ts';

/** What a failure of the database says. */
const WHAT = 'The rules';
/** More rules nobody keeps an overview of, and each is held against every sentence. */
const MOST: Readonly<Record<Rule['kind'], number>> = { word: 5_000, pattern: 60, exception: 1_000 };
/** Rows in one statement: SQLite takes some thousand values. */
const BATCH = 100;
const DEFAULTS: RuleSettings = Object.freeze({ mode: 'log', channelId: null, watchModel: false });

/** What became of rules that were to be added. `full`: these are past the limit. */
export interface Kept {
  readonly added: number;
  readonly known: number;
  readonly full: readonly Omit<Rule, 'id'>[];
}

/** The rules of every guild in the database. One write at a time. Rejects with StoreError. */
export class RuleStore {
  readonly #database: Database;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
  }

  /** How many rules of a kind a guild can have. */
  static most(kind: Rule['kind']): number {
    return MOST[kind];
  }

  settings(guildId: string): Promise<RuleSettings> {
    return asked(WHAT, 'read from', async () => {
      const row = await this.#database('rule_settings').where({ guild_id: guildId }).first();
      if (!row) return DEFAULTS;
      const mode = row.mode === 'card' ? 'card' : 'log';
      return { mode, channelId: row.channel_id ?? null, watchModel: Boolean(row.watch_model) };
    });
  }

  set(guildId: string, change: Partial<RuleSettings>): Promise<void> {
    return this.#write(async () => {
      const row = {
        guild_id: guildId,
        ...(change.mode !== undefined && { mode: change.mode }),
        ...(change.channelId !== undefined && { channel_id: change.channelId }),
        ...(change.watchModel !== undefined && { watch_model: Number(change.watchModel) }),
      };
      await this.#database('rule_settings').insert(row).onConflict('guild_id').merge();
    });
  }

  /** Oldest first. */
  list(guildId: string): Promise<readonly (Rule & { readonly hits: number })[]> {
    return asked(WHAT, 'read from', async () => {
      const rows = await this.#database('rules').where({ guild_id: guildId }).orderBy('id');
      return rows.map(({ id, kind, text, hits }) => ({ id, kind, text, hits }));
    });
  }

  /** All in one transaction; what is known already or past the limit is left out. */
  add(guildId: string, by: UserId, rules: readonly Omit<Rule, 'id'>[]): Promise<Kept> {
    return this.#write(() =>
      this.#database.transaction(async (transaction) => {
        const rows = await transaction('rules').where({ guild_id: guildId }).select('kind', 'text');
        const known = new Set(rows.map(({ kind, text }) => `${kind} ${text}`));
        const counts = new Map<string, number>();
        for (const { kind } of rows) counts.set(kind, (counts.get(kind) ?? 0) + 1);
        const full: Omit<Rule, 'id'>[] = [];
        const fresh: object[] = [];
        for (const { kind, text } of rules) {
          if (known.has(`${kind} ${text}`)) continue;
          const count = counts.get(kind) ?? 0;
          if (count >= MOST[kind]) {
            full.push({ kind, text });
            continue;
          }
          fresh.push({ guild_id: guildId, kind, text, by_id: by, made_at: wallClock.now() });
          known.add(`${kind} ${text}`);
          counts.set(kind, count + 1);
        }
        await transaction.batchInsert('rules', fresh, BATCH);
        return { added: fresh.length, known: rules.length - fresh.length - full.length, full };
      }),
    );
  }

  /** False where there is none. */
  remove(guildId: string, id: number): Promise<boolean> {
    return this.#write(async () => (await this.#database('rules').where({ guild_id: guildId, id }).delete()) > 0);
  }

  /** Each was hit once more. */
  count(ids: readonly number[]): Promise<void> {
    return this.#write(async () => {
      await this.#database('rules').whereIn('id', ids).increment('hits', 1);
    });
  }

  #write<T>(act: () => Promise<T>): Promise<T> {
    const writing = this.#writing.then(() => asked(WHAT, 'written to', act));
    this.#writing = writing.catch(() => {});
    return writing;
  }
}
