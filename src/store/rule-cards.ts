import type { PostedIn } from '../ports/record.ts';
import type { RuleCard } from '../ports/rules.ts';
import type { UserId } from '../ports/voice.ts';
import { asked, type Database } from './database/database.ts';
import { nextId } from './database/next-id.ts';
import type { TextCipher } from './encryption/text-cipher.ts';
import { addRemoval } from './record/post-removals.ts';

/** What a failure of the database says. */
const WHAT = 'The cards of rules';
type Row = Readonly<Record<string, unknown>>;

/** The cards of what rules hit, so that their buttons outlive the process. Rejects with StoreError. */
export class RuleCardStore {
  readonly #database: Database;
  readonly #seal: TextCipher;

  constructor(database: Database, seal: TextCipher) {
    this.#database = database;
    this.#seal = seal;
  }

  add(card: Omit<RuleCard, 'id'>): Promise<RuleCard> {
    return asked(WHAT, 'written to', () =>
      this.#database.transaction(async (transaction) => {
        const whole = { ...card, id: await nextId(transaction, 'rule_cards') };
        await transaction('rule_cards').insert(this.#row(whole));
        return whole;
      }),
    );
  }

  /** undefined where it is gone, or another guild's. */
  find(guildId: string, id: number): Promise<RuleCard | undefined> {
    return asked(WHAT, 'read from', async () => {
      const row = await this.#database('rule_cards').where({ guild_id: guildId, id }).first();
      return row && this.#card(row);
    });
  }

  /** Replaces it; one that was deleted meanwhile stays so. */
  put(card: RuleCard): Promise<void> {
    return asked(WHAT, 'written to', async () => {
      await this.#database('rule_cards').where({ id: card.id }).update(this.#row(card));
    });
  }

  /** Those whose context still grows, or that Discord did not take, newest first; at most 100. */
  unfinished(): Promise<readonly RuleCard[]> {
    return asked(WHAT, 'read from', async () => {
      const rows = await this.#database('rule_cards').where({ complete: 0 }).orderBy('id', 'desc').limit(100);
      return rows.map((row) => this.#card(row));
    });
  }

  /** Deletes those from before an instant; gives how many. */
  purge(guildId: string, before: number): Promise<number> {
    return asked(WHAT, 'written to', () =>
      this.#database('rule_cards').where({ guild_id: guildId }).where('said_at', '<', before).delete(),
    );
  }

  /** The guilds that have any. */
  guilds(): Promise<readonly string[]> {
    return asked(WHAT, 'read from', async () => {
      const rows = await this.#database('rule_cards').distinct('guild_id');
      return rows.map(({ guild_id }) => String(guild_id));
    });
  }

  /** The newest 20 that are posted nowhere, oldest first. */
  unposted(guildId: string): Promise<readonly RuleCard[]> {
    return asked(WHAT, 'read from', async () => {
      const rows = await this.#database('rule_cards')
        .where({ guild_id: guildId })
        .whereNull('card_message_id')
        .orderBy('id', 'desc')
        .limit(20);
      return rows.map((row) => this.#card(row)).toReversed();
    });
  }

  /** Those of what was said from then on, oldest first. */
  since(guildId: string, at: number): Promise<readonly RuleCard[]> {
    return asked(WHAT, 'read from', async () => {
      const rows = await this.#database('rule_cards')
        .where({ guild_id: guildId })
        .where('said_at', '>=', at)
        .orderBy('id');
      return rows.map((row) => this.#card(row));
    });
  }

  /** Deletes it. `editFor`: its post still has to be emptied, because this person wants it so. */
  remove({ id, guildId, posted }: RuleCard, editFor: UserId | null): Promise<void> {
    return asked(WHAT, 'written to', () =>
      this.#database.transaction(async (transaction) => {
        await transaction('rule_cards').where({ id }).delete();
        if (editFor === null || !posted) return;
        const removal = { guildId, userId: editFor, post: posted, extent: 'whole', beginnings: [] } as const;
        await addRemoval(transaction, this.#seal, removal);
      }),
    );
  }

  #row(card: RuleCard): Row {
    const bound = { id: card.id, guild_id: card.guildId, user_id: card.userId };
    const seal = (name: string, text: string) => this.#seal.seal(`rule_cards.${name}`, text, bound);
    return {
      ...bound,
      channel_id: card.channelId,
      name: seal('name', card.name),
      text: seal('text', card.text),
      rules: seal('rules', JSON.stringify(card.rules)),
      context: seal('context', JSON.stringify(card.context)),
      deeds: seal('deeds', JSON.stringify(card.deeds)),
      key: card.key,
      said_at: card.at,
      ended_at: card.endedAt,
      complete: Number(card.complete),
      said_channel_id: card.said?.channelId ?? null,
      said_message_id: card.said?.messageId ?? null,
      card_channel_id: card.posted?.channelId ?? null,
      card_message_id: card.posted?.messageId ?? null,
    };
  }

  #card(row: Row): RuleCard {
    const open = (name: string) => this.#seal.open(`rule_cards.${name}`, row[name], row);
    return {
      id: Number(row.id),
      guildId: String(row.guild_id),
      channelId: String(row.channel_id),
      userId: row.user_id === null ? null : String(row.user_id),
      name: open('name'),
      text: open('text'),
      rules: JSON.parse(open('rules')),
      context: JSON.parse(open('context')),
      deeds: JSON.parse(open('deeds')),
      key: String(row.key),
      at: Number(row.said_at),
      endedAt: Number(row.ended_at),
      complete: row.complete === 1,
      said: postedIn(row.said_channel_id, row.said_message_id),
      posted: postedIn(row.card_channel_id, row.card_message_id),
    };
  }
}

/** Where a message is, out of two columns. */
export function postedIn(channelId: unknown, messageId: unknown): PostedIn | null {
  return typeof channelId === 'string' && typeof messageId === 'string' ? { channelId, messageId } : null;
}
