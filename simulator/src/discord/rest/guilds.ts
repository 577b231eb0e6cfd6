import { Intent } from '../gateway/intents.ts';
import { channelJson, guildJson, memberJson, roleJson, voiceStateJson } from '../gateway/wire.ts';
import type { Channel, Json, Member } from '../guild/entities.ts';
import { ChannelType, isThread, isVoice } from '../guild/entities.ts';
import type { SimulatedGuild } from '../guild/guild.ts';
import { isAbove, Permission } from '../guild/permissions.ts';
import { DiscordError, FormFaults, refusal } from './discord-error.ts';
import { type AddRoute, botIn, type Call, guildOf, need, type RestWorld } from './routes.ts';

/** The longest time-out: 28 days. */
const LONGEST_TIMEOUT_MS = 28 * 86_400_000;

/** Routes of guilds, their members, roles and voice states. */
export function guildRoutes(world: RestWorld): (add: AddRoute) => void {
  return (add) => {
    add('GET', '/guilds/:guild', (call) => {
      const guild = guildOf(world, call);
      const counts = call.query.with_counts === 'true' && {
        approximate_member_count: guild.members.size,
        approximate_presence_count: guild.members.size,
      };
      return { ...guildJson({ ...guild, roles: guild.roles.values() }), ...counts };
    });
    add('GET', '/guilds/:guild/channels', (call) =>
      [...guildOf(world, call).channels.values()].filter((one) => one.type < 10 || one.type > 12).map(channelJson),
    );
    // https://docs.discord.com/developers/resources/guild#list-active-guild-threads
    add('GET', '/guilds/:guild/threads/active', (call) => {
      const threads = [...guildOf(world, call).channels.values()].filter((one) => isThread(one) && !one.archived);
      return { threads: threads.map(channelJson), members: [] };
    });
    add('GET', '/guilds/:guild/roles', (call) => [...guildOf(world, call).roles.values()].map(roleJson));
    memberRoutes(world, add);
    voiceRoutes(world, add);
  };
}

function memberRoutes(world: RestWorld, add: AddRoute): void {
  add('GET', '/guilds/:guild/members', (call) => {
    const guild = guildOf(world, call);
    // https://docs.discord.com/developers/resources/guild#list-guild-members
    if (!(world.grantedIntents & Intent.guildMembers)) throw refusal('missingAccess');
    return [...guild.members.values()].slice(0, Number(call.query.limit ?? 1)).map(memberJson);
  });
  add('GET', '/guilds/:guild/members/search', (call) => {
    const wanted = String(call.query.query ?? '').toLowerCase();
    const found = [...guildOf(world, call).members.values()].filter((one) =>
      (one.nick ?? one.user.username).toLowerCase().startsWith(wanted),
    );
    return found.slice(0, Number(call.query.limit ?? 1)).map(memberJson);
  });
  add('GET', '/guilds/:guild/members/:user', (call) => memberJson(memberOf(guildOf(world, call), call)));
  add('PATCH', '/guilds/:guild/members/@me', (call) => {
    const guild = guildOf(world, call);
    const bot = botIn(world, guild);
    if ('nick' in call.body) setNick(guild, bot, call.body.nick, guild.permissions(bot), 'ChangeNickname');
    guild.memberChanged(bot);
    return memberJson(bot);
  });
  add('PATCH', '/guilds/:guild/members/:user', (call) => patchMember(world, call));
}

function memberOf(guild: SimulatedGuild, call: Call): Member {
  const member = guild.members.get(call.params.user ?? '');
  if (!member) throw refusal('unknownMember');
  return member;
}

// https://docs.discord.com/developers/resources/guild#modify-guild-member: every field has its own permission.
function patchMember(world: RestWorld, call: Call): Json {
  const guild = guildOf(world, call);
  const member = memberOf(guild, call);
  const { body } = call;
  const bot = botIn(world, guild);
  const inVoice = guild.places.of(member.user.id);
  const rights = guild.permissions(bot, guild.channels.get(inVoice?.channelId ?? ''));
  if ('mute' in body) need(rights, 'MuteMembers');
  if ('deaf' in body) need(rights, 'DeafenMembers');
  if ('channel_id' in body) need(rights, 'MoveMembers');
  if ('roles' in body) need(rights, 'ManageRoles');
  if (('mute' in body || 'deaf' in body || 'channel_id' in body) && !inVoice) throw refusal('notInVoice');
  if ('communication_disabled_until' in body) timeOut(guild, bot, member, body.communication_disabled_until);
  if ('nick' in body)
    setNick(
      guild,
      member,
      body.nick,
      rights,
      member === bot ? 'ChangeNickname' : 'ManageNicknames',
      isAbove(guild, bot, member),
    );
  // Muting, deafening and moving go by permission alone; roles, names and time-outs by the order of roles too.
  if ('roles' in body && member !== bot && !isAbove(guild, bot, member)) throw refusal('missingPermissions');
  if ('roles' in body) member.roleIds = [...(body.roles ?? [])];
  if ('mute' in body) member.mute = Boolean(body.mute);
  if ('deaf' in body) member.deaf = Boolean(body.deaf);
  if ('channel_id' in body) moveMember(guild, bot, member, body.channel_id);
  else if ('mute' in body || 'deaf' in body) guild.places.tell(member.user.id);
  guild.memberChanged(member);
  return memberJson(member);
}

