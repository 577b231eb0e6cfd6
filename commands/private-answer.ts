import type { RecordedUtterance } from '../src/ports/record.ts';
import type { Person } from '../src/ports/voice.ts';
import type { CommandAnswer, CommandContext } from './command.ts';
import { channelLink, plain } from './text.ts';
import { type Page, pagesOf } from './transcript/found-lines.ts';

const NOTHING = 'There is nothing (any more) that I may show you.';
/** Of one line. */
const LONGEST = 400;

/** What a private answer is about. */
interface Asked {
  readonly by: Person;
  readonly guildId: string;
  readonly what: string;
  readonly words: string | undefined;
  lines(): Promise<readonly RecordedUtterance[]>;
}

/** The lines of a private answer, for whoever asked and pressed its button: what they may read at this moment. */
export async function privateAnswer(
  { by, guildId, what, words, lines }: Asked,
  context: Pick<CommandContext, 'readers' | 'consentedLines' | 'audit'>,
): Promise<CommandAnswer> {
  if (words !== undefined) return words;
  const shown = async (): Promise<readonly RecordedUtterance[]> => {
    const readable = await context.readers.channelsFor(guildId, [by.userId]);
    const consented = context.consentedLines(guildId);
    const kept: RecordedUtterance[] = [];
    for (const line of await lines())
      if ((await readable.mayRead(line)) && (await consented.has(line))) kept.push(line);
    return kept;
  };
  return {
    pages: async (at): Promise<Page> => {
      const all = await shown();
      if (all.length === 0) return { content: NOTHING, more: false };
      await context.audit.note({ guildId, by, act: 'tool', what, lines: all.length });
      const pages = pagesOf('Only you see this. I found:', all.map(lineWords));
      return { content: pages[at] ?? NOTHING, more: at < pages.length - 1 };
    },
  };
}

function lineWords({ name, startedAt, channelId, posts, guildId, text }: RecordedUtterance): string {
  const [post] = posts;
  const link = post ? ` ([read](https://discord.com/channels/${guildId}/${post.channelId}/${post.messageId}))` : '';
  const who = `**${plain(name, 32) || 'Somebody unknown'}**`;
  return `${who} <t:${Math.floor(startedAt / 1_000)}:f> in ${channelLink(channelId)}${link}: ${plain(text, LONGEST)}`;
}
