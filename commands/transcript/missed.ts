import { personOf } from '../../src/names/person.ts';
import type { LineRange, RecordedConversation, RecordedLine, RecordedUtterance } from '../../src/ports/record.ts';
import type { UserId } from '../../src/ports/voice.ts';
import type { Asked, Command, CommandAnswer, CommandContext } from '../command.ts';
import { guildCommand } from '../guild-command.ts';
import { counted, labelWords } from '../text.ts';
import { paged, saidIn, saidLine, statementLines, stillTold } from './found-lines.ts';
import { NOT_A_READER } from './sessions.ts';
import { failureWords } from './summary.ts';

const LIMIT_MS = 5 * 60_000;
/** Without a model; nobody reads more in a hurry. */
const LAST_LINES = 30;
/** Whoever was there before the bot joins with it. */
const BEGINNING_MS = 5_000;
const NOT_HERE = 'You may not read what is said in this conversation.';

/** For whoever comes late: what was said while they were away. */
export const missed: Command = {
  data: guildCommand('missed', 'What was said in the running conversation while you were not there'),

  async execute(asked, context) {
    const { guildId } = asked;
    const { bridges, readers, record } = context;
    const bridge = bridges.find(guildId);
    if (!bridge && bridges.opening(guildId)) return 'I am just joining: you have missed nothing.';
    if (!bridge) return 'I am in no conversation on this server. `/transcript summary` sums up one that is over.';
    const readable = await readers.channelsFor(guildId, [asked.user.id]);
    if (readable.ids.length === 0) return NOT_A_READER;
    if (!readable.ids.includes(bridge.channelId)) return NOT_HERE;
    // It may have begun in a channel that they do not see: each line is asked for.
    const channelIds = [...new Set([bridge.channelId, ...(await record.channels(guildId))])];
    const [conversation] = await record.conversations({ guildId, channelIds, limit: 1 });
    if (!conversation || conversation.endedAt !== null) return NOT_HERE;
    const away = await absence(context, conversation, asked.user.id);
    if (!away) return 'You have missed nothing: you have been here since I joined.';
    const range = { guildId, conversationId: conversation.id, ...away };
    const lines = await saidIn(context, readable, range);
    if (lines.length === 0) return 'Nothing was said that I may tell you.';
    return retold(asked, context, { conversation, range, lines });
  },
};

interface Retold {
  readonly conversation: RecordedConversation;
  readonly range: LineRange;
  readonly lines: readonly RecordedUtterance[];
}

async function retold(
  asked: Asked,
  context: CommandContext,
  { conversation, range, lines }: Retold,
): Promise<CommandAnswer> {
  const { guildId } = asked;
  const { summaries, audit } = context;
  const by = personOf(asked);
  const check = stillTold(context, asked, { range, lines, refusal: NOT_HERE });
  const last = async (why: string): Promise<CommandAnswer> => {
    const shown = lines.slice(-LAST_LINES);
    await audit.note({ guildId, by, act: 'missed', what: `the last lines, ${conversation.id}`, lines: shown.length });
    const title = `${why}The last of what was said while you were not there:`;
    return { pages: paged(title, shown.map(saidLine), check) };
  };
  if (summaries.label === null) return last('');
  await audit.note({ guildId, by, act: 'missed', what: `a summary, ${conversation.id}`, lines: lines.length });
  try {
    const order = { guildId, channelId: conversation.channelId, by, lines };
    const statements = await summaries.sumUp(order, AbortSignal.timeout(LIMIT_MS));
    if (statements.length === 0) return last('');
    const title = `While you were not there (${counted(lines.length, 'line')}, summed up by ${labelWords(summaries.label)}; it may be wrong):`;
    return { pages: paged(title, statementLines(statements), check) };
  } catch (error) {
    return last(`${failureWords(error, context)}\n`);
  }
}

/** From when to when somebody was not there; undefined: they were there all the time. Now, where they still are not. */
async function absence(
  { record }: CommandContext,
  { id, guildId, startedAt }: RecordedConversation,
  userId: UserId,
): Promise<{ readonly since: number; readonly until?: number } | undefined> {
  let leftAt = startedAt;
  let last: { readonly since: number; readonly until: number } | undefined;
  let here = false;
  for await (const line of record.lines({ guildId, conversationId: id })) {
    if (!isPresenceOf(line, userId)) continue;
    if (line.kind === 'left') {
      leftAt = line.startedAt;
      here = false;
    } else if (!here) {
      const first = leftAt === startedAt && line.startedAt - startedAt < BEGINNING_MS;
      if (!first) last = { since: leftAt, until: line.startedAt };
      here = true;
    }
  }
  return here ? last : { since: leftAt };
}

function isPresenceOf(line: RecordedLine, userId: UserId): line is RecordedLine & { kind: 'joined' | 'left' } {
  return (line.kind === 'joined' || line.kind === 'left') && line.userId === userId;
}
