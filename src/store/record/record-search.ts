import { firstLineId } from '../../lib/line-ids.ts';
import type { RecordFind, RecordFinds, RecordSearch } from '../../ports/record.ts';
import { type Database, StoreError } from '../database/database.ts';
import type { TextCipher } from '../encryption/text-cipher.ts';
import { postsOf } from './posts.ts';
import { lineOf } from './record-rows.ts';
import { channelScope, conversationScope, userScope } from './record-store.ts';
import { askedWords, found, matchOf, termsOf } from './search-terms.ts';

const LIMIT = 10;
const MOST = 100;
/** Ranking needs the texts, each from a page of its own that may have to come from the disk; nobody reads on so far. */
const RANKED = 100;
/** A place that no line has: `A OR this` is A, and stays one node of the expression. */
const NOWHERE = 'scope : "nowhere"';
const EXCERPT_BEFORE = 60;
const EXCERPT_LENGTH = 240;

interface Page {
  /** Finds before this id (time), or from this place on (relevance). */
  readonly after: number | null;
  readonly limit: number;
}

/** A page of finds; see RecordReader.search. */
export async function searchRecord(reader: Database, seal: TextCipher, search: RecordSearch): Promise<RecordFinds> {
  const words = askedWords(search.text ?? '');
  const nothing = search.channelIds.length === 0 || (words.length === 0 && (search.text ?? '').trim() !== '');
  if (nothing) return { finds: [], next: null };
  const limit = Math.min(Math.max(Math.floor(search.limit ?? LIMIT), 1), MOST);
  const after = search.after === undefined ? null : Number(search.after);
  if (after !== null && !Number.isSafeInteger(after)) throw new StoreError('That page of the search does not exist.');
  const page = { after, limit };
  const ranked = search.order === 'relevance' && words.length > 0;
  const { rows, next } = await (ranked
    ? best(reader, seal, search, words, page)
    : newest(reader, seal, search, words, page));
  const posts = await postsOf(
    reader,
    rows.map(({ id }) => id),
  );
  const finds = rows.map((row, at): RecordFind => {
    const utterance = { ...row, posts: posts.get(row.id) ?? [] };
    const behind = ranked ? (after ?? 0) + at + 1 : row.id;
    return { utterance, ...excerptOf(row.text, words, seal), after: String(behind) };
  });
  return { finds, next };
}

type Found = Awaited<ReturnType<typeof read>>[number];
interface Rows {
  readonly rows: readonly Found[];
  readonly next: string | null;
}

async function newest(
  reader: Database,
  seal: TextCipher,
  search: RecordSearch,
  words: readonly string[],
  page: Page,
): Promise<Rows> {
  const rows = await read(reader, seal, search, words, { before: page.after, limit: page.limit + 1 });
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > page.limit && last ? String(last.id) : null };
}

/** The newest finds, best first: many of the asked words' occurrences in a short text, whole words before beginnings. */
async function best(
  reader: Database,
  seal: TextCipher,
  search: RecordSearch,
  words: readonly string[],
  page: Page,
): Promise<Rows> {
  const found = await find(reader, seal, search, words, { before: null, limit: RANKED, columns: 'id, text' });
  const scored = found.map((row) => {
    const text = seal.open('utterances.text', row.text, row);
    return { id: Number(row.id), score: scoreOf(text, words, seal) };
  });
  scored.sort((one, other) => other.score - one.score || other.id - one.id);
  const from = page.after ?? 0;
  const until = from + page.limit;
  const ids = scored.slice(from, until).map(({ id }) => id);
  // Only what is shown is read whole.
  const whole: Record<string, unknown>[] = await reader('utterances').whereIn('id', ids);
  const rows = opened(whole, seal).sort((one, other) => ids.indexOf(one.id) - ids.indexOf(other.id));
  return { rows, next: until < scored.length ? String(until) : null };
}

async function read(
  reader: Database,
  seal: TextCipher,
  search: RecordSearch,
  words: readonly string[],
  span: { before: number | null; limit: number },
) {
  return opened(await find(reader, seal, search, words, { ...span, columns: '*' }), seal);
}

function opened(rows: readonly Record<string, unknown>[], seal: TextCipher) {
  return rows.flatMap((row) => {
    const line = lineOf('utterances', row, seal);
    return line.kind === 'utterance' ? [line] : [];
  });
}

