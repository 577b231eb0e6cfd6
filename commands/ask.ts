import { type APIGuildMember, ChannelType, type GuildBasedChannel, Routes } from 'discord.js';
import { personOf } from '../src/names/person.ts';
import type { Asked, Command, CommandContext } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { missingRights, sees } from './permissions.ts';
import { channelLink, listed, plain } from './text.ts';

const LONGEST = 1000;
const NOWHERE = 'I am in no voice channel here, so nobody would hear my answer. `/join` brings me into one.';
const ENOUGH = 'Some questions of yours are still waiting. I answer these first; then ask me again.';
const MUTED = 'You are muted on this server, so I do not speak for you either. A moderator can unmute you.';

/** Types into the conversation; the bot answers there, aloud or in writing. */
export const ask: Command = {
  data: guildCommand('ask', 'Type something to me; I answer in the voice channel').addStringOption((option) =>
    option.setName('text').setDescription('What you want to say to me').setRequired(true).setMaxLength(LONGEST),
  ),

  async execute(asked, context) {
    const refused = refusal(asked, context) ?? (await silenced(asked, context));
    if (refused) return refused;
    // Where the database cannot be read, nobody is kept from asking.
    const spent = await context.usage.spent(asked.guildId, asked.user.id).catch(() => undefined);
    if (spent)
      return `I cannot answer you: ${spent.words} is spent. It begins anew <t:${Math.ceil(spent.until / 1000)}:R>.`;
    const bridge = context.bridges.find(asked.guildId);
    // It may have left while Discord was asked.
    if (!bridge) return NOWHERE;
    const text = asked.options.getString('text', true).trim();
    if (!bridge.ask(personOf(asked), text)) return ENOUGH;
    // Only for the asker: everybody else reads the question in the transcript.
    const where = channelLink(bridge.channelId);
    const isThere = asked.member.voice.channelId === bridge.channelId;
    return `I answer in ${where}${isThere ? '' : ', where you are not: join it to hear me'}. You asked: ${plain(text, LONGEST)}`;
  },
};

function refusal(asked: Asked, { bridges }: CommandContext): string | undefined {
  const bridge = bridges.find(asked.guildId);
  if (!bridge && bridges.opening(asked.guildId)) return 'I am just joining. Ask me again in a few seconds.';
  if (!bridge) return NOWHERE;
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

/** Whoever may not speak in the channel, or not come there, has the bot say nothing there either. */
async function silenced(asked: Asked, { bridges, log }: CommandContext): Promise<string | undefined> {
  const channel = asked.guild.channels.cache.get(bridges.find(asked.guildId)?.channelId ?? '');
  const { voice } = asked.member;
  const isThere = channel !== undefined && voice.channelId === channel.id;
  const lacking = channel && lackingRights(channel, asked, isThere);
  if (lacking) return lacking;
  // Discord tells of a mute with voice states: of somebody who is in no channel it has to be asked.
  if (voice.channelId !== null) return voice.serverMute ? MUTED : undefined;
  try {
    const route = Routes.guildMember(asked.guildId, asked.user.id);
    return ((await asked.client.rest.get(route)) as APIGuildMember).mute ? MUTED : undefined;
  } catch (error) {
    log.warn({ err: error, guildId: asked.guildId }, 'could not look whether somebody is muted');
    return 'Discord does not tell me just now whether you may speak there. Try again in a moment.';
  }
}

function lackingRights(channel: GuildBasedChannel, { member }: Asked, isThere: boolean): string | undefined {
  const isStage = channel.type === ChannelType.GuildStageVoice;
  // On a stage nobody has Speak: who may speak is said each time. Whoever was moved in may be there without Connect.
  const needed = [...(isThere ? [] : (['Connect'] as const)), ...(isStage ? [] : (['Speak'] as const))];
  const missing = missingRights(channel, member, needed).map((right) => `**${right}**`);
  if (missing.length > 0)
    return `You lack ${listed(missing)} in ${channelLink(channel.id)}, so I do not speak for you there.`;
  return isThere && member.voice.suppress
    ? 'You are in the audience, so I do not speak for you. Become a speaker, and ask me again.'
    : undefined;
}
