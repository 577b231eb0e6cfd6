import {
  type Client,
  DiscordAPIError,
  type Guild,
  type GuildMember,
  PermissionFlagsBits,
  RESTJSONErrorCodes,
  type VoiceBasedChannel,
} from 'discord.js';
import { wallClock } from '../../clock/wall-clock.ts';
import { shownNameOf } from '../../names/person.ts';
import type { MemberAct, Moderation, ModerationOrder } from '../../ports/guild.ts';
import type { Person } from '../../ports/voice.ts';
import { RestRefusal } from '../rest/refusal.ts';
import { type Access, allows, permissionsOf, subjectOf } from './access.ts';
import { freshAccess } from './fresh-access.ts';
import { auditReason, isTimedOut, memberOf } from './members.ts';

/** What each act takes, and what Discord calls it. */
const RIGHTS = {
  mute: ['MuteMembers', 'Mute Members'],
  move: ['MoveMembers', 'Move Members'],
  disconnect: ['MoveMembers', 'Move Members'],
  timeout: ['ModerateMembers', 'Timeout Members'],
} as const;

/** Acts on members in voice, where Discord would let everybody who asked do the same by hand. */
export class DiscordModeration implements Moderation {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  voiceChannels(guildId: string, by: readonly Person[]): readonly { readonly id: string; readonly name: string }[] {
    const guild = this.#client.guilds.cache.get(guildId);
    if (!guild) return [];
    const members = by.map(({ userId }) => guild.members.cache.get(userId));
    const channels = [...guild.channels.cache.values()].filter((one): one is VoiceBasedChannel => one.isVoiceBased());
    return channels
      .filter((channel) =>
        members.every((one) => one && channel.permissionsFor(one).has(PermissionFlagsBits.ViewChannel)),
      )
      .map(({ id, name }) => ({ id, name }));
  }

  async check(order: ModerationOrder): Promise<void> {
    await this.#permitted(order);
  }

  async act(order: ModerationOrder): Promise<void> {
    const how = order.pressed ? 'with the button of a card' : 'by voice';
    await carryOut(await this.#permitted(order), order.act, auditReason(order.by, how));
  }

  /** The member whom it is about, as Discord knows them now. */
  async #permitted(order: ModerationOrder): Promise<GuildMember> {
    const guild = this.#client.guilds.cache.get(order.guildId);
    const me = guild?.members.me;
    if (!guild || !me) throw new Error('I am not on that server any more.');
    if (order.by.length === 0) throw new Error('It is not known who asked for it.');
    const target = await memberOf(guild, order.target);
    if (target.id === me.id) throw new Error('I do not do that to myself. /leave sends me away.');
    if (target.id === guild.ownerId)
      throw new Error(`${named(target)} owns this server, so nobody may do that to them.`);
    const channel = target.voice.channel;
    const anywhere = order.pressed === true && order.act.kind === 'timeout';
    if (!channel && !anywhere) throw new Error(`${named(target)} is in no voice channel.`);
    const access = await freshAccess(guild).catch((cause: unknown) => {
      throw new Error('I could not ask Discord who may do that now. Try again in a moment.', { cause });
    });
    for (const person of order.by) {
      const member = await memberOf(guild, person);
      mayAct(member, order.act, target, channel);
      mayStill(access, member, order.act, target, channel);
    }
    mayAct(me, order.act, target, channel);
    const destination = order.act.kind === 'move' ? destinationOf(guild, order.act.channelId) : undefined;
    if (destination) {
      for (const person of order.by) mayEnter(await memberOf(guild, person), destination, access);
      mayEnter(me, destination, access);
    }
    return target;
  }
}

