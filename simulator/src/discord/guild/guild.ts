import { channelJson, memberJson, roleJson } from '../gateway/wire.ts';
import { VoicePlaces } from '../voice/places.ts';
import { AutoModeration } from './auto-moderation.ts';
import {
  type Channel,
  ChannelType,
  isThread,
  type Member,
  type Role,
  type StoredMessage,
  type User,
} from './entities.ts';
import { MessageBoard, type MessageChange } from './message-board.ts';
import {
  ALL_PERMISSIONS,
  BOT_DEFAULT,
  channelPermissions,
  EVERYONE_DEFAULT,
  guildPermissions,
  type PermissionName,
  permissionBits,
} from './permissions.ts';
import { SimulatedPerson } from './person.ts';
import type { GuildWorld } from './world.ts';

/** `botPermissions`: of the bot's own role; `everyonePermissions`: what Discord gives in a new guild, unless said. */
export interface GuildOptions {
  readonly name?: string;
  readonly locale?: string;
  readonly botPermissions?: readonly PermissionName[];
  readonly everyonePermissions?: readonly PermissionName[];
}

/** Denials for the bot alone, and for everyone. */
interface Denials {
  readonly denyBot?: readonly PermissionName[];
  readonly denyEveryone?: readonly PermissionName[];
}

/** A guild of the simulated Discord, as tests and the demo set it up and look into it. */
export class SimulatedGuild {
  readonly id: string;
  readonly name: string;
  readonly locale: string;
  readonly ownerId: string;
  readonly roles = new Map<string, Role>();
  readonly channels = new Map<string, Channel>();
  readonly members = new Map<string, Member>();
  /**
   * Who is in voice is told by id alone: voice states have no `member`, which Discord's documentation calls optional, and
   * GUILD_CREATE has none of them among its members. https://docs.discord.com/developers/resources/voice#voice-state-object
   */
  reticent = false;
  /** Who brought the bot in, as the audit log has it; null: it is not there any more. */
  invitedBy: string | null;
  readonly places: VoicePlaces;
  readonly board: MessageBoard;
  readonly autoMod: AutoModeration;
  readonly #world: GuildWorld;
  readonly #people: SimulatedPerson[] = [];

