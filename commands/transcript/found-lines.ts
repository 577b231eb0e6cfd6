import type { ReadableChannels, Statement } from '../../src/ports/reading.ts';
import type { LineRange, RecordedUtterance } from '../../src/ports/record.ts';
import type { Asked, CommandContext, Pages } from '../command.ts';
import { plain } from '../text.ts';

/** More is not read for one answer; it is what people say in some twenty hours. */
const MOST_LINES = 20_000;
const ROOM = 1_900;
const MOST_EVIDENCE = 3;
/** Past it a time of day does not say which day is meant. */
const HALF_DAY_MS = 43_200_000;
const CHANGED = 'Something in this list may not be shown any more. Use the command again to see the rest.';

/** What was said in a range, as far as it may be read and told on, and its words are known. */
export async function saidIn(
  { record, consentedLines }: Pick<CommandContext, 'record' | 'consentedLines'>,
  readable: ReadableChannels,
  range: LineRange,
): Promise<readonly RecordedUtterance[]> {
  const said: RecordedUtterance[] = [];
  for await (const line of record.lines(range)) {
    if (line.kind !== 'utterance' || line.state === 'unknown' || line.text.trim() === '') continue;
    if (!(await readable.mayRead(line))) continue;
    said.push(line);
    if (said.length >= MOST_LINES) break;
  }
  // Afterwards, so that the turn of every line is known.
  const consented = consentedLines(range.guildId);
  const kept = await Promise.all(said.map((line) => consented.has(line)));
  return said.filter((_, at) => kept[at]);
}

/** A summary as a list, each statement with the times and links of what it rests on. */
export function statementLines(statements: readonly Statement[]): readonly string[] {
  const times = statements.flatMap(({ evidence }) => evidence.map(({ startedAt }) => startedAt));
  const style = Math.max(...times) - Math.min(...times) > HALF_DAY_MS ? 'f' : 't';
  return statements.map(({ text, evidence }) => {
    const shown = evidence
      .slice(0, MOST_EVIDENCE)
      .map((line) => evidenceWords(line, style))
      .join(', ');
    const more = evidence.length > MOST_EVIDENCE ? ', …' : '';
    return `- ${plain(text, 400)} (${shown}${more})`;
  });
}

/** What somebody said, in one line. */
export function saidLine(line: RecordedUtterance): string {
  return `**${plain(line.name, 32) || 'Somebody unknown'}** (${evidenceWords(line)}): ${plain(line.text, 200)}`;
}

/**
 * Asks anew whether all of what somebody is shown may be told them: gives a sentence where it may not. Remembers ids
 * alone, since a page can be turned to for long: meanwhile people lose rights, opt out, and have their words forgotten.
 */
export function stillTold(
  context: Pick<CommandContext, 'readers' | 'record' | 'consentedLines'>,
  asked: Asked,
  { range, lines, refusal }: { range: LineRange; lines: readonly RecordedUtterance[]; refusal: string },
): () => Promise<string | undefined> {
  const { guildId, user } = asked;
  const channels = [...new Set(lines.map(({ channelId }) => channelId))];
  const ids = lines.map(({ id }) => id);
  return async () => {
    const readable = await context.readers.channelsFor(guildId, [user.id]);
    if (!channels.every((id) => readable.ids.includes(id))) return refusal;
    const told = new Set((await saidIn(context, readable, range)).map(({ id }) => id));
    return ids.every((id) => told.has(id)) ? undefined : CHANGED;
  };
}

/** Lines in pages under a title; `check` gives a sentence for whoever may not read them (any more). */
export function paged(title: string, lines: readonly string[], check: () => Promise<string | undefined>): Pages {
  const pages = pagesOf(title, lines);
  return async (at) => {
    const refused = await check();
    if (refused) return { content: refused, more: false };
    return { content: pages[at] ?? title, more: at < pages.length - 1 };
  };
}

/** One page of an answer; `more`: another one follows. */
export type Page = Awaited<ReturnType<Pages>>;

/** Lines as messages, each under the title. */
export function pagesOf(title: string, lines: readonly string[]): readonly string[] {
  const pages: string[][] = [[]];
  let room = ROOM - title.length;
  for (const line of lines) {
    if (line.length + 1 > room && pages.at(-1)?.length !== 0) {
      pages.push([]);
      room = ROOM - title.length;
    }
    pages.at(-1)?.push(line);
    room -= line.length + 1;
  }
  return pages.map((page) => [title, ...page].join('\n'));
}

/** `style`: `t` is the time of day alone, `f` with the day (docs.discord.com/developers/reference#message-formatting). */
function evidenceWords({ startedAt, posts, guildId }: RecordedUtterance, style: 't' | 'f' = 't'): string {
  const time = `<t:${Math.floor(startedAt / 1_000)}:${style}>`;
  const [post] = posts;
  return post ? `${time} [post](https://discord.com/channels/${guildId}/${post.channelId}/${post.messageId})` : time;
}
