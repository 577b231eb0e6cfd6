import type { SlashCommandSubcommandBuilder } from 'discord.js';
import type { Person } from '../src/bridge/ports.ts';
import type { ReadableChannels } from '../src/bridge/reading-ports.ts';
import type { RecordFind, RecordSearch } from '../src/bridge/record-ports.ts';
import type { Asked, Choice, CommandAnswer, CommandContext, Typing } from './command.ts';
import { markedExcerpt } from './excerpt.ts';
import { pastMoment } from './moment.ts';
import { channelLink, listed, plain } from './words.ts';

const PER_PAGE = 5;
/** What five finds may take of a message's 2,000 characters. */
const ROOM = 1_750;
/** What may not be read is left out after it was found: then so many more are looked at in one go, and so often. */
const LOOKED_AT = 100;
const MOST_TRIES = 10;
const NOT_A_READER =
  'You may not read what was said here: you see none of the voice channels and their transcripts, or this server named other readers. Ask somebody who manages the server for `/transcript readers add`.';

/** The options of `/transcript search`. */
export function searchOptions(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub
    .setName('search')
    .setDescription('Find what was said in the voice channels that you may read')
    .addStringOption((option) =>
      option
        .setName('text')
        .setDescription('Words that all occur in it; case and accents do not count')
        .setRequired(true)
        .setMaxLength(200),
    )
    .addStringOption((option) =>
      option.setName('speaker').setDescription('Only what this person said').setAutocomplete(true).setMaxLength(100),
    )
    .addStringOption((option) =>
      option.setName('since').setDescription('Such as 2026-11-20, yesterday 18:00 (UTC) or 2h').setMaxLength(60),
    )
    .addStringOption((option) =>
      option.setName('until').setDescription('The same; a day counts to its end').setMaxLength(60),
    );
}

/** Who said something where the person who types may read. */
export async function proposedSpeakers(typing: Typing, context: CommandContext): Promise<readonly Choice[]> {
  const { ids } = await context.readers.channelsFor(typing.guildId, [typing.user.id]);
  const part = typing.options.getFocused().toLowerCase();
  const speakers = await context.record.speakers({ guildId: typing.guildId, channelIds: ids });
  return speakers
    .filter(({ name, userId }) => `${name} ${userId}`.toLowerCase().includes(part))
    .map(({ name, userId }) => ({ name: name.slice(0, 100).toWellFormed().trim() || userId, value: userId }));
}

/** Finds what was said, in pages; each page that is shown is noted. */
export async function search(asked: Asked, context: CommandContext): Promise<CommandAnswer> {
  const { guildId } = asked;
  const { ids } = await context.readers.channelsFor(guildId, [asked.user.id]);
  if (ids.length === 0) return NOT_A_READER;
  const wish = await wishOf(asked, context, ids);
  if (typeof wish === 'string') return wish;
  const cursors: (string | null)[] = [null];
  return {
    pages: async (at) => {
      const readable = await context.readers.channelsFor(guildId, [asked.user.id]);
      const wanted = { ...wish.search, guildId, channelIds: readable.ids };
      const { finds, next } = await pageOf(context, readable, wanted, cursors[at] ?? null);
      cursors[at + 1] = next;
      const by = { userId: asked.user.id, name: asked.member.displayName };
      await context.audit.note({ guildId, by, act: 'search', what: wish.words, lines: finds.length });
      const more = next !== null;
      return { content: shownPage(finds, { at, title: wish.title, more }), more };
    },
  };
}

interface Wish {
  readonly search: Pick<RecordSearch, 'text' | 'userId' | 'since' | 'until'>;
  /** For the audit log. */
  readonly words: string;
  /** For the asker: markdown. */
  readonly title: string;
}

