import { wallClock } from '../clock/wall-clock.ts';
import type { GuildSettings, SettingsStore } from '../ports/settings.ts';
import { type Database, StoreError } from './database/database.ts';
import { openText, type TextCipher } from './encryption/text-cipher.ts';
import { settingsTable } from './settings-table.ts';

type Name = keyof GuildSettings;
const NAMES = Object.keys(settingsTable) as Name[];

/** What a guild has that never changed anything. */
export const defaultSettings = Object.freeze(
  Object.fromEntries(NAMES.map((name) => [name, settingsTable[name].default])),
) as unknown as GuildSettings;

/** Settings of every guild in the database; remembered in memory, so that reading is cheap. One write at a time a guild. */
export class GuildSettingsStore implements SettingsStore {
  readonly #database: Database;
  readonly #seal: TextCipher;
  /** Grows by one small object for each guild that was asked for; Discord gives one process at most some 2,500. */
  readonly #known = new Map<string, Promise<GuildSettings>>();
  readonly #writes = new Map<string, Promise<unknown>>();

  /** `seal`: how personas stand in the database: they are somebody's words. */
  constructor(database: Database, seal: TextCipher = openText) {
    this.#database = database;
    this.#seal = seal;
  }

  get(guildId: string): Promise<GuildSettings> {
    const known = this.#known.get(guildId);
    if (known !== undefined) return known;
    const reading = this.#read(guildId);
    this.#known.set(guildId, reading);
    reading.catch(() => this.#known.delete(guildId));
    return reading;
  }

  async set(guildId: string, change: Partial<GuildSettings>): Promise<GuildSettings> {
    // Checked before the queue, so that a wrong value is refused at once and nothing of the change is written.
    const checked = check(change);
    const before = this.#writes.get(guildId) ?? Promise.resolve();
    const writing = before.then(() => this.#write(guildId, checked));
    const settled = writing.catch(() => {});
    this.#writes.set(guildId, settled);
    try {
      return await writing;
    } finally {
      if (this.#writes.get(guildId) === settled) this.#writes.delete(guildId);
    }
  }

  /** Nothing is kept of this guild any more. */
  forgetGuild(guildId: string): void {
    this.#known.delete(guildId);
  }

  async #read(guildId: string): Promise<GuildSettings> {
    try {
      const row = await this.#database('guild_settings').where({ guild_id: guildId }).first();
      return row === undefined ? defaultSettings : fromRow(row, this.#seal);
    } catch (error) {
      throw new StoreError('The settings cannot be read from the database.', { cause: error });
    }
  }

  async #write(guildId: string, change: Partial<GuildSettings>): Promise<GuildSettings> {
    const next: GuildSettings = Object.freeze({ ...(await this.get(guildId)), ...change });
    const row = { guild_id: guildId, ...toRow(guildId, change, this.#seal), changed_at: wallClock.now() };
    try {
      await this.#database('guild_settings').insert(row).onConflict('guild_id').merge();
    } catch (error) {
      throw new StoreError('The settings cannot be written to the database.', { cause: error });
    }
    this.#known.set(guildId, Promise.resolve(next));
    return next;
  }
}

function check(change: Partial<GuildSettings>): Partial<GuildSettings> {
  const entries = Object.entries(change).filter(([, value]) => value !== undefined);
  const checked = entries.map(([name, value]) => {
    if (!Object.hasOwn(settingsTable, name)) throw new TypeError(`${name} is not a setting`);
    return [name, settingsTable[name as Name].check(value)] as const;
  });
  return Object.fromEntries(checked);
}

/** A default is kept as NULL, so that a guild which never chose follows the default of a later version. */
function toRow(guildId: string, change: Partial<GuildSettings>, seal: TextCipher): Record<string, unknown> {
  const given = NAMES.filter((name) => name in change);
  return Object.fromEntries(
    given.map((name) => {
      const value = change[name];
      const { column, default: usual, isList, isWords } = settingsTable[name];
      if (isList) return [column, JSON.stringify(value)];
      if (value === usual) return [column, null];
      return [column, isWords ? seal.seal(sealedAs(column), String(value), { guild_id: guildId }) : value];
    }),
  );
}

/** A kept value that this version does not accept (from a newer version, or by hand) counts as not set. */
function fromRow(row: Record<string, unknown>, seal: TextCipher): GuildSettings {
  const entries = NAMES.map((name) => {
    const setting = settingsTable[name];
    const { column, default: usual, isList, isWords } = setting;
    const kept = isWords && row[column] !== null ? seal.open(sealedAs(column), row[column], row) : row[column];
    if (kept === null || kept === undefined) return [name, usual] as const;
    try {
      return [name, setting.check(isList ? JSON.parse(String(kept)) : kept)] as const;
    } catch {
      return [name, usual] as const;
    }
  });
  return Object.freeze(Object.fromEntries(entries)) as unknown as GuildSettings;
}

/** What the cipher calls a column. */
function sealedAs(column: string): string {
  return `guild_settings.${column}`;
}
