import { knowConversation } from '../lib/line-ids.ts';
import type { Log } from '../lib/log.ts';
import type { Audit } from '../ports/reading.ts';
import type { RecordReader, RecordWriter } from '../ports/record.ts';
import type { SettingsStore } from '../ports/settings.ts';
import { AuditLog } from '../store/audit-log.ts';
import { type Database, openReader } from '../store/database/database.ts';
import type { DatabaseWatch } from '../store/database/watch.ts';
import type { TextCipher } from '../store/encryption/text-cipher.ts';
import { PersonStore } from '../store/personal/person-store.ts';
import { PurgeTime } from '../store/record/purge-time.ts';
import { StoredRecord } from '../store/record/record-reader.ts';
import { RecordStore } from '../store/record/record-store.ts';
import { Reindexing } from '../store/record/reindexing.ts';
import { Retention } from '../store/record/retention.ts';
import { beginningsOfLine } from '../transcript/recorded-lines.ts';

/** The record of what is said, for as long as the process lives. */
export interface KeptRecord {
  readonly writer: RecordWriter;
  readonly reader: RecordReader;
  /** Who read it. */
  readonly audit: Audit;
  /** How words of people stand in this database. */
  readonly seal: TextCipher;
  readonly persons: PersonStore;
  /** By which what is old is deleted. */
  readonly purgeTime: Pick<PurgeTime, 'next'>;
  /** Begins to delete what is old, and to index anew what an earlier version indexed. */
  start(): void;
  /** Before the database is closed. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Opens the record and ends what a killed process left open in it. Only for whoever holds the lock: another process'
 * conversations would be ended. `seal`: unlock()'s. `health`: nothing is written to a file that is not there any more.
 * Rejects with StoreError.
 */
export async function openRecord({
  database,
  settings,
  seal,
  health,
  log,
}: {
  readonly database: Database;
  readonly settings: Pick<SettingsStore, 'get'>;
  readonly seal: TextCipher;
  readonly health?: DatabaseWatch;
  readonly log: Log;
}): Promise<KeptRecord> {
  const store = new RecordStore(database, seal);
  const unfinished = await store.closeUnfinished();
  if (unfinished > 0) log.info({ conversations: unfinished }, 'ended in the record what broke off at the last stop');
  // The clock may have been set back since.
  knowConversation(await store.lastConversation());
  const opened = openReader(database);
  health?.watchReader(opened.reader);
  const write: RecordWriter['write'] = async (batch) => {
    await health?.look();
    await store.write(batch);
  };
  const retentionDays = async (guildId: string) => (await settings.get(guildId)).retentionDays;
  const purgeTime = new PurgeTime({ database, log });
  const retention = new Retention({ database, retentionDays, now: () => purgeTime.next(), log });
  const reindexing = new Reindexing({ database, reader: opened.reader, seal, log });
  let stopping: Promise<void> | undefined;
  return {
    writer: { write },
    reader: new StoredRecord(opened.reader, seal),
    audit: new AuditLog({ database, seal }),
    seal,
    purgeTime,
    persons: new PersonStore({ database, reader: opened.reader, seal, beginningsOf: beginningsOfLine }),
    start: () => {
      retention.start();
      reindexing.start();
    },
    stop: () => {
      stopping ??= Promise.all([retention.stop(), reindexing.stop()]).then(() => opened.close());
      return stopping;
    },
  };
}
