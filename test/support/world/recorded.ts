import { newLineId } from '../../../src/lib/line-ids.ts';
import type { RecordBatch, RecordedConversation, RecordedUtterance } from '../../../src/ports/record.ts';

/** What one test says was said. `at`: ms since 1970. */
export interface Said {
  readonly at: number;
  readonly channelId: string;
  readonly userId: string | null;
  readonly name: string;
  readonly text: string;
  /** A text channel; none: it was not posted. */
  readonly postedIn?: string;
}

/** One conversation with these utterances, as the recorder would write it. */
export function conversationOf(
  { id, guildId, endedAt = null }: { id: number; guildId: string; endedAt?: number | null },
  said: readonly Said[],
): RecordBatch {
  const [first] = said;
  if (!first) throw new Error('a conversation without a word');
  const conversation: RecordedConversation = {
    id,
    guildId,
    channelId: first.channelId,
    transcriptChannelId: first.postedIn ?? first.channelId,
    mode: 'talk',
    provider: 'openai',
    model: 'gpt-realtime-2.1',
    startedAt: first.at - 1_000,
    endedAt,
    endReason: endedAt === null ? null : 'asked',
  };
  return { conversation, turns: [], lines: said.map((one, index) => lineOf({ id, guildId }, one, index + 1)) };
}

function lineOf({ id, guildId }: { id: number; guildId: string }, said: Said, turnId: number): RecordedUtterance {
  const { at, channelId, userId, name, text, postedIn } = said;
  const byModel = userId === null;
  return {
    kind: 'utterance',
    by: byModel ? 'model' : 'person',
    id: newLineId(at),
    conversationId: id,
    guildId,
    channelId,
    startedAt: at,
    endedAt: at + 900,
    posts: postedIn === undefined ? [] : [{ channelId: postedIn, messageId: String(1_000 + turnId) }],
    userId,
    name,
    text,
    language: null,
    model: byModel ? 'gpt-realtime-2.1' : null,
    written: false,
    state: 'final',
    cut: null,
    turnId: byModel ? null : turnId,
    replyId: byModel ? `reply-${turnId}` : null,
    turnIds: [],
    itemIds: [],
  };
}
