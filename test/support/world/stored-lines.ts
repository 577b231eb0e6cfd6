import { firstLineId, newLineId } from '../../../src/lib/line-ids.ts';
import type { RecordedUtterance } from '../../../src/ports/record.ts';

/** When the conversation began. */
export const AT = Date.parse('2026-11-21T10:00:00Z');

/** One on a server 1, in a voice channel 2, that goes on. */
export const conversation = {
  id: firstLineId(AT),
  guildId: '1',
  channelId: '2',
  transcriptChannelId: '9',
  mode: 'talk',
  provider: 'openai',
  model: 'gpt-realtime-2.1',
  startedAt: AT,
  endedAt: null,
  endReason: null,
} as const;

/** Of every line in it. */
export const place = { conversationId: conversation.id, guildId: '1', channelId: '2', posts: [] };

/** What Anna (5) said in this turn, which began so many seconds after the conversation. */
export const utterance = (
  turnId: number,
  text: string,
  change: Partial<RecordedUtterance> = {},
): RecordedUtterance => ({
  ...place,
  kind: 'utterance',
  id: newLineId(AT + turnId * 1_000),
  startedAt: AT + turnId * 1_000,
  endedAt: AT + turnId * 1_000 + 900,
  by: 'person',
  userId: '5',
  name: 'Anna',
  text,
  language: 'en',
  model: null,
  written: false,
  state: 'final',
  cut: null,
  turnId,
  replyId: null,
  turnIds: [],
  itemIds: ['item_1'],
  ...change,
});
