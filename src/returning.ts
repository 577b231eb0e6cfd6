import type { Client, VoiceBasedChannel } from 'discord.js';
import { PermissionFlagsBits } from 'discord.js';
import type { Bridges } from './bridge/bridge-ports.ts';
import { LineLostError, SessionLostError } from './bridge/errors.ts';
import type { Log } from './log.ts';
import type { Place, PlaceStore } from './store/places.ts';

/** What coming back needs. */
export interface ReturningParts {
  readonly client: Client<true>;
  readonly places: PlaceStore;
  readonly bridges: Bridges;
  readonly log: Log;
}

/**
 * After a crash: goes back into the voice channels in which the bot was, all at once, where somebody still is and it
 * still may; forgets the others. Never rejects.
 */
export async function returnToPlaces(parts: ReturningParts): Promise<void> {
  try {
    await Promise.all((await parts.places.all()).map((place) => comeBack(place, parts)));
  } catch (error) {
    parts.log.warn({ err: error }, 'could not look where I was before the restart');
  }
}

async function comeBack(place: Place, { client, places, bridges, log }: ReturningParts): Promise<void> {
  const { guildId, channelId } = place;
  const channel = client.guilds.cache.get(guildId)?.channels.cache.get(channelId);
  const obstacle = channel?.isVoiceBased() ? obstacleTo(channel) : 'the channel is gone';
  if (obstacle) {
    log.info({ guildId, channelId, obstacle }, 'not going back into the voice channel of before the restart');
    await places.forget(guildId);
    return;
  }
  try {
    await bridges.open({ ...place, returning: true });
    log.info({ guildId, channelId }, 'back in the voice channel of before the restart');
  } catch (error) {
    if (!(error instanceof LineLostError || error instanceof SessionLostError)) throw error;
    log.warn({ guildId, channelId, reason: error.message }, 'could not go back into the voice channel');
    await places.forget(guildId);
  }
}

/** What stands against it, for the log. */
function obstacleTo(channel: VoiceBasedChannel): string | undefined {
  const me = channel.guild.members.me;
  const needed = [PermissionFlagsBits.ViewChannel, PermissionFlagsBits.Connect];
  if (!me || !channel.permissionsFor(me).has(needed)) return 'the right to join is gone';
  if (!channel.members.some((member) => !member.user.bot)) return 'nobody is there any more';
  return undefined;
}
