import type { PostEditing } from '../../ports/personal-data.ts';
import type { PostedIn } from '../../ports/record.ts';
import type { UserId } from '../../ports/voice.ts';
import type { Database } from '../database/database.ts';
import type { TextCipher } from '../encryption/text-cipher.ts';

/** A message of ours from which words have to go. */
export interface PostRemoval {
  readonly id: number;
  readonly guildId: string;
  readonly post: PostedIn;
  /** `whole`: nothing of it stays; `lines`: those that begin like this, and are nobody else's. */
  readonly extent: 'whole' | 'lines';
  readonly beginnings: readonly string[];
  readonly failures: number;
}

const COLUMN = 'post_removals.beginnings';

/** Adds a message to those that have to be edited; in the transaction that deletes what it shows. */
export async function addRemoval(
  transaction: Database,
  seal: TextCipher,
  removal: Omit<PostRemoval, 'id' | 'failures'> & { readonly userId: UserId },
): Promise<void> {
  const { guildId, userId, post, extent } = removal;
  const key = { user_id: userId, channel_id: post.channelId, message_id: post.messageId, extent };
  const bound = { ...key, guild_id: guildId };
  const known = await transaction('post_removals').where(bound).first('beginnings');
  const before: string[] = known ? JSON.parse(seal.open(COLUMN, known.beginnings, bound)) : [];
  const beginnings = seal.seal(COLUMN, JSON.stringify([...new Set([...before, ...removal.beginnings])]), bound);
  const row = { ...bound, beginnings, failures: 0, reason: null };
  await transaction('post_removals').insert(row).onConflict(Object.keys(key)).merge();
}

/** The messages that have to be edited, until they are; a restart does not forget them. */
export class RemovalStore {
  readonly #database: Database;
  readonly #seal: TextCipher;

  constructor(database: Database, seal: TextCipher) {
    this.#database = database;
    this.#seal = seal;
  }

  /** Those that failed least and wait longest, without these. */
  async next(except: readonly number[], limit: number): Promise<readonly PostRemoval[]> {
    const rows = await this.#database('post_removals')
      .whereNull('reason')
      .whereNotIn('id', except)
      .orderBy(['failures', 'id'])
      .limit(limit);
    return rows.map((row) => ({
      id: Number(row.id),
      guildId: String(row.guild_id),
      post: { channelId: String(row.channel_id), messageId: String(row.message_id) },
      extent: row.extent === 'whole' ? 'whole' : 'lines',
      beginnings: JSON.parse(this.#seal.open(COLUMN, row.beginnings, row)),
      failures: Number(row.failures),
    }));
  }

  /** It was edited, or there is nothing to edit any more. */
  async done(id: number): Promise<void> {
    await this.#database('post_removals').where({ id }).delete();
  }

  /** It failed, and is tried again later. */
  async failed(id: number): Promise<void> {
    await this.#database('post_removals').where({ id }).increment('failures', 1);
  }

  /** It is given up; `reason` in words for people. What it was about is not needed any more. */
  async giveUp(id: number, reason: string): Promise<void> {
    const row = await this.#database('post_removals').where({ id }).first();
    if (!row) return;
    await this.#database('post_removals')
      .where({ id })
      .update({ reason, beginnings: this.#seal.seal(COLUMN, '[]', row) });
  }

  /** How far it is with one person's. At most 50 failures are told, the newest first. */
  async editing(guildId: string, userId: UserId): Promise<PostEditing> {
    const theirs = { guild_id: guildId, user_id: userId };
    const [row] = await this.#database('post_removals').where(theirs).whereNull('reason').count({ count: '*' });
    const failed = await this.#database('post_removals')
      .where(theirs)
      .whereNotNull('reason')
      .orderBy('id', 'desc')
      .limit(50);
    return {
      waiting: Number(row?.count ?? 0),
      failed: failed.map(({ channel_id, message_id, reason }) => ({
        post: { channelId: String(channel_id), messageId: String(message_id) },
        reason: String(reason),
      })),
    };
  }
}
