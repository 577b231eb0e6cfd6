import type { SlashCommandSubcommandBuilder } from 'discord.js';
import { fold } from '../../src/folding/fold.ts';
import { personOf } from '../../src/names/person.ts';
import type { ReadableChannels } from '../../src/ports/reading.ts';
import type { RecordFind, RecordSearch } from '../../src/ports/record.ts';
import type { Person } from '../../src/ports/voice.ts';
import type { Asked, Choice, CommandAnswer, CommandContext, Typing } from '../command.ts';
import { channelLink, listed, plain } from '../text.ts';
import { markedExcerpt } from './excerpt.ts';
import { pastTime } from './moment.ts';
import { NOT_A_READER } from './sessions.ts';

const PER_PAGE = 5;
/** Of a message's 2,000 characters. */
const ROOM = 1_980;
/** What may not be read is left out after it was found: then so many more are looked at in one go, and so often. */
const LOOKED_AT = 100;
const MOST_TRIES = 10;

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
      option
        .setName('since')
        .setDescription('Such as 2026-11-20, yesterday 18:00 or 2h; by your clock or that of this server')
        .setMaxLength(60),
    )
    .addStringOption((option) =>
      option.setName('until').setDescription('The same; a day counts to its end').setMaxLength(60),
    );
}

/** Who said something where the person who types may read. */
export async function proposedSpeakers(typing: Typing, context: CommandContext): Promise<readonly Choice[]> {
  const { ids } = await context.readers.channelsFor(typing.guildId, [typing.user.id], 'told');
  const where = { guildId: typing.guildId, channelIds: ids };
  const speakers = await context.record.speakers(where);
  const choices = speakerChoices(speakers, typing.options.getFocused());
  if (choices.length > 0) return choices;
  // Somebody may be remembered by the name that they had then.
  const former = await context.record.everyName(where);
  return speakerChoices(former, typing.options.getFocused()).map(({ name, value }) => {
    const now = speakers.find(({ userId }) => userId === value);
    return { name: now ? `${shownName(now.name)}, formerly ${name}`.slice(0, 100).toWellFormed() : name, value };
  });
}

function speakerChoices(speakers: readonly Person[], typed: string): readonly Choice[] {
  const part = fold(typed, 'search');
  const names = speakers.map(({ name }) => shownName(name));
  return speakers
    .map(({ userId }, at) => {
      const name = names[at] ?? '';
      const alone = name !== '' && names.indexOf(name) === names.lastIndexOf(name);
      return { name: alone ? name : `${name} (${userId})`.trim(), value: userId };
    })
    .filter(({ name, value }) => fold(`${name} ${value}`, 'search').includes(part));
}

/** A choice shows text as it is, so nothing that hides or turns around may stay; Discord takes 100 characters. */
function shownName(name: string): string {
  const line = name
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return Array.from(line).slice(0, 32).join('');
}

/** Finds what was said, in pages; each page that is shown is noted. */
export async function search(asked: Asked, context: CommandContext): Promise<CommandAnswer> {
  const { guildId } = asked;
  const { ids } = await context.readers.channelsFor(guildId, [asked.user.id], 'told');
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
      const by = personOf(asked);
      await context.audit.note({ guildId, by, act: 'search', what: wish.words, lines: finds.length });
      const more = next !== null;
      return { content: shownPage(finds, { at, title: wish.title, more }), more };
    },
  };
}

function unclearTime(words: string, question: string | null): string {
  if (question !== null) return `“${plain(words, 60)}” is not certain. ${plain(question, 200)}`;
  return `I do not understand “${plain(words, 60)}” as a time. Write it like \`2026-11-20\`, \`yesterday 18:00\` or \`2h\`.`;
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
  if (!/[\p{L}\p{N}]/u.test(text ?? '')) return `There is no word in “${plain(text ?? '', 60)}” that I could look for.`;
  const now = context.clock.now();
  const { zone, locales } = await context.times.of(asked.guildId, asked.user.id);
  const theirs = { now, zone, locales: [asked.locale, ...locales] };
  const from = since ? pastTime(since, theirs) : undefined;
  const to = until ? pastTime(until, { ...theirs, end: true }) : undefined;
  if (from === null || typeof from === 'string') return unclearTime(since ?? '', from);
  if (to === null || typeof to === 'string') return unclearTime(until ?? '', to);
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
    words: [
      `text: ${JSON.stringify(text ?? '')}`,
      ...(who ? [`speaker: ${who.userId} ${who.name}`] : []),
      ...(since ? [`since: ${since}`] : []),
      ...(until ? [`until: ${until}`] : []),
    ].join(', '),
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
  const name = fold(shownName(typed), 'search');
  const shown = (one: Person): string => fold(shownName(one.name), 'search');
  const called = (people: readonly Person[]): readonly Person[] => {
    const exact = people.filter((one) => shown(one) === name);
    return exact.length > 0 ? exact : people.filter((one) => shown(one).includes(name));
  };
  const today = called(speakers);
  // Whoever is not called so today may have been.
  const former = today.length > 0 ? [] : called(await record.everyName({ guildId, channelIds }));
  const ids = [...new Set([...today, ...former].map(({ userId }) => userId))];
  const found = ids.flatMap((userId) => [...speakers, ...former].find((one) => one.userId === userId) ?? []);
  const [only, ...others] = found;
  if (only && others.length === 0) return only;
  if (!only)
    return `Nobody called “${plain(typed, 40)}” said anything in what you may read. Pick somebody from the list.`;
  const names = found.slice(0, 5).map((one) => `**${plain(one.name, 32)}** (\`${one.userId}\`)`);
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
    if (more) return `Page ${at + 1}: ${title}\nNothing so far in what you may read. **Next** looks further back.`;
    return at === 0 ? `I found nothing with ${title} in what you may read.` : `There is no more with ${title}.`;
  }
  const head = `Page ${at + 1}: ${title}`;
  const order = finds.length > 1 || more || at > 0 ? ['-# The newest first.'] : [];
  const each = Math.floor((ROOM - head.length - 25) / PER_PAGE) - 1;
  return [head, ...finds.map((find) => shownFind(find, each)), ...order].join('\n');
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