async function wishOf(asked: Asked, context: CommandContext, ids: readonly string[]): Promise<Wish | string> {
  const [text, speaker, since, until] = ['text', 'speaker', 'since', 'until'].map((name) =>
    asked.options.getString(name),
  );
  const now = Date.now();
  const from = since ? pastMoment(since, { now }) : undefined;
  const to = until ? pastMoment(until, { now, end: true }) : undefined;
  for (const [words, at] of [[since, from] as const, [until, to] as const]) {
    if (words && at === undefined) {
      return `I do not understand “${plain(words, 60)}” as a time. Write it like \`2026-11-20\`, \`yesterday 18:00\` or \`2h\`.`;
    }
  }
  if (from !== undefined && to !== undefined && from >= to)
    return '`since` is not before `until`: nothing lies between.';
  const who = speaker ? await speakerOf(speaker, context, asked.guildId, ids) : undefined;
  if (typeof who === 'string') return who;
  const conditions = [
    `“${plain(text ?? '', 100)}”`,
    ...(who ? [`by **${plain(who.name, 32)}**`] : []),
    ...(from === undefined ? [] : [`since ${instant(from)}`]),
    ...(to === undefined ? [] : [`until ${instant(to)}`]),
  ];
  return {
    search: {
      text: text ?? '',
      ...(who && { userId: who.userId }),
      ...(from !== undefined && { since: from }),
      ...(to !== undefined && { until: to }),
    },
    words: JSON.stringify({
      text,
      ...(who && { speaker: `${who.name} (${who.userId})` }),
      ...(since && { since }),
      ...(until && { until }),
    }),
    title: conditions.join(', '),
  };
}

/** The one whom a typed name means: an id (of the choices, or as a mention), a name, or a part of one. Else a sentence. */
async function speakerOf(
  typed: string,
  { record }: CommandContext,
  guildId: string,
  channelIds: readonly string[],
): Promise<Person | string> {
  const speakers = await record.speakers({ guildId, channelIds });
  const id = /^<@!?(\d+)>$/.exec(typed)?.[1] ?? typed;
  const known = speakers.find(({ userId }) => userId === id);
  if (known) return known;
  const name = typed.toLowerCase();
  const exact = speakers.filter((one) => one.name.toLowerCase() === name);
  const found = exact.length > 0 ? exact : speakers.filter((one) => one.name.toLowerCase().includes(name));
  const [only, ...others] = found;
  if (only && others.length === 0) return only;
  if (!only)
    return `Nobody called “${plain(typed, 40)}” said anything in what you may read. Pick somebody from the list.`;
  const names = found.slice(0, 5).map((one) => `**${plain(one.name, 32)}**`);
  return `“${plain(typed, 40)}” could be ${listed(names, 'or')}${found.length > 5 ? ', and more' : ''}. Pick one from the list.`;
}

async function pageOf(
  { record }: CommandContext,
  readable: ReadableChannels,
  search: RecordSearch,
  from: string | null,
): Promise<{ readonly finds: readonly RecordFind[]; readonly next: string | null }> {
  const finds: RecordFind[] = [];
  let after = from;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const limit = tries === 0 ? PER_PAGE : LOOKED_AT;
    const page = await record.search({ ...search, limit, ...(after !== null && { after }) });
    for (const find of page.finds) {
      if (!(await readable.mayRead(find.utterance))) continue;
      finds.push(find);
      if (finds.length === PER_PAGE) return { finds, next: find === page.finds.at(-1) ? page.next : find.after };
    }
    after = page.next;
    if (after === null) break;
  }
  return { finds, next: after };
}

function shownPage(
  finds: readonly RecordFind[],
  { at, title, more }: { at: number; title: string; more: boolean },
): string {
  if (finds.length === 0) {
    if (more) return `Nothing so far with ${title} in what you may read. The next page looks further back.`;
    return at === 0 ? `I found nothing with ${title} in what you may read.` : `There is no more with ${title}.`;
  }
  const each = Math.floor(ROOM / PER_PAGE);
  return [`Page ${at + 1}: ${title}`, ...finds.map((find) => shownFind(find, each))].join('\n').slice(0, 2_000);
}

function shownFind(find: RecordFind, room: number): string {
  const { utterance } = find;
  const { name, startedAt, channelId, posts, guildId, written } = utterance;
  const [post] = posts;
  const link = post
    ? `[read](https://discord.com/channels/${guildId}/${post.channelId}/${post.messageId})`
    : 'not posted';
  const who = `**${plain(name, 32) || 'Somebody unknown'}**${written ? ' wrote' : ''}`;
  const head = `${who} ${instant(startedAt)} in ${channelLink(channelId)} (${link})`;
  return `${head}\n> ${markedExcerpt(find, Math.max(60, room - head.length - 4))}`;
}

function instant(at: number): string {
  return `<t:${Math.floor(at / 1_000)}:f>`;
}
