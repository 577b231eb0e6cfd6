import { wallClock } from '../clock/wall-clock.ts';
import type { Audit, AuditedAct, AuditNote, KeptAuditNote } from '../ports/reading.ts';
import { type Database, StoreError } from './database/database.ts';
import { nextId } from './database/next-id.ts';
import type { TextCipher } from './encryption/text-cipher.ts';

const KEPT_MS = 365 * 86_400_000;
const LONGEST_WHAT = 500;
const LONGEST_NAME = 100;

interface Row {
  readonly id: number;
  readonly guild_id: string;
  readonly at: number;
  readonly user_id: string;
  readonly name: unknown;
  readonly act: AuditedAct;
  readonly what: unknown;
  readonly lines: number;
}

/** Who read what, in the database; what is older than a year goes with the next note. */
export class AuditLog implements Audit {
  readonly #database: Database;
  readonly #seal: TextCipher;
  readonly #now: () => number;

  constructor(parts: { database: Database; seal: TextCipher; now?: () => number }) {
    this.#database = parts.database;
    this.#seal = parts.seal;
    this.#now = parts.now ?? (() => wallClock.now());
  }

  async note({ guildId, by, act, what, lines }: AuditNote): Promise<void> {
    const at = this.#now();
    try {
      await this.#database.transaction(async (transaction) => {
        const bound = { id: await nextId(transaction, 'reading_audit'), guild_id: guildId, user_id: by.userId };
        const name = this.#seal.seal('reading_audit.name', cut(by.name, LONGEST_NAME), bound);
        const sealed = this.#seal.seal('reading_audit.what', cut(what, LONGEST_WHAT), bound);
        await transaction('reading_audit').insert({ ...bound, at, name, act, what: sealed, lines });
        await transaction('reading_audit')
          .where('at', '<', at - KEPT_MS)
          .delete();
      });
    } catch (error) {
      throw new StoreError('Who reads the record cannot be written to the database, so nothing is shown.', {
        cause: error,
      });
    }
  }

  async page({ guildId, limit, before = Number.MAX_SAFE_INTEGER }: Parameters<Audit['page']>[0]) {
    try {
      const rows: Row[] = await this.#database('reading_audit')
        .where({ guild_id: guildId })
        .where('id', '<', before)
        .orderBy('id', 'desc')
        .limit(limit);
      return rows.map((row) => this.#noteOf(row));
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw new StoreError('Who read the record cannot be read from the database.', { cause: error });
    }
  }

  #noteOf(row: Row): KeptAuditNote {
    const { id, at, act, lines } = row;
    const name = this.#seal.open('reading_audit.name', row.name, { ...row });
    const what = this.#seal.open('reading_audit.what', row.what, { ...row });
    return { id, guildId: row.guild_id, at, by: { userId: row.user_id, name }, act, what, lines };
  }
}

function cut(text: string, limit: number): string {
  return text.slice(0, limit).toWellFormed();
}
