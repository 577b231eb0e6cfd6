import { newLineId } from '../../../src/lib/line-ids.ts';
import type { RecordedToolCall } from '../../../src/ports/record.ts';
import { openDatabase } from '../../../src/store/database/database.ts';
import { openText } from '../../../src/store/encryption/text-cipher.ts';
import { RecordStore } from '../../../src/store/record/record-store.ts';

/** Something that was said a while ago, as a test puts it into the record. */
export interface Said {
  readonly channelId: string;
  readonly userId: string;
  readonly name: string;
  readonly text: string;
  /** Where it was posted; default: the chat of the voice channel. */
  readonly postedIn?: string;
}

/** Puts conversations of one line each into a database that a bot may have open. */
export async function record(databaseUrl: string, guildId: string, lines: readonly Said[]): Promise<void> {
  const database = await openDatabase(databaseUrl);
  await recordInto(new RecordStore(database, openText), guildId, lines);
  await database.destroy();
}

/** The same, given the record. Gives the ids of the lines. */
export async function recordInto(
  store: RecordStore,
  guildId: string,
  lines: readonly Said[],
  more: readonly Omit<RecordedToolCall, 'conversationId' | 'guildId' | 'startedAt' | 'posts'>[] = [],
): Promise<number[]> {
  const ids: number[] = [];
  for (const [at, { channelId, userId, name, text, postedIn = channelId }] of lines.entries()) {
    const startedAt = Date.now() - 3_600_000 + at * 1_000;
    const id = newLineId(startedAt);
    const place = { guildId, channelId, startedAt };
    const ends = { endedAt: startedAt + 900, endReason: 'asked' };
    const conversation = { id, ...place, ...ends, transcriptChannelId: postedIn } as const;
    const line = {
      ...({ kind: 'utterance', by: 'person', id: newLineId(startedAt), conversationId: id, ...place } as const),
      ...({ endedAt: startedAt + 900, userId, name, text, language: null, model: null, written: false } as const),
      ...({ state: 'final', cut: null, turnId: 1, replyId: null, turnIds: [], itemIds: [] } as const),
      posts: [{ channelId: postedIn, messageId: `${1_000 + at}` }],
    };
    await store.write({
      conversation: { ...conversation, mode: 'talk', provider: 'openai', model: 'gpt-realtime-2.1' },
      turns: [],
      lines: [
        line,
        ...(at > 0
          ? []
          : more.map((one) => ({ ...one, conversationId: id, ...place, channelId: one.channelId, posts: [] }))),
      ],
    });
    ids.push(line.id);
  }
  return ids;
}
