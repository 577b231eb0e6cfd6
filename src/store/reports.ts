import type { PostedIn } from '../ports/record.ts';
import type { Report } from '../ports/rules.ts';
import type { UserId } from '../ports/voice.ts';
import { asked, type Database } from './database/database.ts';
import { nextId } from './database/next-id.ts';
import type { TextCipher } from './encryption/text-cipher.ts';
import { postedIn } from './rule-cards.ts';

/** What a failure of the database says. */
const WHAT = 'The reports';
type Row = Readonly<Record<string, unknown>>;

/** Sealed copies for moderators, apart from the record: neither its retention nor forgetting reaches them. Rejects with StoreError. */
export class ReportStore {
  readonly #database: Database;
  readonly #seal: TextCipher;

  constructor(database: Database, seal: TextCipher) {
    this.#database = database;
    this.#seal = seal;
  }

  add(report: Omit<Report, 'id'>): Promise<Report> {
    return asked(WHAT, 'written to', () =>
      this.#database.transaction(async (transaction) => {
        const id = await nextId(transaction, 'reports');
        await transaction('reports').insert(this.#row({ ...report, id }));
        return { ...report, id };
      }),
    );
  }

  #row(report: Report): Row {
    const by = { by_id: report.by.userId, about_id: report.about?.userId ?? null };
    const bound = { id: report.id, guild_id: report.guildId, ...by };
    const seal = (name: string, text: string) => this.#seal.seal(`reports.${name}`, text, bound);
    return {
      ...bound,
      channel_id: report.channelId,
      by_name: seal('by_name', report.by.name),
      about_name: seal('about_name', report.about?.name ?? ''),
      reason: seal('reason', report.reason),
      text: seal('text', report.text),
      made_at: report.at,
      card_channel_id: report.posted?.channelId ?? null,
      card_message_id: report.posted?.messageId ?? null,
    };
  }

  posted(id: number, { channelId, messageId }: PostedIn): Promise<void> {
    return asked(WHAT, 'written to', async () => {
      await this.#database('reports').where({ id }).update({ card_channel_id: channelId, card_message_id: messageId });
    });
  }

  /** The guilds that have any of which no moderator knows yet. */
  waiting(): Promise<readonly string[]> {
    return asked(WHAT, 'read from', async () => {
      const rows = await this.#database('reports').whereNull('card_message_id').distinct('guild_id');
      return rows.map(({ guild_id }) => String(guild_id));
    });
  }

  /** Those of which no moderator knows yet, oldest first; at most 20. */
  unposted(guildId: string): Promise<readonly Report[]> {
    return asked(WHAT, 'read from', async () => {
      const rows = await this.#database('reports')
        .where({ guild_id: guildId })
        .whereNull('card_message_id')
        .orderBy('id')
        .limit(20);
      return rows.map((row) => this.#report(row));
    });
  }

  /** When this person, or (`null`) anybody, reported since then; oldest first. */
  times(guildId: string, by: UserId | null, since: number): Promise<readonly number[]> {
    return asked(WHAT, 'read from', async () => {
      const rows = await this.#database('reports')
        .where({ guild_id: guildId, ...(by !== null && { by_id: by }) })
        .where('made_at', '>', since)
        .orderBy('made_at')
        .select('made_at');
      return rows.map(({ made_at }) => Number(made_at));
    });
  }

  /** Deletes those from before an instant, of every guild; gives how many. */
  purge(before: number): Promise<number> {
    return asked(WHAT, 'written to', () => this.#database('reports').where('made_at', '<', before).delete());
  }

  #report(row: Row): Report {
    const open = (name: string) => this.#seal.open(`reports.${name}`, row[name], row);
    const about = row.about_id === null ? null : { userId: String(row.about_id), name: open('about_name') };
    return {
      id: Number(row.id),
      guildId: String(row.guild_id),
      channelId: String(row.channel_id),
      by: { userId: String(row.by_id), name: open('by_name') },
      about,
      reason: open('reason'),
      text: open('text'),
      at: Number(row.made_at),
      posted: postedIn(row.card_channel_id, row.card_message_id),
    };
  }
}