function setNick(
  guild: SimulatedGuild,
  member: Member,
  nick: unknown,
  rights: bigint,
  permission: 'ChangeNickname' | 'ManageNicknames',
  above = false,
): void {
  need(rights, permission);
  const others = permission === 'ManageNicknames';
  if (others ? !above : member.user.id === guild.ownerId) throw refusal('missingPermissions');
  const faults = new FormFaults();
  faults.text(nick, 'nick', { min: 0, max: 32 });
  faults.check();
  member.nick = (nick as string | null) || null;
}

function timeOut(guild: SimulatedGuild, bot: Member, member: Member, until: unknown): void {
  need(guild.permissions(bot), 'ModerateMembers');
  if (!isAbove(guild, bot, member)) throw refusal('missingPermissions');
  if (guild.permissions(member) & Permission.Administrator) throw refusal('missingPermissions');
  const at = until === null ? null : Date.parse(String(until));
  const faults = new FormFaults();
  if (Number.isNaN(at))
    faults.add('communication_disabled_until', 'DATE_TIME_TYPE_PARSE', `Could not parse ${until}. Should be ISO8601.`);
  else if (at !== null && at - Date.now() > LONGEST_TIMEOUT_MS) {
    faults.add(
      'communication_disabled_until',
      'GUILD_MEMBER_TIMEOUT_TOO_LONG',
      'Timeouts can last for 28 days at most',
    );
  }
  faults.check();
  member.timedOutUntil = at;
  if (at !== null) guild.places.leave(member.user.id);
}

function moveMember(guild: SimulatedGuild, bot: Member, member: Member, channelId: unknown): void {
  if (channelId === null) {
    guild.places.leave(member.user.id);
    return;
  }
  const channel = guild.channels.get(String(channelId));
  if (!channel) throw refusal('unknownChannel');
  if (!isVoice(channel)) throw refusal('wrongChannelType');
  // The mover must be able to connect to where the member is moved.
  need(guild.permissions(bot, channel), 'ViewChannel', 'Connect', 'MoveMembers');
  guild.places.move(member.user.id, channel.id);
}

function voiceRoutes(world: RestWorld, add: AddRoute): void {
  const state = (guild: SimulatedGuild, userId: string) => {
    const place = guild.places.of(userId);
    if (!place) throw refusal('unknownVoiceState');
    return { place, member: guild.members.get(userId) as Member };
  };
  const path = '/guilds/:guild/voice-states';
  add('GET', `${path}/@me`, (call) => {
    const guild = guildOf(world, call);
    const { place, member } = state(guild, world.bot.id);
    return voiceStateJson(place, member, guild.id);
  });
  add('GET', `${path}/:user`, (call) => {
    const guild = guildOf(world, call);
    const { place, member } = state(guild, call.params.user ?? '');
    return voiceStateJson(place, member, guild.id);
  });
  for (const who of ['@me', ':user']) {
    add('PATCH', `${path}/${who}`, (call) => {
      const guild = guildOf(world, call);
      const userId = call.params.user ?? world.bot.id;
      const { place } = state(guild, userId);
      const channel = guild.channels.get(place.channelId) as Channel;
      patchVoiceState({
        channel,
        body: call.body,
        own: userId === world.bot.id,
        rights: guild.permissions(botIn(world, guild), channel),
        place,
      });
      guild.places.tell(userId);
    });
  }
}

// https://docs.discord.com/developers/resources/voice#modify-current-user-voice-state: only in a stage channel.
function patchVoiceState(at: {
  channel: Channel;
  body: Json;
  own: boolean;
  rights: bigint;
  place: { suppress: boolean; requestToSpeakAt: string | null };
}): void {
  const { channel, body, rights, place } = at;
  if (channel.type !== ChannelType.stage)
    throw new DiscordError(400, 50024, 'Cannot execute action on this channel type');
  if (body.channel_id !== undefined && body.channel_id !== channel.id) throw refusal('unknownVoiceState');
  if (body.suppress === false || (body.suppress !== undefined && !at.own)) need(rights, 'MuteMembers');
  if (body.request_to_speak_timestamp && at.own) need(rights, 'RequestToSpeak');
  if (body.suppress !== undefined) place.suppress = Boolean(body.suppress);
  if (body.suppress) place.requestToSpeakAt = null;
  if (body.request_to_speak_timestamp !== undefined) place.requestToSpeakAt = body.request_to_speak_timestamp;
}
