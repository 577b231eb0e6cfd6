import type { ConversationMode, RecordedConversation, RecordedLine, RecordedTurn } from '../../ports/record.ts';
import type { TextCipher } from '../encryption/text-cipher.ts';

type Row = Readonly<Record<string, unknown>>;
type LineTable = 'utterances' | 'tool_calls' | 'presences' | 'notices';
/** Without the posts: these stand in a table of their own. */
type BareLine = RecordedLine extends infer L ? (L extends RecordedLine ? Omit<L, 'posts'> : never) : never;

/** The tables of lines. */
export const lineTables: readonly LineTable[] = ['utterances', 'tool_calls', 'presences', 'notices'];

/** The table and the row of a line. */
export function lineRow(line: RecordedLine, seal: TextCipher): { readonly table: LineTable; readonly row: Row } {
  const common = {
    id: line.id,
    conversation_id: line.conversationId,
    guild_id: line.guildId,
    channel_id: line.channelId,
    started_at: line.startedAt,
  };
  switch (line.kind) {
    case 'utterance': {
      const bound = { ...common, user_id: line.userId };
      return {
        table: 'utterances',
        row: {
          ...common,
          by: line.by,
          user_id: line.userId,
          name: seal.seal('utterances.name', line.name, bound),
          ended_at: line.endedAt,
          text: seal.seal('utterances.text', line.text, bound),
          language: line.language,
          model: line.model,
          written: Number(line.written),
          state: line.state,
          cut_heard_ms: line.cut?.heardMs ?? null,
          cut_produced_ms: line.cut?.producedMs ?? null,
          turn_id: line.turnId,
          reply_id: line.replyId,
          turn_ids: JSON.stringify(line.turnIds),
          item_ids: JSON.stringify(line.itemIds),
        },
      };
    }
    case 'tool-call':
      return {
        table: 'tool_calls',
        row: {
          ...common,
          call_id: line.callId,
          reply_id: line.replyId,
          askers: seal.seal('tool_calls.askers', JSON.stringify(line.askers), common),
          name: line.name,
          arguments: seal.seal('tool_calls.arguments', line.arguments, common),
          ok: line.result && Number(line.result.ok),
          output: line.result && seal.seal('tool_calls.output', line.result.output, common),
          ended_at: line.endedAt,
        },
      };
    case 'joined':
    case 'left': {
      const bound = { ...common, user_id: line.userId };
      const name = seal.seal('presences.name', line.name, bound);
      return { table: 'presences', row: { ...bound, kind: line.kind, name } };
    }
    case 'notice': {
      const bound = { ...common, user_id: line.about ?? null };
      return { table: 'notices', row: { ...bound, text: seal.seal('notices.text', line.text, bound) } };
    }
    default:
      return line satisfies never;
  }
}

/** The line that a row holds. Throws StoreError for what cannot be opened. */
export function lineOf(table: LineTable, row: Row, seal: TextCipher): BareLine {
  const common = {
    id: Number(row.id),
    conversationId: Number(row.conversation_id),
    guildId: String(row.guild_id),
    channelId: String(row.channel_id),
    startedAt: Number(row.started_at),
  };
  switch (table) {
    case 'utterances':
      return {
        ...common,
        kind: 'utterance',
        by: row.by === 'model' ? 'model' : 'person',
        userId: textOrNull(row.user_id),
        name: seal.open('utterances.name', row.name, row),
        endedAt: Number(row.ended_at),
        text: seal.open('utterances.text', row.text, row),
        language: textOrNull(row.language),
        model: textOrNull(row.model),
        written: row.written === 1,
        state: row.state === 'final' ? 'final' : row.state === 'open' ? 'open' : 'unknown',
        cut:
          row.cut_heard_ms === null
            ? null
            : { heardMs: Number(row.cut_heard_ms), producedMs: Number(row.cut_produced_ms) },
        turnId: numberOrNull(row.turn_id),
        replyId: textOrNull(row.reply_id),
        turnIds: JSON.parse(String(row.turn_ids)),
        itemIds: JSON.parse(String(row.item_ids)),
      };
    case 'tool_calls':
      return {
        ...common,
        kind: 'tool-call',
        callId: String(row.call_id),
        replyId: String(row.reply_id),
        askers: JSON.parse(seal.open('tool_calls.askers', row.askers, row)),
        name: String(row.name),
        arguments: seal.open('tool_calls.arguments', row.arguments, row),
        result: row.ok === null ? null : { ok: row.ok === 1, output: seal.open('tool_calls.output', row.output, row) },
        endedAt: numberOrNull(row.ended_at),
      };
    case 'presences':
      return {
        ...common,
        kind: row.kind === 'left' ? 'left' : 'joined',
        userId: String(row.user_id),
        name: seal.open('presences.name', row.name, row),
      };
    case 'notices':
      return {
        ...common,
        kind: 'notice',
        text: seal.open('notices.text', row.text, row),
        ...(typeof row.user_id === 'string' && { about: row.user_id }),
      };
    default:
      return table satisfies never;
  }
}

export function conversationRow(one: RecordedConversation): Row {
  return {
    id: one.id,
    guild_id: one.guildId,
    channel_id: one.channelId,
    transcript_channel_id: one.transcriptChannelId,
    mode: one.mode,
    provider: one.provider,
    model: one.model,
    started_at: one.startedAt,
    ended_at: one.endedAt,
    end_reason: one.endReason,
  };
}

export function conversationOf(row: Row): RecordedConversation {
  return {
    id: Number(row.id),
    guildId: String(row.guild_id),
    channelId: String(row.channel_id),
    transcriptChannelId: String(row.transcript_channel_id),
    mode: row.mode as ConversationMode,
    provider: row.provider as RecordedConversation['provider'],
    model: String(row.model),
    startedAt: Number(row.started_at),
    endedAt: numberOrNull(row.ended_at),
    endReason: textOrNull(row.end_reason),
  };
}

/** The row of a turn of this conversation. */
export function turnRow(
  turn: RecordedTurn,
  conversation: Pick<RecordedConversation, 'id' | 'guildId'>,
  seal: TextCipher,
): Row {
  const bound = {
    guild_id: conversation.guildId,
    conversation_id: conversation.id,
    turn_id: turn.turnId,
    user_id: turn.userId,
  };
  return {
    ...bound,
    name: seal.seal('turns.name', turn.name, bound),
    started_at: turn.startedAt,
    ended_at: turn.endedAt,
    typed: Number(turn.typed),
    answered: turn.answered && Number(turn.answered),
  };
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