/** The newest finds, as rows with these columns. */
async function find(
  reader: Database,
  seal: TextCipher,
  search: RecordSearch,
  words: readonly string[],
  { before, limit, columns }: { before: number | null; limit: number; columns: '*' | 'id, text' },
): Promise<Record<string, unknown>[]> {
  const since = search.since === undefined ? 0 : firstLineId(search.since);
  const until = Math.min(
    search.until === undefined ? Number.MAX_SAFE_INTEGER : firstLineId(search.until),
    before ?? Number.MAX_SAFE_INTEGER,
  );
  const shown =
    columns === '*' ? 'utterances.*' : 'utterances.id, utterances.guild_id, utterances.user_id, utterances.text';
  // An id comes as a floating-point number, and FTS5 begins and ends at whole ones alone (fts5GetRowidLimit in fts5_main.c).
  const sql = `SELECT ${shown} FROM (
      SELECT rowid AS id FROM words
      WHERE words MATCH ? AND rowid >= CAST(? AS INTEGER) AND rowid < CAST(? AS INTEGER)
      ORDER BY rowid DESC LIMIT ?
    ) AS finds JOIN utterances ON utterances.id = finds.id WHERE utterances.guild_id = ? ORDER BY finds.id DESC`;
  return reader.raw(sql, [matching(search, words, seal), since, until, limit, search.guildId]);
}

function matching(
  { channelIds, userId, conversationId }: RecordSearch,
  words: readonly string[],
  seal: TextCipher,
): string {
  const channels = `scope : (${channelIds.map((id) => `"${channelScope(id)}"`).join(' OR ')})`;
  const others = [
    ...(words.length === 0 ? [] : [`text : (${matchOf(words, seal)})`]),
    ...(userId === undefined ? [] : [`scope : "${userScope(userId)}"`]),
    ...(conversationId === undefined ? [] : [`scope : "${conversationScope(conversationId)}"`]),
  ];
  if (others.length === 0) return channels;
  const rest = others.join(' AND ');
  // FTS5 steps each term of an AND at each candidate, with all the channels among them. What is an OR of its own is
  // stepped only where all the rest fits; with one channel, which may be a quiet one, it is better among them.
  return channelIds.length === 1 ? `${rest} AND ${channels}` : `((${rest}) OR ${NOWHERE}) AND ${channels}`;
}

function scoreOf(text: string, words: readonly string[], seal: TextCipher): number {
  const terms = termsOf(text);
  const shortness = 1 / (4 + Math.sqrt(terms.length));
  return words.reduce((sum, word) => {
    const hits = terms.filter((term) => found(term.word, word, seal));
    const exact = hits.filter((term) => term.word === word).length;
    const weight = exact + (hits.length - exact) * 0.5;
    return sum + (weight / (weight + 1)) * shortness;
  }, 0);
}

/** What stands around the first hit, and where the hits are in it. */
function excerptOf(text: string, words: readonly string[], seal: TextCipher): Pick<RecordFind, 'excerpt' | 'hits'> {
  const hits = merged(
    termsOf(text)
      .filter((term) => words.some((word) => found(term.word, word, seal)))
      .map(({ start, end }) => [start, end] as const),
  );
  const first = hits[0]?.[0] ?? 0;
  const from = first <= EXCERPT_BEFORE ? 0 : wordStart(text, first - EXCERPT_BEFORE, first);
  const to = Math.min(text.length, from + EXCERPT_LENGTH);
  const before = from > 0 ? '…' : '';
  const excerpt = `${before}${text.slice(from, to).toWellFormed()}${to < text.length ? '…' : ''}`;
  const shift = before.length - from;
  const shown = hits.filter(([, end]) => end <= to).map(([start, end]) => [start + shift, end + shift] as const);
  return { excerpt, hits: shown };
}

/** The first beginning of a word from `from` on, or `latest`. */
function wordStart(text: string, from: number, latest: number): number {
  const space = text.indexOf(' ', from);
  return space < 0 || space >= latest ? latest : space + 1;
}

function merged(spans: readonly (readonly [number, number])[]): [number, number][] {
  const out: [number, number][] = [];
  for (const [start, end] of [...spans].sort((one, other) => one[0] - other[0])) {
    const last = out.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else out.push([start, end]);
  }
  return out;
}