  constructor(world: GuildWorld, options: GuildOptions = {}) {
    this.#world = world;
    this.id = world.identity.entity();
    this.name = options.name ?? 'Guild';
    this.locale = options.locale ?? 'en-US';
    this.#addRole({
      id: this.id,
      name: '@everyone',
      permissions: permissionBits(options.everyonePermissions ?? EVERYONE_DEFAULT),
    });
    const owner = this.#addUser('owner', 'Owner', false);
    this.ownerId = owner.id;
    this.invitedBy = owner.id;
    this.#addMember(owner, []);
    const role = this.#addRole({
      name: world.bot.username,
      permissions: permissionBits(options.botPermissions ?? BOT_DEFAULT),
      managed: true,
      botId: world.bot.id,
    });
    this.#addMember(world.bot, [role.id]);
    const around = {
      guildId: this.id,
      dispatch: world.dispatch,
      server: world.voice,
      reticent: () => this.reticent,
      applicationId: world.applicationId,
      identity: world.identity,
      fileUrl: world.fileUrl,
      channel: (id: string) => this.channels.get(id),
      member: (id: string) => this.members.get(id),
      user: (id: string) => world.users.get(id),
      permissions: (member: Member, channel: Channel) => this.permissions(member, channel),
    };
    this.places = new VoicePlaces(around);
    this.board = new MessageBoard(around);
    this.autoMod = new AutoModeration(this, () => world.identity.entity());
  }

  // ---- Setting up ---------------------------------------------------------------------------------

  /** A voice or stage channel; `userLimit` 0: none. Returns its id. */
  createVoiceChannel(options: { name?: string; userLimit?: number; type?: 'voice' | 'stage' } & Denials = {}): string {
    const type = options.type === 'stage' ? ChannelType.stage : ChannelType.voice;
    return this.addChannel({
      type,
      name: options.name ?? 'Voice',
      userLimit: options.userLimit ?? 0,
      overwrites: this.#denials(options),
    }).id;
  }

  /** Returns its id. */
  createTextChannel(options: { name?: string } & Denials = {}): string {
    return this.addChannel({
      type: ChannelType.text,
      name: options.name ?? 'general',
      overwrites: this.#denials(options),
    }).id;
  }

  /** Returns its id. */
  createRole(options: { name?: string; permissions?: readonly PermissionName[] } = {}): string {
    const role = this.#addRole({
      name: options.name ?? 'role',
      permissions: permissionBits(options.permissions ?? []),
    });
    this.#world.dispatch('GUILD_ROLE_CREATE', { guild_id: this.id, role: roleJson(role) }, { guildId: this.id });
    return role.id;
  }

  /** Somebody with an account of their own. `admin`: with the Administrator permission. `bot`: it is a bot's, played by hand. */
  addPerson(options: {
    name: string;
    nick?: string;
    roles?: readonly string[];
    admin?: boolean;
    bot?: boolean;
    locale?: string;
  }): SimulatedPerson {
    const user = this.#addUser(
      options.name.toLowerCase().replace(/[^a-z0-9_.]/g, '') || 'person',
      options.name,
      options.bot ?? false,
    );
    const roles = [...(options.roles ?? [])];
    if (options.admin) roles.push(this.createRole({ name: 'admin', permissions: ['Administrator'] }));
    const member = this.#addMember(user, roles);
    member.nick = options.nick ?? null;
    this.#world.dispatch('GUILD_MEMBER_ADD', { ...memberJson(member), guild_id: this.id }, { guildId: this.id });
    const person = new SimulatedPerson({ guild: this, member, world: this.#world, locale: options.locale ?? 'en-US' });
    this.#people.push(person);
    return person;
  }

  /** Another bot comes in, with a role of its own; see SimulatedDiscord.invite. */
  admitBot(user: User, permissions: readonly PermissionName[]): void {
    const role = this.#addRole({
      name: user.username,
      permissions: permissionBits(permissions),
      managed: true,
      botId: user.id,
    });
    const member = this.#addMember(user, [role.id]);
    this.#world.dispatch('GUILD_MEMBER_ADD', { ...memberJson(member), guild_id: this.id }, { guildId: this.id });
  }

  /** Adds a channel of any kind and tells the bot. */
  addChannel(fields: Pick<Channel, 'type' | 'name'> & Partial<Channel>): Channel {
    const thread = fields.type === ChannelType.publicThread || fields.type === ChannelType.privateThread;
    const channel: Channel = {
      id: thread ? this.#world.identity.moment() : this.#world.identity.entity(),
      guildId: this.id,
      position: this.channels.size,
      topic: null,
      overwrites: [],
      userLimit: 0,
      bitrate: 64_000,
      rateLimitPerUser: 0,
      parentId: null,
      status: null,
      lastMessageId: null,
      ownerId: null,
      archived: false,
      locked: false,
      ...fields,
    };
    this.channels.set(channel.id, channel);
    const json = { ...channelJson(channel), ...(thread && { newly_created: true }) };
    // Discord tells of channels that cannot be seen, too; clients hide them.
    const scope = { guildId: this.id, ...(thread && { channelId: channel.id }) };
    this.#world.dispatch(thread ? 'THREAD_CREATE' : 'CHANNEL_CREATE', json, scope);
    return channel;
  }

  // ---- Looking into it ----------------------------------------------------------------------------

  get people(): readonly SimulatedPerson[] {
    return this.#people;
  }

  /** Messages of a channel, oldest first; those that only one person sees are in it too. */
  messages(channelId: string): StoredMessage[] {
    return this.board.list(channelId);
  }

  /** Calls back on every message made, edited or deleted in the guild, until the returned function is called. */
  onMessage(listener: (change: MessageChange) => void): () => void {
    return this.board.listen(listener);
  }

  /** The first message, there already or to come, of which the predicate holds; rejects after the time. */
  waitForMessage(
    channelId: string,
    predicate: (message: StoredMessage) => boolean,
    timeoutMs = 15_000,
  ): Promise<StoredMessage> {
    return this.board.waitFor(channelId, predicate, timeoutMs);
  }

  /** Somebody writes under the name of a voice channel; null: takes it away. */
  setVoiceStatus(channelId: string, status: string | null): void {
    const channel = this.channels.get(channelId);
    if (!channel) return;
    channel.status = status || null;
    const payload = { id: channelId, guild_id: this.id, status: channel.status };
    this.#world.dispatch('VOICE_CHANNEL_STATUS_UPDATE', payload, { guildId: this.id });
  }

  voiceStatus(channelId: string): string | null {
    return this.channels.get(channelId)?.status ?? null;
  }

  get botVoiceChannelId(): string | null {
    return this.places.of(this.#world.bot.id)?.channelId ?? null;
  }

  /** What a member may in the guild, or in a channel of it. A thread has its parent's overwrites. */
  permissions(member: Member, channel?: Channel): bigint {
    if (!channel) return guildPermissions(this, member);
    return channelPermissions(this, member, this.channels.get(channel.parentId ?? '') ?? channel);
  }

  // ---- Things that happen -------------------------------------------------------------------------

  /** Takes the bot out of its voice channel; Discord closes the voice websocket with 4014, or 4022 where the bot was alone. */
  kickBot(closeCode = 4014): void {
    this.places.leave(this.#world.bot.id, closeCode);
  }

  /** Moves the bot to another voice channel. */
  moveBot(channelId: string): void {
    this.places.move(this.#world.bot.id, channelId);
  }

  /** Moves the bot's call to another voice server (a change of region, a crash), which takes this long. */
  reallocateVoiceServer(pauseMs = 100): void {
    this.places.reallocate(this.#world.bot.id, pauseMs);
  }

  /** A moderator mutes or deafens the bot on the server, or undoes it. */
  hinderBot(hindrance: { mute?: boolean; deaf?: boolean }): void {
    this.hinder(this.#world.bot.id, hindrance);
  }

  /** The same with a member; of one who is in no voice channel nothing is told, as with Discord. */
  hinder(userId: string, hindrance: { mute?: boolean; deaf?: boolean }): void {
    const member = this.members.get(userId);
    if (member) Object.assign(member, hindrance);
    this.places.tell(userId);
  }

  /** Deletes a channel; everybody in it is out. */
  deleteChannel(channelId: string): void {
    const channel = this.channels.get(channelId);
    if (!channel) return;
    const scope = { guildId: this.id };
    const thread = isThread(channel);
    for (const place of this.places.in(channelId)) this.places.leave(place.userId);
    this.channels.delete(channelId);
    this.#world.dispatch(thread ? 'THREAD_DELETE' : 'CHANNEL_DELETE', channelJson(channel), scope);
  }

  /** Tells the bot that a channel is not as it was. */
  channelChanged(channel: Channel): void {
    const thread = isThread(channel);
    this.#world.dispatch(thread ? 'THREAD_UPDATE' : 'CHANNEL_UPDATE', channelJson(channel), { guildId: this.id });
  }

  /** Tells the bot that a member is not as they were. */
  memberChanged(member: Member): void {
    this.#world.dispatch('GUILD_MEMBER_UPDATE', { ...memberJson(member), guild_id: this.id }, { guildId: this.id });
  }

  /** Sets what @everyone may, and tells the bot. */
  setEveryone(permissions: readonly PermissionName[]): void {
    const role = this.roles.get(this.id) as Role;
    role.permissions = permissionBits(permissions);
    this.roleChanged(role);
  }

  /** Tells the bot that a role is not as it was. */
  roleChanged(role: Role): void {
    this.#world.dispatch('GUILD_ROLE_UPDATE', { guild_id: this.id, role: roleJson(role) }, { guildId: this.id });
  }

  #denials(options: Denials): Channel['overwrites'] {
    const list: Channel['overwrites'] = [];
    if (options.denyEveryone)
      list.push({ id: this.id, type: 0, allow: 0n, deny: permissionBits(options.denyEveryone) });
    if (options.denyBot)
      list.push({
        id: this.#world.bot.id,
        type: 1,
        allow: 0n,
        deny: permissionBits(options.denyBot) & ALL_PERMISSIONS,
      });
    return list;
  }

  #addRole(fields: { id?: string; name: string; permissions: bigint; managed?: boolean; botId?: string }): Role {
    const role: Role = {
      managed: false,
      position: this.roles.size,
      ...fields,
      id: fields.id ?? this.#world.identity.entity(),
    };
    this.roles.set(role.id, role);
    return role;
  }

  #addUser(username: string, globalName: string, bot: boolean): User {
    const user: User = { id: this.#world.identity.entity(), username, globalName, bot };
    this.#world.users.set(user.id, user);
    return user;
  }

  #addMember(user: User, roleIds: string[]): Member {
    const joinedAt = new Date(Date.UTC(2021, 5, 1) + this.members.size * 60_000).toISOString();
    const member: Member = { user, nick: null, roleIds, joinedAt, mute: false, deaf: false, timedOutUntil: null };
    this.members.set(user.id, member);
    return member;
  }
}
