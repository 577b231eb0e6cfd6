import type { UserId } from './bridge/ports.ts';
import type { Forgotten, ForgottenBeside, KeptOfPerson, OwnRecords } from './bridge/privacy-ports.ts';
import type { SettingsStore } from './bridge/room-ports.ts';
import type { PostEditing } from './post-editing.ts';
import type { PersonStore } from './store/person-store.ts';
import type { RemovalStore } from './store/post-removals.ts';

/** What remembers something of people beside the database. */
export interface Remembers {
  forget(guildId: string, userId: UserId): void | Promise<void>;
  /** What of others was deleted or emptied as well. */
  forgetBeside?(beside: ForgottenBeside): void;
}

/** What people's own records are kept in. */
export interface OwnRecordsParts {
  readonly persons: PersonStore;
  readonly removals: RemovalStore;
  readonly usage: { forget(guildId: string, userId: UserId): Promise<unknown> };
  readonly settings: Pick<SettingsStore, 'get'>;
  readonly editing: Pick<PostEditing, 'wake'>;
  /** Conversations first: what is on its way must not come back. */
  readonly memories: readonly Remembers[];
  /** What is made of the record, and would be made of it again before it is gone. */
  readonly copies: readonly Remembers[];
  /** ms since 1970. */
  readonly now: () => number;
}

/** Shows, hands over and forgets what is kept of one person in one guild. One forgetting at a time. */
export class KeptOwnRecords implements OwnRecords {
  readonly #parts: OwnRecordsParts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: OwnRecordsParts) {
    this.#parts = parts;
  }

  async kept(guildId: string, userId: UserId): Promise<KeptOfPerson> {
    const { persons, removals, settings } = this.#parts;
    const [summary, editing, { retentionDays }] = await Promise.all([
      persons.summary(guildId, userId),
      removals.editing(guildId, userId),
      settings.get(guildId),
    ]);
    return { ...summary, editing, retentionDays };
  }

  guildsOf(userId: UserId): Promise<readonly string[]> {
    return this.#parts.persons.guildsOf(userId);
  }

  async exported(guildId: string, userId: UserId, also: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { persons, settings, now } = this.#parts;
    const [everything, { retentionDays }] = await Promise.all([
      persons.everything(guildId, userId),
      settings.get(guildId),
    ]);
    const head = { guildId, userId, exportedAt: new Date(now()).toISOString(), retentionDays };
    return JSON.stringify({ ...head, ...also, ...everything }, null, 2);
  }

  forget(guildId: string, userId: UserId): Promise<Forgotten> {
    const forgetting = this.#last.then(() => this.#forget(guildId, userId));
    this.#last = forgetting.catch(() => {});
    return forgetting;
  }

  async #forget(guildId: string, userId: UserId): Promise<Forgotten> {
    const { persons, usage, memories, copies, editing } = this.#parts;
    for (const memory of memories) await memory.forget(guildId, userId);
    const { beside, ...forgotten } = await persons.forget(guildId, userId);
    for (const memory of memories) memory.forgetBeside?.(beside);
    for (const copy of copies) await copy.forget(guildId, userId);
    await usage.forget(guildId, userId);
    editing.wake();
    await persons.settle();
    return forgotten;
  }
}
