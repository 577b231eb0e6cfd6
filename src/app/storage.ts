import { wallClock } from '../clock/wall-clock.ts';
import type { Config } from '../config/config.ts';
import type { Log } from '../lib/log.ts';
import { Consents } from '../privacy/consents.ts';
import { GuildConsentStore } from '../store/consents.ts';
import { type Database, openDatabase, startFailure } from '../store/database/database.ts';
import { botIdOf, InstanceLock } from '../store/database/instance-lock.ts';
import { DatabaseWatch } from '../store/database/watch.ts';
import { unlock } from '../store/encryption/data-key.ts';
import type { TextCipher } from '../store/encryption/text-cipher.ts';
import { GuildStore } from '../store/guild-store.ts';
import { NoteStore } from '../store/notes.ts';
import { PersonZoneStore } from '../store/personal/person-zones.ts';
import { ReaderEntries } from '../store/reader-entries.ts';
import { RemovalStore } from '../store/record/post-removals.ts';
import { RegistrationStore } from '../store/registrations.ts';
import { ReminderStore } from '../store/reminders.ts';
import { GuildSettingsStore } from '../store/settings.ts';
import { ToolRulesStore } from '../store/tool-rules.ts';
import { UsageStore } from '../store/usage.ts';
import { VoicePlaceStore } from '../store/voice-places.ts';
import { type KeptRecord, openRecord } from './record.ts';

/** No step of the end waits longer for a disk. */
const CLOSE_STEP_MS = 1_000;

/** What was opened in this order; each needs those before it. */
interface Opened {
  readonly database: Database;
  readonly health: DatabaseWatch;
  readonly lock: InstanceLock;
  readonly consent: Consents;
  readonly seal: TextCipher;
  readonly settings: GuildSettingsStore;
  readonly record: KeptRecord;
}

/** All that is kept in the database, for the one process that may use it. Whoever opened it closes it. */
export class Storage {
  readonly database: Database;
  /** Whether it takes what it is given. */
  readonly health: DatabaseWatch;
  readonly consent: Consents;
  readonly settings: GuildSettingsStore;
  readonly record: KeptRecord;
  readonly places: VoicePlaceStore;
  readonly usage: UsageStore;
  readonly policies: ToolRulesStore;
  readonly notes: NoteStore;
  readonly reminders: ReminderStore;
  readonly zones: PersonZoneStore;
  readonly removals: RemovalStore;
  readonly readers: ReaderEntries;
  readonly registrations: RegistrationStore;
  readonly guilds: GuildStore;
  readonly #lock: InstanceLock;

  private constructor({ database, health, lock, consent, seal, settings, record }: Opened, log: Log) {
    this.database = database;
    this.health = health;
    this.consent = consent;
    this.settings = settings;
    this.record = record;
    this.places = new VoicePlaceStore(database, seal, health);
    this.usage = new UsageStore(database, log, undefined, seal, health);
    this.policies = new ToolRulesStore(database);
    this.notes = new NoteStore(database, undefined, seal);
    this.reminders = new ReminderStore(database, undefined, seal);
    this.zones = new PersonZoneStore(database);
    this.removals = new RemovalStore(database, seal);
    this.readers = new ReaderEntries(database);
    this.registrations = new RegistrationStore(database);
    this.guilds = new GuildStore(database, this.usage);
    this.#lock = lock;
  }

  /**
   * The lock on the database, its texts unlocked, and the record that only its holder writes. Rejects with StoreError,
   * having closed the database.
   */
  static async open({
    config,
    log,
    onLost,
  }: {
    readonly config: Config;
    readonly log: Log;
    /** Another process took the lock. */
    readonly onLost?: () => void;
  }): Promise<Storage> {
    const database = await openDatabase(config.databaseUrl);
    let lock: InstanceLock | undefined;
    let health: DatabaseWatch | undefined;
    try {
      lock = await InstanceLock.take(database, { botId: botIdOf(config.discord.token), ...(onLost && { onLost }) });
      health = new DatabaseWatch({ database, log });
      const consent = await Consents.load(new GuildConsentStore(database, health), () => wallClock.now());
      const seal = await unlock(database, config.dataKey, log);
      const settings = new GuildSettingsStore(database, seal);
      const record = await openRecord({ database, settings, seal, health, log });
      return new Storage({ database, health, lock, consent, seal, settings, record }, log);
    } catch (error) {
      await health?.stop();
      await lock?.release().catch(() => {});
      await database.destroy();
      throw await startFailure(error, config.databaseUrl);
    }
  }

  /**
   * What is being written is written first, and what waits once more; what cannot be is lost, and the log says how much.
   * Waits for nothing longer than some seconds, however the disk is. Never rejects.
   */
  async close(): Promise<void> {
    await soon(this.places.settled());
    await soon(this.record.stop());
    await soon(this.usage.close());
    await this.health.stop();
    await soon(this.#lock.release());
    // SQLite takes the log that lies beside the file away: another database's must stay.
    if (await this.health.mayClose()) await soon(this.database.destroy());
  }
}

/** Resolves when it is settled, or a second is over. */
async function soon(act: Promise<unknown>): Promise<void> {
  const late = new Promise((resolve) => setTimeout(resolve, CLOSE_STEP_MS).unref());
  await Promise.race([act.catch(() => {}), late]);
}
