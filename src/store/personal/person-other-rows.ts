import type { StayingCounts } from '../../ports/personal-data.ts';
import type { CardDeed } from '../../ports/rules.ts';
import type { UserId } from '../../ports/voice.ts';
import type { Database } from '../database/database.ts';
import type { TextCipher } from '../encryption/text-cipher.ts';
import { ownRows } from './rows.ts';

type Row = Record<string, unknown>;

/**
 * What is kept of a person for moderators and by managers. Reports about them are left out, and what others did on cards
 * about them: that would tell them who reported or noted it.
 */
export interface KeptBeside {
  readonly cards: readonly { readonly saidAt: number; readonly channelId: string; readonly text: string }[];
  readonly reports: readonly { readonly madeAt: number; readonly about: string; readonly reason: string }[];
  readonly readings: readonly { readonly at: number; readonly act: string; readonly what: string }[];
  readonly permissions: readonly { readonly tool: string | null; readonly allowed: boolean }[];
  /** What they did on cards. */
  readonly deeds: readonly { readonly kind: string; readonly at: number; readonly text?: string }[];
  /** Rules that they added. */
  readonly rules: readonly { readonly kind: string; readonly text: string; readonly madeAt: number }[];
  /** Where the bot is because they asked it in. */
  readonly places: readonly { readonly channelId: string }[];
}

/** Finds it, in the order of time. `permissions`: entries under their id; `tool` null: to read the record. */
export async function keptBeside(
  reader: Database,
  seal: TextCipher,
  guildId: string,
  userId: UserId,
): Promise<KeptBeside> {
  const open = (column: string, row: Row): string => seal.open(column, row[column.split('.')[1] ?? ''], row);
  const own = (table: string) => ownRows(reader, table, { guildId, userId });
  const cards: Row[] = await own('rule_cards').orderBy('said_at');
  const all: Row[] = await reader('rule_cards').where({ guild_id: guildId }).orderBy('said_at');
  const reports: Row[] = await own('reports').orderBy('id');
  const readings: Row[] = await own('reading_audit').orderBy('id');
  const tools: Row[] = await own('tool_rules').orderBy('tool');
  const readers: Row[] = await own('reader_entries');
  const rules: Row[] = await own('rules').orderBy('id');
  const places: Row[] = await own('places');
  return {
    cards: cards.map((row) => ({
      saidAt: Number(row.said_at),
      channelId: String(row.channel_id),
      text: open('rule_cards.text', row),
    })),
    reports: reports.map((row) => ({
      madeAt: Number(row.made_at),
      about: open('reports.about_name', row),
      reason: open('reports.reason', row),
    })),
    readings: readings.map((row) => ({
      at: Number(row.at),
      act: String(row.act),
      what: open('reading_audit.what', row),
    })),
    permissions: [
      ...tools.map(({ tool, allowed }) => ({ tool: String(tool), allowed: Boolean(allowed) })),
      ...readers.map(() => ({ tool: null, allowed: true })),
    ],
    deeds: all.flatMap((row) => deedsOf(open('rule_cards.deeds', row), userId)),
    rules: rules.map(({ kind, text, made_at }) => ({
      kind: String(kind),
      text: String(text),
      madeAt: Number(made_at),
    })),
    places: places.map(({ channel_id }) => ({ channelId: String(channel_id) })),
  };
}

function deedsOf(json: string, userId: UserId): KeptBeside['deeds'] {
  const deeds: readonly CardDeed[] = JSON.parse(json);
  return deeds
    .filter(({ by }) => by.userId === userId)
    .map(({ kind, at, text }) => ({ kind, at, ...(text !== undefined && { text }) }));
}

/** How much of it there is. `cards` go with forgetting, the rest stays. */
export function stayingOf({ reports, readings, permissions }: KeptBeside): StayingCounts {
  return { reports: reports.length, readings: readings.length, permissions: permissions.length };
}
