import type { Asked, Command, CommandContext } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { sees } from './rights.ts';
import { channelLink, plain } from './words.ts';

const LONGEST = 1000;

/** Types into the conversation; the bot answers there, aloud or in writing. */
export const ask: Command = {
  data: guildCommand('ask', 'Type something to me; I answer in the voice channel').addStringOption((option) =>
    option.setName('text').setDescription('What you want to say to me').setRequired(true).setMaxLength(LONGEST),
  ),

  async execute(asked, context) {
    const refused = refusal(asked, context);
    if (refused) return refused;
    const bridge = context.bridges.find(asked.guildId)!;
    const text = asked.options.getString('text', true).trim();
    bridge.ask({ userId: asked.user.id, name: asked.member.displayName }, text);
    // Only for the asker: everybody else reads the question in the transcript.
    const where = channelLink(bridge.channelId);
    const isThere = asked.member.voice.channelId === bridge.channelId;
    return `I answer in ${where}${isThere ? '' : ', where you are not: join it to hear me'}. You asked: ${plain(text, LONGEST)}`;
  },
};

function refusal(asked: Asked, { bridges }: CommandContext): string | undefined {
  const bridge = bridges.find(asked.guildId);
  if (!bridge) return 'I am in no voice channel here, so nobody would hear my answer. `/join` brings me into one.';
  if (!sees(asked.guild.channels.cache.get(bridge.channelId), asked.member)) {
    return 'I am in a voice channel that you cannot see, so you cannot ask me there.';
  }
  if (bridge.status().mode === 'listen') {
    return 'I only write down what is said there, so I cannot answer. To have me answer, type `/leave` and then `/join mode:talk`.';
  }
  if (asked.options.getString('text', true).trim() === '')
    return 'There is nothing in your question. Type some words after `text:`.';
  return undefined;
}
