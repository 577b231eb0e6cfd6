import type { ToolPolicies, ToolRule } from '../ports/tools.ts';
import { type Database, StoreError } from './database/database.ts';

/** More entries than that nobody keeps an overview of. */
const MOST_RULES = 500;
const KEY = ['guild_id', 'tool', 'kind', 'subject_id'];

interface Row {
  readonly guild_id: string;
  readonly tool: string;
  readonly kind: string;
  readonly subject_id: string;
  readonly allowed: number | boolean;
}

/**
 * The policies of every guild in the database; remembered in memory, so that a call waits for no disk. One write at a
 * time: a policy that was read while it changed is not remembered. Throws StoreError.
 */
export class ToolRulesStore implements ToolPolicies {
  readonly #database: Database;
  readonly #known = new Map<string, Promise<readonly ToolRule[]>>();
  #writing: Promise<unknown> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
  }

  rules(guildId: string): Promise<readonly ToolRule[]> {
    const known = this.#known.get(guildId);
    if (known !== undefined) return known;
    const reading = this.#read(guildId);
    this.#known.set(guildId, reading);
    reading.catch(() => this.#known.delete(guildId));
    return reading;
  }

  /** Nothing is kept of this guild any more. */
  forgetGuild(guildId: string): void {
    this.#known.delete(guildId);
  }

  put(guildId: string, rule: ToolRule): Promise<void> {
    const { tool, kind, id, allowed } = rule;
    return this.#write(guildId, async () => {
      const before = await this.#read(guildId);
      const replaces = before.some((one) => one.tool === tool && one.kind === kind && one.id === id);
      if (!replaces && before.length >= MOST_RULES) {
        throw new RangeError(`At most ${MOST_RULES} entries are possible. Take some away first.`);
      }
      const row = { guild_id: guildId, tool, kind, subject_id: id, allowed };
      await this.#database('tool_rules').insert(row).onConflict(KEY).merge();
    });
  }

  remove(guildId: string, { tool, kind, id }: Pick<ToolRule, 'tool' | 'kind' | 'id'>): Promise<void> {
    return this.#write(guildId, async () => {
      await this.#database('tool_rules').where({ guild_id: guildId, tool, kind, subject_id: id }).delete();
    });
  }

  #write(guildId: string, change: () => Promise<void>): Promise<void> {
    const writing = this.#writing.then(async () => {
      try {
        await change();
      } catch (error) {
        if (error instanceof RangeError || error instanceof StoreError) throw error;
        throw new StoreError('The policy of tools cannot be written to the database.', { cause: error });
      } finally {
        this.#known.delete(guildId);
      }
    });
    this.#writing = writing.catch(() => {});
    return writing;
  }

  async #read(guildId: string): Promise<readonly ToolRule[]> {
    try {
      const rows: Row[] = await this.#database('tool_rules').where({ guild_id: guildId }).orderBy(KEY);
      return Object.freeze(rows.flatMap(fromRow));
    } catch (error) {
      throw new StoreError('The policy of tools cannot be read from the database.', { cause: error });
    }
  }
}

/** A kind that this version does not know excludes nobody and allows nobody. */
function fromRow({ tool, kind, subject_id: id, allowed }: Row): ToolRule[] {
  if (kind !== 'everyone' && kind !== 'role' && kind !== 'person') return [];
  return [{ tool, kind, id, allowed: Boolean(allowed) }];
}
