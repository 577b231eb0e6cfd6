import { Permission, type SimulatedGuild } from '@parley/simulator/discord';

/** A voice channel that only a role sees, and the people named here (user ids). `board` and `role` are ids. */
export function hiddenRoom(guild: SimulatedGuild, alsoSeenBy: readonly string[] = []) {
  const role = guild.createRole({ name: 'board' });
  const board = guild.createVoiceChannel({ name: 'Board', denyEveryone: ['ViewChannel'] });
  const hidden = guild.channels.get(board);
  if (!hidden) throw new Error('the channel that was just made is not there');
  hidden.overwrites.push({ id: role, type: 0, allow: Permission.ViewChannel, deny: 0n });
  for (const id of alsoSeenBy) hidden.overwrites.push({ id, type: 1, allow: Permission.ViewChannel, deny: 0n });
  guild.channelChanged(hidden);
  return { board, hidden, role };
}
