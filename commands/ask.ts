import type { Asked, Command, CommandContext } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { sees } from './rights.ts';
import { channelLink, plain } from './words.ts';

const LONGEST = 1000;

/** Types into the conversation; the bot answers aloud. */
export const ask: Command = {
  data: guildCommand('ask', 'Type something to me; I answer aloud in the voice channel').addStringOption((option) =>
    option.setName('text').setDescription('What you want to say to me').setRequired(true).setMaxLength(LONGEST),
  ),

  // In the voice channel's own chat everybody hears the answer, so everybody may read who asked what. Elsewhere others
  // would read a question whose answer they do not hear, perhaps about a channel that they cannot see; and a refusal
  // concerns only the asker.
  isPublic: (asked, context) =>
    refusal(asked, context) === undefined && context.bridges.find(asked.guildId)?.channelId === asked.channelId,

  async execute(asked, context) {
    const refused = refusal(asked, context);
    if (refused) return refused;
    const bridge = context.bridges.find(asked.guildId)!;
    const text = asked.options.getString('text', true).trim();
    bridge.ask({ userId: asked.user.id, name: asked.member.displayName }, text);
    return `**${plain(asked.member.displayName)}** asks in ${channelLink(bridge.channelId)}: ${plain(text, LONGEST)}`;
  },
};

function refusal(asked: Asked, { bridges }: CommandContext): string | undefined {
  const bridge = bridges.find(asked.guildId);
  if (!bridge) return 'I am in no voice channel here, so nobody would hear my answer. `/join` brings me into one.';
  if (!sees(asked.guild.channels.cache.get(bridge.channelId), asked.member)) {
    return 'I am in a voice channel that you cannot see, so you cannot ask me there.';
  }
  if (asked.options.getString('text', true).trim() === '')
    return 'There is nothing in your question. Type some words after `text:`.';
  return undefined;
}
