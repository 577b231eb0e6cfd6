import type { Audit } from './bridge/reading-ports.ts';
import type { RecordReader, RecordWriter } from './bridge/record-ports.ts';
import type { SettingsStore } from './bridge/room-ports.ts';
import type { Log } from './log.ts';
import { AuditLog } from './store/audit-log.ts';
import { type Database, openReader } from './store/database.ts';
import { PersonStore } from './store/person-store.ts';
import { StoredRecord } from './store/record-reader.ts';
import { RecordStore } from './store/record-store.ts';
import { Retention } from './store/retention.ts';
import type { TextSeal } from './store/text-seal.ts';
import { beginningsOfLine } from './transcript/recorded-lines.ts';

/** The record of what is said, for as long as the process lives. */
export interface KeptRecord {
  readonly writer: RecordWriter;
  readonly reader: RecordReader;
  /** Who read it. */
  readonly audit: Audit;
  /** How words of people stand in this database. */
  readonly seal: TextSeal;
  readonly persons: PersonStore;
  /** Begins to delete what is old. */
  start(): void;
  /** Before the database is closed. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Opens the record and ends what a killed process left open in it. Only for whoever holds the lock: another process'
 * conversations would be ended. `seal`: unlock()'s. Rejects with StoreError.
 */
export async function openRecord({
  database,
  settings,
  seal,
  log,
}: {
  readonly database: Database;
  readonly settings: Pick<SettingsStore, 'get'>;
  readonly seal: TextSeal;
  readonly log: Log;
}): Promise<KeptRecord> {
  const writer = new RecordStore(database, seal);
  const unfinished = await writer.closeUnfinished();
  if (unfinished > 0) log.info({ conversations: unfinished }, 'ended in the record what broke off at the last stop');
  const opened = openReader(database);
  const retentionDays = async (guildId: string) => (await settings.get(guildId)).retentionDays;
  const retention = new Retention({ database, retentionDays, now: () => Date.now(), log });
  let stopping: Promise<void> | undefined;
  return {
    writer,
    reader: new StoredRecord(opened.reader, seal),
    audit: new AuditLog({ database, seal }),
    seal,
    persons: new PersonStore({ database, reader: opened.reader, seal, beginningsOf: beginningsOfLine }),
    start: () => retention.start(),
    stop: () => {
      stopping ??= retention.stop().then(() => opened.close());
      return stopping;
    },
  };
}
