import type { SlashCommandSubcommandBuilder } from 'discord.js';
import { personOf } from '../../src/names/person.ts';
import { BusyError } from '../../src/ports/errors.ts';
import type { ExportedFiles, ExportFormat, ExportRequest } from '../../src/ports/export.ts';
import type { RecordedConversation } from '../../src/ports/record.ts';
import type { Asked, CommandAnswer, CommandContext } from '../command.ts';
import { counted } from '../text.ts';
import { chosenSession, NOT_A_READER, NOTHING_KEPT, sessionChannel, sessionLink, UNKNOWN_SESSION } from './sessions.ts';

/** What the asker is offered, and what the file then is. */
const FORMATS: Readonly<Record<ExportFormat, { readonly name: string; readonly is: string }>> = {
  html: { name: 'Page to open in a browser', is: 'as a page to open in a browser' },
  txt: { name: 'Plain text', is: 'as plain text' },
  md: { name: 'Markdown', is: 'as Markdown' },
  json: { name: 'JSON: everything, for programs', is: 'as JSON' },
  csv: { name: 'Table (CSV)', is: 'as a table' },
  'csv-semicolon': { name: 'Table (CSV with semicolons, for Excel in German, French, Spanish …)', is: 'as a table' },
  srt: { name: 'Subtitles (SRT)', is: 'as subtitles' },
  vtt: { name: 'Subtitles (WebVTT)', is: 'as subtitles' },
};
/** `/transcript export`. */
export const exportSubcommand = (sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder =>
  sub
    .setName('export')
    .setDescription('Take a conversation away as a file')
    .addIntegerOption((option) =>
      option
        .setName('session')
        .setDescription('Without it: the one that runs, or the last one')
        .setAutocomplete(true)
        .setMinValue(1),
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
  if (readable.ids.length === 0) return NOT_A_READER;
  const conversation = await chosenSession(asked, context, readable);
  if (!conversation) return asked.options.getInteger('session') === null ? NOTHING_KEPT : UNKNOWN_SESSION;
  const format = (asked.options.getString('format') ?? 'html') as ExportFormat;
  const channel = sessionChannel(asked, conversation, readable.ids);
  // It may have to wait for its turn, and is given to who may read it then.
  let atItsTurn: ReturnType<typeof context.readers.channelsFor> | undefined;
  const mayRead: ExportRequest['mayRead'] = async (line) => {
    atItsTurn ??= context.readers.channelsFor(asked.guildId, [asked.user.id]);
    return (await atItsTurn).mayRead(line);
  };
  let made: ExportedFiles;
  try {
    made = await context.exports.make({
      conversation,
      format,
      server: asked.guild.name,
      channel,
      zone: (await context.times.of(asked.guildId, null)).zone,
      by: { guildId: asked.guildId, userId: asked.user.id },
      mayRead,
      fileLimitBytes: asked.attachmentSizeLimit,
    });
  } catch (error) {
    if (error instanceof BusyError) return error.message;
    if (error instanceof RangeError) return tooLargeText(error, format);
    throw error;
  }
  if (made.lines === 0) return emptyText(made);
  await context.audit.note({
    guildId: asked.guildId,
    by: personOf(asked),
    act: 'export',
    what: `${format}, ${new Date(conversation.startedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC, ${channel}`,
    lines: made.lines,
  });
  const files = made.files.map(({ name, bytes }) => ({ name, bytes: Buffer.from(bytes) }));
  return { content: doneText(conversation, { format, made, link: sessionLink(conversation, readable.ids) }), files };
}

function tooLargeText({ message }: RangeError, format: ExportFormat): string {
  const next =
    format === 'txt' ? 'Find what you need with `/transcript search`.' : '`format: Plain text` takes the least room.';
  return `${message} ${next}`;
}

function emptyText({ withheld }: ExportedFiles): string {
  if (withheld === 0) return 'Nothing was said in that session, or it was deleted since.';
  return 'You may not read what was said in that session: it was said or posted where you do not see it.';
}

function doneText(
  { startedAt, endedAt }: RecordedConversation,
  { format, made, link }: { readonly format: ExportFormat; readonly made: ExportedFiles; readonly link: string },
): string {
  const { lines, withheld, packed, files } = made;
  const packing = {
    whole: '',
    zipped: ' It is larger than Discord takes, so it is zipped.',
    split: ` It is larger than Discord takes, so it is in ${files.length} files.`,
  }[packed];
  const began = `<t:${Math.floor(startedAt / 1000)}:f>`;
  return [
    `The conversation of ${began} in ${link} ${FORMATS[format].is}: ${counted(lines, 'line')}.${packing}`,
    ...(endedAt === null ? ['It still goes on; this is what was said so far.'] : []),
    ...(withheld > 0 ? [`Left out: ${counted(withheld, 'line')} from where you may not read.`] : []),
    'Whoever you give it to reads what people said in voice. That you took it stands in the audit log.',
  ].join('\n');
}
