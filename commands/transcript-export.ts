import type { SlashCommandSubcommandBuilder } from 'discord.js';
import type { ExportedFiles, ExportFormat } from '../src/bridge/export-ports.ts';
import type { ReadableChannels } from '../src/bridge/reading-ports.ts';
import type { RecordedConversation } from '../src/bridge/record-ports.ts';
import type { Asked, Choice, CommandAnswer, CommandContext, Typing } from './command.ts';
import { sessionLabel } from './session-label.ts';
import { channelLink, counted } from './words.ts';

/** What the asker is offered, and what the file then is. */
const FORMATS: Readonly<Record<ExportFormat, { readonly name: string; readonly is: string }>> = {
  html: { name: 'Page to open in a browser', is: 'as a page to open in a browser' },
  txt: { name: 'Plain text', is: 'as plain text' },
  md: { name: 'Markdown', is: 'as Markdown' },
  json: { name: 'JSON: everything, for programs', is: 'as JSON' },
  csv: { name: 'Table (CSV)', is: 'as a table' },
  srt: { name: 'Subtitles (SRT)', is: 'as subtitles' },
  vtt: { name: 'Subtitles (WebVTT)', is: 'as subtitles' },
};
const MOST_CHOICES = 25;
/** What is looked through while somebody types. */
const LOOKED_AT = 100;
const NOTHING_READABLE = 'You may not read what was said on this server. Whoever manages it says who may.';
const UNKNOWN = 'I know no such session, or you may not read it. Choose one of those that are offered while you type.';

/** `/transcript export`. */
export const exportSubcommand = (sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder =>
  sub
    .setName('export')
    .setDescription('Take a conversation away as a file')
    .addStringOption((option) =>
      option
        .setName('session')
        .setDescription('Without it: the one that runs, or the last one')
        .setMaxLength(100)
        .setAutocomplete(true),
    )
    .addStringOption((option) =>
      option
        .setName('format')
        .setDescription('Without it: a page to open in a browser')
        .addChoices(...Object.entries(FORMATS).map(([value, { name }]) => ({ name, value }))),
    );

/** Makes the files, notes who took them, and hands them over. */
export async function exportTranscript(asked: Asked, context: CommandContext): Promise<CommandAnswer> {
  const readable = await context.readers.channelsFor(asked.guildId, [asked.user.id]);
  if (readable.ids.length === 0) return NOTHING_READABLE;
  const conversation = await chosen(asked, context, readable);
  if (typeof conversation === 'string') return conversation;
  const format = (asked.options.getString('format') ?? 'html') as ExportFormat;
  const channel = channelName(asked, conversation);
  let made: ExportedFiles;
  try {
    made = await context.exports.make({
      conversation,
      format,
      server: asked.guild.name,
      channel,
      mayRead: (line) => readable.mayRead(line),
      fileLimitBytes: asked.attachmentSizeLimit,
    });
  } catch (error) {
    if (error instanceof RangeError) return `${error.message} Plain text takes the least room: \`format: Plain text\`.`;
    throw error;
  }
  if (made.lines === 0) return emptyText(made);
  await context.audit.note({
    guildId: asked.guildId,
    by: { userId: asked.user.id, name: asked.member.displayName },
    act: 'export',
    what: `${format}, ${new Date(conversation.startedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC, ${channel}`,
    lines: made.lines,
  });
  const files = made.files.map(({ name, bytes }) => ({ name, bytes: Buffer.from(bytes) }));
  return { content: doneText(conversation, format, made), files };
}

/** The sessions that the typing person may read, newest first. */
export async function proposeSessions(typing: Typing, context: CommandContext): Promise<readonly Choice[]> {
  const { guildId } = typing;
  const { ids } = await context.readers.channelsFor(guildId, [typing.user.id]);
  if (ids.length === 0) return [];
  const conversations = await context.record.conversations({ guildId, channelIds: ids, limit: LOOKED_AT });
  const people = await context.record.people(conversations.map(({ id }) => id));
  const typed = typing.options.getFocused().toLowerCase();
  const choices = conversations.map((one): Choice => {
    const label = { people: people.get(one.id) ?? 0, channel: channelName(typing, one), now: Date.now() };
    return { name: sessionLabel(one, label), value: String(one.id) };
  });
  return choices.filter(({ name }) => name.toLowerCase().includes(typed)).slice(0, MOST_CHOICES);
}

async function chosen(
  { guildId, options }: Asked,
  { record }: CommandContext,
  { ids }: ReadableChannels,
): Promise<RecordedConversation | string> {
  const session = options.getString('session');
  if (session === null) {
    const [last] = await record.conversations({ guildId, channelIds: ids, limit: 1 });
    return last ?? 'Nothing was said yet that I still keep and that you may read.';
  }
  const id = /^\d{1,16}$/.test(session) ? Number(session) : Number.NaN;
  const found = Number.isSafeInteger(id) ? await record.conversation(guildId, id) : undefined;
  return found && ids.includes(found.channelId) ? found : UNKNOWN;
}

function channelName({ guild }: Pick<Asked, 'guild'>, { channelId }: RecordedConversation): string {
  return guild.channels.cache.get(channelId)?.name ?? 'a deleted channel';
}

function emptyText({ withheld }: ExportedFiles): string {
  if (withheld === 0) return 'Nothing was said in that session, or it was deleted since.';
  return 'You may not read what was said in that session: it was said or posted where you do not see it.';
}

function doneText(
  { channelId, startedAt, endedAt }: RecordedConversation,
  format: ExportFormat,
  { lines, withheld, packed, files }: ExportedFiles,
): string {
  const packing = {
    whole: '',
    zipped: ' It is larger than Discord takes, so it is zipped.',
    split: ` It is larger than Discord takes, so it is in ${files.length} files.`,
  }[packed];
  const began = `<t:${Math.floor(startedAt / 1000)}:f>`;
  return [
    `The conversation of ${began} in ${channelLink(channelId)} ${FORMATS[format].is}: ${counted(lines, 'line')}.${packing}`,
    ...(endedAt === null ? ['It still goes on; this is what was said so far.'] : []),
    ...(withheld > 0
      ? [`Left out: ${counted(withheld, 'line')} that were said or posted where you may not read.`]
      : []),
    'Whoever you give it to reads what people said in voice. That you took it stands in the audit log.',
  ].join('\n');
}
