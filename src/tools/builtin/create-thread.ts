import { z } from 'zod';
import { wordsOf } from '../../ports/errors.ts';
import type { GuildTexts } from '../../ports/guild.ts';
import { defineTool, type Tool, ToolError } from '../tool.ts';

/** A thread in the text channel. `escape` makes harmless what the model wrote, one line at a time. */
export function createThread(options: { texts: Pick<GuildTexts, 'createThread'>; escape(text: string): string }): Tool {
  return defineTool({
    name: 'create_thread',
    description:
      'Opens a public thread in the text channel of this conversation. Use it when somebody wants a place in writing ' +
      'for one topic.',
    input: z.object({
      name: z.string().trim().min(1).max(100).describe('What the thread is called'),
      text: z.string().trim().max(800).optional().describe('What stands in it first'),
    }),
    risk: 'write',
    needs: 'mayWrite',
    async run({ name, text = '' }, { room, askers, signal }) {
      const shown = name
        .toWellFormed()
        .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
        .trim();
      if (shown === '') throw new ToolError('The name of the thread has nothing that can be seen.');
      const names = askers.map((person) => `**${options.escape(person.name)}**`).join(', ');
      const lines = text.split(/\r?\n/).map((line) => options.escape(line));
      const first = text === '' ? null : [`Written for ${names}:`, ...lines].join('\n').slice(0, 2_000);
      signal.throwIfAborted();
      try {
        const id = await options.texts.createThread(room, { name: shown, first }, askers);
        return { created: true, thread: shown, link: `https://discord.com/channels/${room.guildId}/${id}` };
      } catch (error) {
        throw new ToolError(`The thread could not be opened: ${wordsOf(error, 'something in me broke.')}`);
      }
    },
  });
}
