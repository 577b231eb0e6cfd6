import { type Channel, isThread, type Json, type Member } from '../guild/entities.ts';
import type { SimulatedGuild } from '../guild/guild.ts';
import { channelJson, guildJson, memberJson, voiceStateJson } from './wire.ts';

/**
 * GUILD_CREATE. Without the members intent it has only the bot and who is in voice.
 * https://docs.discord.com/developers/events/gateway-events#guild-create
 */
export function guildCreateJson(
  guild: SimulatedGuild,
  botId: string,
  options: { allMembers: boolean; voiceStates: boolean },
): Json {
  const channels = [...guild.channels.values()];
  const shown = (one: Member) =>
    options.allMembers || one.user.id === botId || (!guild.reticent && guild.places.of(one.user.id));
  const states = guild.places.all().map((place) => {
    const {
      guild_id: _guild,
      member: _member,
      ...state
    } = voiceStateJson(place, guild.members.get(place.userId) as Member, guild.id);
    return state;
  });
  return {
    ...guildJson({ ...guild, roles: guild.roles.values() }),
    joined_at: guild.members.get(botId)?.joinedAt,
    large: false,
    unavailable: false,
    member_count: guild.members.size,
    members: [...guild.members.values()].filter(shown).map(memberJson),
    voice_states: options.voiceStates ? states : [],
    channels: channels.filter((one: Channel) => !isThread(one)).map(channelJson),
    threads: channels.filter(isThread).map(channelJson),
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}
