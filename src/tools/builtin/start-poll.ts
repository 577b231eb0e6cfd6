import { z } from 'zod';
import { wordsOf } from '../../ports/errors.ts';
import type { GuildTexts } from '../../ports/guild.ts';
import { defineTool, type Tool, ToolError } from '../tool.ts';

/** https://docs.discord.com/developers/resources/poll#poll-create-request-object */
const LONGEST_QUESTION = 300;
const LONGEST_ANSWER = 55;
const MOST_ANSWERS = 10;
const MOST_HOURS = 768;

/** One of Discord's own polls in the text channel. */
export function startPoll({ texts }: { texts: Pick<GuildTexts, 'postPoll'> }): Tool {
  return defineTool({
    name: 'start_poll',
    description:
      'Posts a poll to the text channel of this conversation, where everybody can vote. Use it when somebody asks for ' +
      'a poll or a vote. Who voted for what is shown by Discord.',
    input: z.object({
      question: z.string().trim().min(1).max(LONGEST_QUESTION).describe('What is asked'),
      answers: z
        .array(z.string().trim().min(1).max(LONGEST_ANSWER))
        .min(2)
        .max(MOST_ANSWERS)
        .describe(`2 to ${MOST_ANSWERS} answers of at most ${LONGEST_ANSWER} characters`),
      hours: z.int().min(1).max(MOST_HOURS).optional().describe('How long people can vote; 24 when left out'),
      multiple: z.boolean().optional().describe('Whether one person may choose several answers'),
    }),
    risk: 'write',
    needs: 'mayWrite',
    async run({ question, answers, hours = 24, multiple = false }, { room, askers, signal }) {
      const lines = answers.map(oneLine);
      if (new Set(lines.map((line) => line.toLowerCase())).size < lines.length) {
        throw new ToolError('Two of the answers are the same.');
      }
      signal.throwIfAborted();
      await texts
        .postPoll(room, { question: oneLine(question), answers: lines, hours, multiple }, askers)
        .catch(refused);
      return { posted: true, hours };
    },
  });
}

/** Nothing invisible, one blank between words. A poll knows neither markdown nor mentions. */
function oneLine(text: string): string {
  const line = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  if (line === '') throw new ToolError('A text of the poll has nothing that can be seen.');
  return line;
}

function refused(error: unknown): never {
  throw new ToolError(`The poll could not be posted: ${wordsOf(error, 'something in me broke.')}`);
}
