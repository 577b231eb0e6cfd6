import { newLineId } from '../../../src/lib/line-ids.ts';
import type { RecordedUtterance } from '../../../src/ports/record.ts';
import type { Database } from '../../../src/store/database/database.ts';
import type { TextCipher } from '../../../src/store/encryption/text-cipher.ts';
import { lineRow } from '../../../src/store/record/record-rows.ts';
import { channelScope, conversationScope, userScope } from '../../../src/store/record/record-store.ts';
import { indexed } from '../../../src/store/record/search-terms.ts';
import { type LanguageName, saidIn } from './spoken-languages.ts';

export const BEGINNING = Date.parse('2026-01-01T00:00:00Z');
/** From one utterance to the next. */
export const EVERY_MS = 2_500;
const PER_CONVERSATION = 500;
const CHANNELS = 20;
const ROWS = 100;
const WORDS = 20_000;
const SYLLABLES = [
  'ba',
  'con',
  'de',
  'fi',
  'gra',
  'hol',
  'in',
  'ju',
  'ka',
  'lem',
  'mo',
  'ner',
  'o',
  'pra',
  'ri',
  'sta',
];

/** Of an invented language: word 0 is by far the most frequent, word 19,999 the rarest. */
export function wordOf(index: number): string {
  let word = '';
  for (let left = index + 16; left > 0; left = Math.floor(left / 16)) word += SYLLABLES[left % 16];
  return word;
}

/** The voice channels of it. */
export const channelIds = Array.from({ length: CHANNELS }, (_, at) => String(10 + at));

/**
 * Fills an empty record of guild 1 with utterances of twelve words, 500 a conversation, by seven people (100–106), in
 * twenty channels by turns. It goes past RecordStore, whose single rows would take half an hour for a million. With
 * `spoken`, these languages take turns by conversation.
 */
export async function fill(
  database: Database,
  seal: TextCipher,
  count: number,
  spoken: readonly LanguageName[] = [],
): Promise<void> {
  const random = seeded(1);
  // Few words make up most of what people say.
  const word = (): string => wordOf(Math.floor(WORDS * random() ** 4));
  const said = (from: number): string => {
    const language = spoken[(from / PER_CONVERSATION) % spoken.length];
    return language ? saidIn(language, random) : Array.from({ length: 12 }, word).join(' ');
  };
  const [{ synchronous }] = await database.raw('PRAGMA synchronous');
  await database.raw('PRAGMA synchronous = OFF');
  for (let from = 0; from < count; from += PER_CONVERSATION) {
    const until = Math.min(count, from + PER_CONVERSATION);
    const startedAt = BEGINNING + from * EVERY_MS;
    const place = {
      conversationId: newLineId(startedAt),
      channelId: String(10 + ((from / PER_CONVERSATION) % CHANNELS)),
      startedAt,
      endedAt: BEGINNING + until * EVERY_MS - 500,
    };
    const lines = Array.from({ length: until - from }, (_, at) => utterance(from + at, place, said(from)));
    await conversation(database, seal, place, lines);
  }
  await database.raw(`PRAGMA synchronous = ${synchronous}`);
}

/** Numbers in [0, 1), the same ones for the same seed, that begin anew after 2^32 of them (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Place {
  readonly conversationId: number;
  readonly channelId: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

function utterance(at: number, place: Place, text: string): RecordedUtterance {
  const startedAt = BEGINNING + at * EVERY_MS;
  return {
    kind: 'utterance',
    id: newLineId(startedAt),
    conversationId: place.conversationId,
    guildId: '1',
    channelId: place.channelId,
    startedAt,
    endedAt: startedAt + 2_000,
    posts: [{ channelId: '9', messageId: String(at) }],
    by: 'person',
    userId: String(100 + (at % 7)),
    name: `Person ${at % 7}`,
    text,
    language: null,
    model: null,
    written: false,
    state: 'final',
    cut: null,
    turnId: at,
    replyId: null,
    turnIds: [],
    itemIds: [`item_${at}`],
  };
}

async function conversation(
  database: Database,
  seal: TextCipher,
  { conversationId, channelId, startedAt, endedAt }: Place,
  lines: readonly RecordedUtterance[],
): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction('conversations').insert({
      id: conversationId,
      guild_id: '1',
      channel_id: channelId,
      transcript_channel_id: '9',
      mode: 'talk',
      provider: 'openai',
      model: 'gpt-realtime-2.1',
      started_at: startedAt,
      ended_at: endedAt,
      end_reason: 'asked',
    });
    for (let from = 0; from < lines.length; from += ROWS) {
      const some = lines.slice(from, from + ROWS);
      await several(
        transaction,
        'utterances',
        some.map((line) => ({ ...lineRow(line, seal).row })),
      );
      await several(
        transaction,
        'posts',
        some.map((line) => postOf(line)),
      );
      await several(
        transaction,
        'words',
        some.map((line) => wordsOf(line, seal)),
      );
    }
  });
}

function postOf({ id, posts }: RecordedUtterance): Record<string, unknown> {
  return { line_id: id, channel_id: posts[0]?.channelId, message_id: posts[0]?.messageId };
}

function wordsOf({ id, text, channelId, conversationId, userId }: RecordedUtterance, seal: TextCipher) {
  const scope = `${channelScope(channelId)} ${conversationScope(conversationId)} ${userScope(userId ?? '')}`;
  return { rowid: id, text: indexed(text, seal), scope };
}

async function several(database: Database, table: string, rows: readonly Record<string, unknown>[]): Promise<void> {
  const names = Object.keys(rows[0] ?? {});
  const places = `(${names.map(() => '?').join(',')})`;
  const sql = `INSERT INTO ${table} (${names.map((name) => `"${name}"`).join(',')}) VALUES ${rows.map(() => places).join(',')}`;
  await database.raw(sql, rows.flatMap((row) => Object.values(row)) as never[]);
}
