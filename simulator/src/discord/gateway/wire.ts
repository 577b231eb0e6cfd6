import type { Channel, Json, Member, Role, StoredMessage, User, VoicePlace } from '../guild/entities.ts';
import { isThread, isVoice } from '../guild/entities.ts';
import { madeAt } from './identity.ts';

/** https://docs.discord.com/developers/resources/user#user-object */
export function userJson(user: User): Json {
  return {
    id: user.id,
    username: user.username,
    discriminator: user.bot ? '0001' : '0',
    global_name: user.globalName,
    avatar: null,
    avatar_decoration_data: null,
    banner: null,
    accent_color: null,
    bot: user.bot,
    system: false,
    public_flags: 0,
    flags: 0,
    primary_guild: null,
    collectibles: null,
  };
}

/** https://docs.discord.com/developers/resources/guild#guild-member-object */
export function memberJson(member: Member): Json {
  return {
    user: userJson(member.user),
    nick: member.nick,
    avatar: null,
    banner: null,
    roles: member.roleIds,
    joined_at: member.joinedAt,
    premium_since: null,
    deaf: member.deaf,
    mute: member.mute,
    flags: 0,
    pending: false,
    communication_disabled_until: member.timedOutUntil === null ? null : new Date(member.timedOutUntil).toISOString(),
    avatar_decoration_data: null,
    collectibles: null,
  };
}

/** https://docs.discord.com/developers/topics/permissions#role-object */
export function roleJson(role: Role): Json {
  return {
    id: role.id,
    name: role.name,
    description: null,
    permissions: String(role.permissions),
    position: role.position,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    icon: null,
    unicode_emoji: null,
    managed: role.managed,
    // https://docs.discord.com/developers/topics/permissions#role-object-role-tags-structure
    ...(role.botId && { tags: { bot_id: role.botId } }),
    mentionable: false,
    flags: 0,
  };
}

/** https://docs.discord.com/developers/resources/channel#channel-object */
export function channelJson(channel: Channel): Json {
  const common = { id: channel.id, guild_id: channel.guildId, type: channel.type, name: channel.name, flags: 0 };
  if (isThread(channel)) return threadJson(channel, common);
  const json = {
    ...common,
    position: channel.position,
    parent_id: channel.parentId,
    nsfw: false,
    topic: channel.topic,
    last_message_id: channel.lastMessageId,
    rate_limit_per_user: channel.rateLimitPerUser,
    permission_overwrites: channel.overwrites.map((one) => ({
      id: one.id,
      type: one.type,
      allow: String(one.allow),
      deny: String(one.deny),
    })),
  };
  if (!isVoice(channel)) return json;
  return { ...json, bitrate: channel.bitrate, user_limit: channel.userLimit, rtc_region: null, video_quality_mode: 1 };
}

function threadJson(thread: Channel, common: Json): Json {
  return {
    ...common,
    parent_id: thread.parentId,
    owner_id: thread.ownerId,
    last_message_id: thread.lastMessageId,
    rate_limit_per_user: thread.rateLimitPerUser,
    message_count: 0,
    member_count: 1,
    total_message_sent: 0,
    thread_metadata: {
      archived: thread.archived,
      auto_archive_duration: 1440,
      archive_timestamp: new Date(madeAt(thread.id)).toISOString(),
      create_timestamp: new Date(madeAt(thread.id)).toISOString(),
      locked: thread.locked,
    },
  };
}

/** https://docs.discord.com/developers/resources/voice#voice-state-object; in GUILD_CREATE without guild and member. */
export function voiceStateJson(
  place: VoicePlace | { userId: string; channelId: null; sessionId: string },
  member: Member,
  guildId: string,
): Json {
  const at = place.channelId === null ? null : (place as VoicePlace);
  return {
    guild_id: guildId,
    channel_id: place.channelId,
    user_id: place.userId,
    member: memberJson(member),
    session_id: place.sessionId,
    deaf: member.deaf,
    mute: member.mute,
    self_deaf: at?.selfDeaf ?? false,
    self_mute: at?.selfMute ?? false,
    self_video: false,
    self_stream: false,
    suppress: at?.suppress ?? false,
    request_to_speak_timestamp: at?.requestToSpeakAt ?? null,
  };
}

