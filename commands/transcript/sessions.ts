import { fold } from '../../src/folding/fold.ts';
import type { ReadableChannels } from '../../src/ports/reading.ts';
import type { RecordedConversation } from '../../src/ports/record.ts';
import { dayAt, dayName } from '../../src/time/zones.ts';
import type { Asked, Choice, CommandContext, Typing } from '../command.ts';
import { channelLink } from '../text.ts';
import { sessionLabel } from './session-label.ts';

const MOST_CHOICES = 25;
const PAGE = 100;
/** For whoever may read nothing at all. */
export const NOT_A_READER =
  'You may not read what was said here: you see none of the voice channels and their transcripts, or this server named other readers. Ask somebody who manages the server for `/transcript readers add`.';
/** Where no session was chosen and there is none. */
export const NOTHING_KEPT = 'Nothing was said yet that I still keep and that you may read.';
export const UNKNOWN_SESSION =
  'I know no such session, or you may not read it. Choose one of those that are offered while you type.';
/** What is looked through while somebody types; Discord waits three seconds. */
const MOST_LOOKED_AT = 2_000;

/** The sessions that the typing person may read, newest first: by their labels, or by the day as `2026-11-20`. */
export async function proposedSessions(typing: Typing, context: CommandContext): Promise<readonly Choice[]> {
  const { guildId } = typing;
  const { ids } = await context.readers.channelsFor(guildId, [typing.user.id], 'told');
  if (ids.length === 0) return [];
  const typed = fold(typing.options.getFocused().trim(), 'search');
  const choices: Choice[] = [];
  let before: number | undefined;
  for (let looked = 0; looked < MOST_LOOKED_AT && choices.length < MOST_CHOICES; looked += PAGE) {
    const query = { guildId, channelIds: ids, limit: PAGE, ...(before !== undefined && { before }) };
    const page = await context.record.conversations(query);
    choices.push(...(await matching(page, { typing, context, ids, typed })));
    before = page.at(-1)?.id;
    if (page.length < PAGE) break;
  }
  return choices.slice(0, MOST_CHOICES);
}

interface Wanted {
  readonly typing: Typing;
  readonly context: CommandContext;
  readonly ids: readonly string[];
  /** Folded. */
  readonly typed: string;
}

async function matching(
  conversations: readonly RecordedConversation[],
  { typing, context, ids, typed }: Wanted,
): Promise<readonly Choice[]> {
  const { zone } = await context.times.of(typing.guildId, typing.user.id);
  const people = await context.record.people(conversations.map(({ id }) => id));
  return conversations.flatMap((one): Choice[] => {
    const channel = sessionChannel(typing, one, ids);
    const name = sessionLabel(one, { people: people.get(one.id) ?? 0, channel, now: context.clock.now(), zone });
    const day = dayName(dayAt(one.startedAt, zone ?? 'UTC'));
    return fold(`${name} ${day}`, 'search').includes(typed) ? [{ name, value: one.id }] : [];
  });
}

/** The one of the option `session`, or the last one. Undefined: there is none that the asker may read. */
export async function chosenSession(
  { guildId, options }: Asked,
  { record }: CommandContext,
  { ids }: ReadableChannels,
): Promise<RecordedConversation | undefined> {
  const id = options.getInteger('session');
  const before = id === null ? {} : { before: id + 1 };
  const [found] = await record.conversations({ guildId, channelIds: ids, limit: 1, ...before });
  return id === null || found?.id === id ? found : undefined;
}

/** The name of the voice channel in which it began, as it is now. Untrusted. `ids`: those that the reader may know of. */
export function sessionChannel(
  { guild }: Pick<Asked, 'guild'>,
  { channelId }: RecordedConversation,
  ids: readonly string[],
): string {
  if (!ids.includes(channelId)) return 'begun in a channel that you do not see';
  return guild.channels.cache.get(channelId)?.name ?? 'a deleted channel';
}

/** The same as a link. */
export function sessionLink({ channelId }: RecordedConversation, ids: readonly string[]): string {
  return ids.includes(channelId) ? channelLink(channelId) : 'a channel that you do not see';
}
