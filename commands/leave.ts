import { PermissionFlagsBits } from 'discord.js';
import { personOf } from '../src/names/person.ts';
import type { Opening } from '../src/ports/conversation.ts';
import type { Asked, Command } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { sees } from './permissions.ts';
import { channelLink, plain } from './text.ts';

/** Sends the bot away. For the people who are with it, and for those who may disconnect others. */
export const leave: Command = {
  data: guildCommand('leave', 'Send me out of the voice channel'),

  async execute(asked, { bridges }) {
    const bridge = bridges.find(asked.guildId);
    const opening = bridge ? undefined : bridges.opening(asked.guildId);
    if (opening) return callOff(asked, opening);
    if (!bridge && bridges.waiting.remove(asked.guildId))
      return 'I do not come any more: the place in the queue is given up.';
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

/** The same people may call it off, and who asked for it. */
async function callOff(asked: Asked, opening: Opening): Promise<string> {
  const { channelId, by } = opening;
  const channel = asked.guild.channels.cache.get(channelId);
  const where = sees(channel, asked.member) ? channelLink(channelId) : 'a voice channel that you cannot see';
  const may = by.userId === asked.user.id || asked.member.voice.channelId === channelId || mayMove(asked, channelId);
  if (!may) {
    return `I am just joining ${where}. Only people who are in it, whoever asked me in, and people who have **Move Members** there can call me off.`;
  }
  const who = plain(personOf(asked).name);
  await opening.callOff(`${who} sent me away before I had joined. \`/join\` brings me in.`);
  return `I do not join ${where}. \`/join\` brings me in.`;
}

function mayMove(asked: Asked, channelId: string): boolean {
  const channel = asked.guild.channels.cache.get(channelId);
  const rights = channel ? channel.permissionsFor(asked.member) : asked.member.permissions;
  return rights.has(PermissionFlagsBits.MoveMembers);
}