// https://docs.discord.com/developers/resources/guild#guild-object; what no test asks for is as in a new guild.
const NEW_GUILD = {
  icon: null,
  splash: null,
  discovery_splash: null,
  banner: null,
  description: null,
  region: 'deprecated',
  afk_channel_id: null,
  afk_timeout: 300,
  widget_enabled: false,
  widget_channel_id: null,
  verification_level: 0,
  default_message_notifications: 0,
  explicit_content_filter: 0,
  mfa_level: 0,
  nsfw_level: 0,
  nsfw: false,
  application_id: null,
  system_channel_id: null,
  system_channel_flags: 0,
  rules_channel_id: null,
  public_updates_channel_id: null,
  safety_alerts_channel_id: null,
  vanity_url_code: null,
  premium_tier: 0,
  premium_subscription_count: 0,
  premium_progress_bar_enabled: false,
  max_members: 500_000,
  max_presences: null,
  max_video_channel_users: 25,
  max_stage_video_channel_users: 50,
  features: [],
  emojis: [],
  stickers: [],
  incidents_data: null,
  hub_type: null,
  home_header: null,
};

/** What a guild has on the wire beside its lists. */
export function guildJson(guild: {
  id: string;
  name: string;
  ownerId: string;
  locale: string;
  roles: Iterable<Role>;
}): Json {
  const { id, name, ownerId, locale } = guild;
  return { ...NEW_GUILD, id, name, owner_id: ownerId, preferred_locale: locale, roles: [...guild.roles].map(roleJson) };
}

/** What a message names, resolved. */
export interface MessageContext {
  readonly applicationId: string;
  user(id: string): User | undefined;
  message(id: string): StoredMessage | undefined;
}

/** https://docs.discord.com/developers/resources/message#message-object */
export function messageJson(message: StoredMessage, context: MessageContext): Json {
  const author = context.user(message.authorId);
  const json: Json = {
    id: message.id,
    channel_id: message.channelId,
    author: author && userJson(author),
    content: message.content,
    timestamp: new Date(madeAt(message.id)).toISOString(),
    edited_timestamp: message.editedAt,
    tts: false,
    mention_everyone: message.wouldPing.some((one) => one === 'everyone' || one === 'here'),
    mentions: message.wouldPing.flatMap((id) => context.user(id) ?? []).map(userJson),
    mention_roles: message.wouldPing.filter((id) => /^\d/.test(id) && !context.user(id)),
    attachments: message.attachments.map((one) => ({ ...one, proxy_url: one.url })),
    embeds: message.embeds.map((embed) => ({ type: 'rich', ...embed })),
    components: message.components,
    pinned: false,
    flags: message.flags,
    type: message.interaction?.type === 2 ? 20 : message.replyTo ? 19 : 0,
    ...(message.nonce !== null && { nonce: message.nonce }),
    ...(message.poll && { poll: message.poll }),
  };
  if (message.replyTo) withReply(json, message, context);
  if (message.interaction) withInteraction(json, message.interaction, message.guildId, context);
  return json;
}

function withReply(json: Json, message: StoredMessage, context: MessageContext): void {
  json.message_reference = {
    type: 0,
    channel_id: message.channelId,
    guild_id: message.guildId,
    message_id: message.replyTo,
  };
  const referenced = context.message(message.replyTo ?? '');
  json.referenced_message =
    referenced && !referenced.deleted ? messageJson({ ...referenced, replyTo: null }, context) : null;
}

function withInteraction(
  json: Json,
  interaction: NonNullable<StoredMessage['interaction']>,
  guildId: string,
  context: MessageContext,
): void {
  const user = context.user(interaction.userId);
  json.application_id = context.applicationId;
  json.webhook_id = context.applicationId;
  json.interaction_metadata = {
    id: interaction.id,
    type: interaction.type,
    user: user && userJson(user),
    authorizing_integration_owners: { 0: guildId },
    ...(interaction.name && { name: interaction.name }),
  };
}
