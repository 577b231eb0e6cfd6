import { z } from 'zod';
import { wordsOf } from '../../ports/errors.ts';
import { defineTool, type Tool, ToolError } from '../tool.ts';

const LONGEST_TEXT = 1_800;
/** Discord's limit for one message is 2,000 characters. */
const MESSAGE_LIMIT = 2_000;

/**
 * Posts to the transcript's text channel in the name of whoever asked. `escape` makes harmless what the model wrote
 * (mentions, markdown): it gets one line of text and gives what Discord shows as that text.
 */
export function postMessage(options: { escape(text: string): string }): Tool {
  return defineTool({
    name: 'post_message',
    description:
      'Posts a text to the text channel of this conversation, where everybody can read it. Use it when somebody asks ' +
      `to have something written down or posted. Plain text, at most ${LONGEST_TEXT} characters; mentions do not notify.`,
    input: z.object({
      text: z.string().trim().min(1).max(LONGEST_TEXT).describe('The text to post, as it should be read'),
    }),
    risk: 'write',
    needs: 'mayWrite',
    async run({ text }, { askers, text: channel, signal }) {
      const names = askers.map((person) => `**${options.escape(person.name)}**`).join(', ');
      const lines = text.split(/\r?\n/).map((line) => options.escape(line));
      const messages = fill([`Posted for ${names}:`, ...lines]);
      for (const message of messages) {
        signal.throwIfAborted();
        await channel.post(message).catch((error: unknown) => {
          throw new ToolError(`The message could not be posted: ${wordsOf(error, 'something in me broke.')}`);
        });
      }
      return { posted: true, messages: messages.length };
    },
  });
}

/** Lines into as few messages as hold them; a line that is too long by itself is broken, never inside an escape. */
function fill(lines: readonly string[]): string[] {
  const messages: string[] = [];
  let open = '';
  for (const line of lines.flatMap(breakUp)) {
    const longer = open === '' ? line : `${open}\n${line}`;
    if (longer.length > MESSAGE_LIMIT) {
      messages.push(open);
      open = line;
    } else open = longer;
  }
  if (open.trim() !== '') messages.push(open);
  return messages;
}

function breakUp(line: string): string[] {
  const pieces: string[] = [''];
  for (const [unit] of line.matchAll(/\\?./gsu)) {
    const last = pieces.length - 1;
    if (pieces[last]!.length + unit.length > MESSAGE_LIMIT) pieces.push(unit);
    else pieces[last] += unit;
  }
  return pieces;
}
