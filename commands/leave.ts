import { PermissionFlagsBits } from 'discord.js';
import type { Asked, Command } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { sees } from './rights.ts';
import { channelLink } from './words.ts';

/** Sends the bot away. For the people who are with it, and for those who may disconnect others. */
export const leave: Command = {
  data: guildCommand('leave', 'Send me out of the voice channel'),

  async execute(asked, { bridges }) {
    const bridge = bridges.find(asked.guildId);
    if (!bridge) return 'I am in no voice channel here. `/join` brings me into one.';
    const channel = asked.guild.channels.cache.get(bridge.channelId);
    const where = sees(channel, asked.member) ? channelLink(bridge.channelId) : 'a voice channel that you cannot see';
    if (asked.member.voice.channelId !== bridge.channelId && !mayMove(asked, bridge.channelId)) {
      return `I am in ${where}. Only people who are in it, or who have **Move Members** there, can send me away.`;
    }
    await bridge.close({ kind: 'asked', by: asked.user.id });
    return `I left ${where}. I no longer hear anything. \`/join\` brings me back.`;
  },
};

function mayMove(asked: Asked, channelId: string): boolean {
  const channel = asked.guild.channels.cache.get(channelId);
  const rights = channel ? channel.permissionsFor(asked.member) : asked.member.permissions;
  return rights.has(PermissionFlagsBits.MoveMembers);
}
