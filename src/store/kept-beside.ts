import type { UserId } from '../bridge/ports.ts';
import type { StayingCounts } from '../bridge/privacy-ports.ts';
import type { Database } from './database.ts';
import type { TextSeal } from './text-seal.ts';

type Row = Record<string, unknown>;

/**
 * What is kept of a person for moderators and by managers. Reports about them are left out, and of cards who did what:
 * that would tell them who reported or noted it.
 */
export interface KeptBeside {
  readonly cards: readonly { readonly saidAt: number; readonly channelId: string; readonly text: string }[];
  readonly reports: readonly { readonly madeAt: number; readonly about: string; readonly reason: string }[];
  readonly readings: readonly { readonly at: number; readonly act: string; readonly what: string }[];
  readonly permissions: readonly { readonly tool: string | null; readonly allowed: boolean }[];
}

/** Finds it, in the order of time. `permissions`: entries under their id; `tool` null: to read the record. */
export async function keptBeside(
  reader: Database,
  seal: TextSeal,
  guildId: string,
  userId: UserId,
): Promise<KeptBeside> {
  const guild = { guild_id: guildId };
  const named = { ...guild, kind: 'person', subject_id: userId };
  const open = (column: string, row: Row): string => seal.open(column, row[column.split('.')[1] ?? '']);
  const cards: Row[] = await reader('rule_cards')
    .where({ ...guild, user_id: userId })
    .orderBy('said_at');
  const reports: Row[] = await reader('reports')
    .where({ ...guild, by_id: userId })
    .orderBy('id');
  const readings: Row[] = await reader('reading_audit')
    .where({ ...guild, user_id: userId })
    .orderBy('id');
  const tools: Row[] = await reader('tool_rules').where(named).orderBy('tool');
  const readers: Row[] = await reader('reader_entries').where(named);
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
  };
}

/** How much of it there is. `cards` go with forgetting, the rest stays. */
export function stayingOf({ reports, readings, permissions }: KeptBeside): StayingCounts {
  return { reports: reports.length, readings: readings.length, permissions: permissions.length };
}
