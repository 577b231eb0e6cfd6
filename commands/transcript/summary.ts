import type { SlashCommandSubcommandBuilder } from 'discord.js';
import { personOf } from '../../src/names/person.ts';
import { WritingFailedError } from '../../src/ports/errors.ts';
import type { RecordedConversation } from '../../src/ports/record.ts';
import type { Asked, CommandAnswer, CommandContext } from '../command.ts';
import { counted, labelWords, plain } from '../text.ts';
import { paged, saidIn, statementLines, stillTold } from './found-lines.ts';
import { chosenSession, NOT_A_READER, NOTHING_KEPT, sessionLink, UNKNOWN_SESSION } from './sessions.ts';

/** An interaction can be answered for 15 minutes. */
const LIMIT_MS = 5 * 60_000;

/** The options of `/transcript summary`. */
export function summaryOptions(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub
    .setName('summary')
    .setDescription('Have a conversation summed up, with the times of what was said as evidence')
    .addIntegerOption((option) =>
      option
        .setName('session')
        .setDescription('Which one; the last one without it')
        .setAutocomplete(true)
        .setMinValue(1),
    );
}

/** Sums one conversation up. */
export async function sumUp(asked: Asked, context: CommandContext): Promise<CommandAnswer> {
  const { guildId } = asked;
  const { summaries, readers, audit } = context;
  if (summaries.label === null) return noModel();
  const readable = await readers.channelsFor(guildId, [asked.user.id]);
  if (readable.ids.length === 0) return NOT_A_READER;
  const conversation = await chosenSession(asked, context, readable);
  if (!conversation) return asked.options.getInteger('session') === null ? NOTHING_KEPT : UNKNOWN_SESSION;
  const range = { guildId, conversationId: conversation.id };
  const lines = await saidIn(context, readable, range);
  if (lines.length === 0) return 'Nothing was said in that conversation that I may sum up for you.';
  const by = personOf(asked);
  const what = `conversation ${conversation.id}, ${sessionWords(conversation)}`;
  await audit.note({ guildId, by, act: 'summary', what, lines: lines.length });
  const order = { guildId, channelId: conversation.channelId, by, lines };
  try {
    const statements = await summaries.sumUp(order, AbortSignal.timeout(LIMIT_MS));
    if (statements.length === 0) return 'The model found nothing in that conversation that it can show evidence for.';
    const title = `${sessionLink(conversation, readable.ids)}, <t:${Math.floor(conversation.startedAt / 1_000)}:f>, ${counted(lines.length, 'line')}, summed up by ${labelWords(summaries.label)}. It may be wrong: look at the times.`;
    const check = stillTold(context, asked, { range, lines, refusal: UNKNOWN_SESSION });
    return { pages: paged(title, statementLines(statements), check) };
  } catch (error) {
    return failureWords(error, context);
  }
}

/** What somebody reads who wants a summary and there is no model. */
function noModel(): string {
  return 'I have no text model that could sum it up: whoever runs me can set OPENAI_API_KEY or GEMINI_API_KEY. `/transcript search` works without.';
}

/** A failure in a sentence; throws what is none of the model's. */
export function failureWords(error: unknown, { log }: Pick<CommandContext, 'log'>): string {
  if (error instanceof WritingFailedError) {
    log.warn({ err: error }, 'a summary failed');
    return plain(error.message, 300).replaceAll('\\', '');
  }
  throw error;
}

function sessionWords({ startedAt, endedAt }: RecordedConversation): string {
  const day = new Date(startedAt).toISOString().slice(0, 16).replace('T', ' ');
  const minutes = endedAt === null ? undefined : Math.max(1, Math.round((endedAt - startedAt) / 60_000));
  return `${day} UTC, ${minutes === undefined ? 'going on' : counted(minutes, 'minute')}`;
}
