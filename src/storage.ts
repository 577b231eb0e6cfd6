import { Consents } from './bridge/consents.ts';
import type { Config } from './config.ts';
import { type KeptRecord, openRecord } from './kept-record.ts';
import type { Log } from './log.ts';
import { GuildConsentStore } from './store/consents.ts';
import { type Database, openDatabase } from './store/database.ts';
import { InstanceLock } from './store/instance-lock.ts';
import { NoteStore } from './store/notes.ts';
import { PlaceStore } from './store/places.ts';
import { RemovalStore } from './store/post-removals.ts';
import { ReaderEntries } from './store/reader-entries.ts';
import { unlock } from './store/record-key.ts';
import { ReminderStore } from './store/reminders.ts';
import { GuildSettingsStore } from './store/settings.ts';
import type { TextSeal } from './store/text-seal.ts';
import { ToolRulesStore } from './store/tool-rules.ts';
import { UsageStore } from './store/usage.ts';

/** What was opened in this order; each needs those before it. */
interface Opened {
  readonly database: Database;
  readonly lock: InstanceLock;
  readonly consent: Consents;
  readonly seal: TextSeal;
  readonly settings: GuildSettingsStore;
  readonly record: KeptRecord;
}

/** All that is kept in the database, for the one process that may use it. Whoever opened it closes it. */
export class Storage {
  readonly database: Database;
  readonly consent: Consents;
  readonly settings: GuildSettingsStore;
  readonly record: KeptRecord;
  readonly places: PlaceStore;
  readonly usage: UsageStore;
  readonly policies: ToolRulesStore;
  readonly notes: NoteStore;
  readonly reminders: ReminderStore;
  readonly removals: RemovalStore;
  readonly readers: ReaderEntries;
  readonly #lock: InstanceLock;

  private constructor({ database, lock, consent, seal, settings, record }: Opened, log: Log) {
    this.database = database;
    this.consent = consent;
    this.settings = settings;
    this.record = record;
    this.places = new PlaceStore(database, seal);
    this.usage = new UsageStore(database, log, undefined, seal);
    this.policies = new ToolRulesStore(database);
    this.notes = new NoteStore(database, undefined, seal);
    this.reminders = new ReminderStore(database, undefined, seal);
    this.removals = new RemovalStore(database, seal);
    this.readers = new ReaderEntries(database);
    this.#lock = lock;
  }

  /**
   * The lock on the database, its texts unlocked, and the record that only its holder writes. Rejects with StoreError,
   * having closed the database.
   */
  static async open({ config, log }: { readonly config: Config; readonly log: Log }): Promise<Storage> {
    const database = await openDatabase(config.databaseUrl);
    let lock: InstanceLock | undefined;
    try {
      lock = await InstanceLock.take(database, { botId: botIdOf(config.discord.token) });
      const consent = await Consents.load(new GuildConsentStore(database), () => Date.now());
      const seal = await unlock(database, config.dataKey, log);
      const settings = new GuildSettingsStore(database, seal);
      const record = await openRecord({ database, settings, seal, log });
      return new Storage({ database, lock, consent, seal, settings, record }, log);
    } catch (error) {
      await lock?.release();
      await database.destroy();
      throw error;
    }
  }

  /** What is being written is written first. */
  async close(): Promise<void> {
    await this.places.settled();
    await this.record.stop();
    await this.usage.close();
    await this.#lock.release();
    await this.database.destroy();
  }
}

/** A bot token begins with the bot's user id in base64; the rest is secret. */
function botIdOf(token: string): string {
  return Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('latin1');
}