/** Throws where this member, the bot included, could not do it by hand. */
function mayAct(member: GuildMember, act: MemberAct, target: GuildMember, channel: VoiceBasedChannel | null): void {
  const mine = member.id === member.guild.members.me?.id;
  if (member.id === target.id) throw new Error(`That is ${named(target)}, who asked: they can do it themselves.`);
  const [bit, words] = RIGHTS[act.kind];
  const rights = act.kind === 'timeout' || !channel ? member.permissions : channel.permissionsFor(member);
  if (isTimedOut(member)) throw new Error(`${named(member)} is timed out.`);
  if (!rights.has(PermissionFlagsBits[bit])) {
    throw new Error(
      mine ? `I lack ${words}. A manager of the server can give it to my role.` : `${named(member)} lacks ${words}.`,
    );
  }
  // https://docs.discord.com/developers/resources/guild#modify-guild-member: administrators cannot be timed out.
  if (act.kind === 'timeout' && target.permissions.has(PermissionFlagsBits.Administrator)) {
    throw new Error(`${named(target)} is an administrator, whom Discord does not let anybody time out.`);
  }
  const above = member.id === member.guild.ownerId || member.roles.highest.comparePositionTo(target.roles.highest) > 0;
  if (above) return;
  const who = mine ? 'My highest role does' : `The highest role of ${named(member)} does`;
  throw new Error(`${who} not stand above that of ${named(target)}, so it may not be done.`);
}

/** The same by Discord's own answer: the event that takes a right away may be late. */
function mayStill(
  access: Access,
  member: GuildMember,
  act: MemberAct,
  target: GuildMember,
  channel: VoiceBasedChannel | null,
): void {
  const [bit, words] = RIGHTS[act.kind];
  const where = act.kind === 'timeout' || !channel ? undefined : channel.id;
  if ((permissionsOf(access, subjectOf(member), where) & PermissionFlagsBits[bit]) === 0n) {
    throw new Error(`${named(member)} lacks ${words}.`);
  }
  if (member.id === access.ownerId || highest(access, member) > highest(access, target)) return;
  throw new Error(
    `The highest role of ${named(member)} does not stand above that of ${named(target)}, so it may not be done.`,
  );
}

function highest({ roles }: Access, member: GuildMember): number {
  return Math.max(0, ...subjectOf(member).roleIds.map((id) => roles.get(id)?.position ?? 0));
}

function destinationOf(guild: Guild, channelId: string): VoiceBasedChannel {
  const channel = guild.channels.cache.get(channelId);
  if (channel?.isVoiceBased()) return channel;
  throw new Error('That voice channel does not exist any more.');
}

/** By what the gateway told and by Discord's own answer: each may be the newer one. */
function mayEnter(member: GuildMember, channel: VoiceBasedChannel, access: Access): void {
  const entering = PermissionFlagsBits.ViewChannel | PermissionFlagsBits.Connect;
  if (channel.permissionsFor(member).has(entering) && allows(access, member, channel, entering)) return;
  const who = member.id === member.guild.members.me?.id ? 'I' : named(member);
  throw new Error(`${who} may not enter ${JSON.stringify(channel.name)}, so nobody can be moved there.`);
}

async function carryOut(target: GuildMember, act: MemberAct, reason: string): Promise<void> {
  try {
    switch (act.kind) {
      case 'mute':
        await target.voice.setMute(act.muted, reason);
        return;
      case 'move':
        await target.voice.setChannel(act.channelId, reason);
        return;
      case 'disconnect':
        await target.voice.disconnect(reason);
        return;
      case 'timeout':
        await target.disableCommunicationUntil(wallClock.now() + act.minutes * 60_000, reason);
        return;
      default:
        act satisfies never;
    }
  } catch (error) {
    throw new Error(sentence(error, target), { cause: error });
  }
}

function sentence(error: unknown, target: GuildMember): string {
  if (error instanceof RestRefusal) return error.message;
  if (!(error instanceof DiscordAPIError)) return 'Discord did not answer, so it is not known whether it was done.';
  switch (error.code) {
    case RESTJSONErrorCodes.TargetUserIsNotConnectedToVoice:
      return `${named(target)} is in no voice channel any more.`;
    case RESTJSONErrorCodes.MissingPermissions:
    case RESTJSONErrorCodes.MissingAccess:
      return `Discord does not let me do that to ${named(target)}.`;
    default:
      return `Discord refused it (${error.code}).`;
  }
}

function named(member: GuildMember): string {
  return JSON.stringify(shownNameOf(member));
}
