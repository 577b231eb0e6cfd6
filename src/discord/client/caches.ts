import { type Client, type ClientOptions, Events, type Guild, Options } from 'discord.js';

/** People who left voice last stay known so many, over all servers: moderators ask for them, and posts name them. */
const DEPARTED = 200;
/** How often what commands and look-ups left behind goes. In seconds. */
const SWEEP_S = 600;

type Kept = (guild: Guild, userId: string) => boolean;

/** Everybody in voice, and the bot itself. */
const isKept: Kept = (guild, userId) => userId === guild.client.user.id || isInVoice(guild, userId);

function isInVoice(guild: Guild, userId: string): boolean {
  return typeof guild.voiceStates.cache.get(userId)?.channelId === 'string';
}

/**
 * What the library remembers: servers, channels, roles and who is in voice. Without limits it keeps 1.4 kB for everybody
 * who ever was in a voice channel or typed a command, until the process ends.
 */
export const cacheOptions: Pick<ClientOptions, 'makeCache' | 'sweepers'> = {
  makeCache: Options.cacheWithLimits({
    ...Options.DefaultMakeCacheSettings,
    // Messages are written and edited by id, never looked up again; the others are never asked for.
    MessageManager: 0,
    ApplicationCommandManager: 0,
    AutoModerationRuleManager: 0,
    BaseGuildEmojiManager: 0,
    GuildEmojiManager: 0,
    GuildStickerManager: 0,
    GuildBanManager: 0,
    GuildInviteManager: 0,
    GuildScheduledEventManager: 0,
    EntitlementManager: 0,
    PresenceManager: 0,
    ReactionManager: 0,
    ReactionUserManager: 0,
  }),
  sweepers: {
    ...Options.DefaultSweeperSettings,
    voiceStates: { interval: SWEEP_S, filter: () => (state) => state.channelId === null },
    guildMembers: { interval: SWEEP_S, filter: () => (member) => !isKept(member.guild, member.id) },
    threadMembers: { interval: SWEEP_S, filter: () => (member) => member.id !== member.thread.client.user.id },
    users: {
      interval: SWEEP_S,
      filter: () => (user) => user.id !== user.client.user.id && !isAnywhere(user.client, user.id),
    },
  },
};

function isAnywhere(client: Client<true>, userId: string): boolean {
  return client.guilds.cache.some((guild) => guild.members.cache.has(userId));
}

/** Forgets people some time after they left voice, so that a crowd passing through leaves nothing between two sweeps. */
export function forgetDeparted(client: Client, most = DEPARTED): void {
  const departed = new Map<string, { readonly guild: Guild; readonly userId: string }>();
  client.on(Events.VoiceStateUpdate, ({ guild, id: userId }, { channelId }) => {
    const key = `${guild.id} ${userId}`;
    departed.delete(key);
    if (channelId !== null) return;
    departed.set(key, { guild, userId });
    for (const [oldest, one] of departed) {
      if (departed.size <= most) return;
      departed.delete(oldest);
      forget(one.guild, one.userId);
    }
  });
}

function forget(guild: Guild, userId: string): void {
  if (isKept(guild, userId)) return;
  guild.voiceStates.cache.delete(userId);
  guild.members.cache.delete(userId);
  if (!isAnywhere(guild.client, userId)) guild.client.users.cache.delete(userId);
}
