import {
  ChannelType,
  type Client,
  DiscordAPIError,
  type DMChannel,
  Events,
  type Guild,
  type GuildBasedChannel,
  PermissionFlagsBits,
  RESTJSONErrorCodes,
  Routes,
} from 'discord.js';
import type { UserId } from '../../ports/voice.ts';
import { GatewaySession, sessionOf } from '../client/gateway-session.ts';
import { HEARS_NO_BOT } from '../guild/hears-bot.ts';
import { type GatewayWatch, watchGateway } from './gateway-watch.ts';

/** Discord answers within this time, or is not asked. Ms. */
const ASKED_MS = 10_000;

/** What a voice line asks about the guild around it. Answers from memory, but for placed(). */
export interface GuildVoiceState {
  readonly gateway: GatewayWatch;
  /** The session of Discord's main gateway that this line's events come from. */
  readonly session: GatewaySession;
  /** Why the bot cannot be in this channel now; undefined: nothing is known to stand against it. For people. */
  obstacle(channelId: string): string | undefined;
  /** The voice channel of the guild that Discord shows the bot in; null: none. */
  shownIn(): string | null;
  /** The same, asked of Discord itself; undefined: it did not say. Never rejects. */
  placed(): Promise<string | null | undefined>;
  /** Calls back when this server or one of its channels is gone, until the function that it gives is called. */
  onGone(act: () => void): () => void;
  /** Whether Discord shows this person in this voice channel; undefined: nobody can say now. */
  isHere(userId: UserId, channelId: string): boolean | undefined;
  /** Nobody expects to hear this person: a bot, muted by themselves or others, in a stage's audience, or not there. */
  isSilent(userId: UserId): boolean;
  isStage(channelId: string): boolean;
}

/** The guild as discord.js knows it. */
export function surroundingsOf(client: Client, guild: Guild, hearsBot = HEARS_NO_BOT): GuildVoiceState {
  const gateway = watchGateway(client, guild.shardId);
  const shown = (userId: UserId): string | null => guild.voiceStates.cache.get(userId)?.channelId ?? null;
  return {
    gateway,
    session: sessionOf(client),
    isStage: (channelId) => guild.channels.cache.get(channelId)?.type === ChannelType.GuildStageVoice,
    obstacle: (channelId) => obstacleIn(client, guild.id, channelId),
    shownIn: () => shown(client.user?.id ?? ''),
    placed: () => placedIn(guild),
    onGone: (act) => {
      const gone = (channel: DMChannel | GuildBasedChannel): void => {
        if (!channel.isDMBased() && channel.guild.id === guild.id) act();
      };
      const left = (one: Guild): void => {
        if (one.id === guild.id) act();
      };
      client.on(Events.ChannelDelete, gone);
      client.on(Events.GuildDelete, left);
      return () => {
        client.off(Events.ChannelDelete, gone);
        client.off(Events.GuildDelete, left);
      };
    },
    isHere: (userId, channelId) => (gateway.connected && guild.available ? shown(userId) === channelId : undefined),
    isSilent: (userId) => {
      const state = guild.voiceStates.cache.get(userId);
      if (!state?.channelId || state.channelId !== guild.members.me?.voice.channelId) return true;
      const isBot = state.member?.user.bot === true && !hearsBot(guild.id, userId);
      return isBot || state.mute === true || state.suppress === true;
    },
  };
}

/** https://docs.discord.com/developers/resources/voice#get-current-user-voice-state */
async function placedIn(guild: Guild): Promise<string | null | undefined> {
  const limit = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => limit.resolve(undefined), ASKED_MS);
  try {
    // The library's own way would write it over what the gateway told meanwhile, which may be newer.
    const asked = guild.client.rest.get(Routes.guildVoiceState(guild.id)) as Promise<{ readonly channel_id?: unknown }>;
    const channelId = (await Promise.race([asked, limit.promise]))?.channel_id;
    return typeof channelId === 'string' ? channelId : undefined;
  } catch (error) {
    const isNowhere = error instanceof DiscordAPIError && error.code === RESTJSONErrorCodes.UnknownVoiceState;
    return isNowhere ? null : undefined;
  } finally {
    clearTimeout(timer);
  }
}

function obstacleIn(client: Client, guildId: string, channelId: string): string | undefined {
  const guild = client.guilds.cache.get(guildId);
  if (!guild) return 'I am no longer a member of this server. Somebody who manages it can invite me again.';
  if (!guild.available) return 'Discord has an outage, and this server is not available. Wait until it is over.';
  const channel = guild.channels.cache.get(channelId);
  if (!channel) return 'The voice channel was deleted.';
  const me = guild.members.me;
  const rights = me && channel.permissionsFor(me);
  if (rights && !rights.has(PermissionFlagsBits.ViewChannel)) return 'I lost the right to see the voice channel.';
  if (rights && !rights.has(PermissionFlagsBits.Connect)) return 'I lost the right to connect to the voice channel.';
  return undefined;
}

/** For a line of which nothing is known but its gateway's words. */
export function noSurroundings(): GuildVoiceState {
  return {
    gateway: {
      connected: true,
      alive: true,
      // Of nothing that was heard can be told.
      get sign() {
        return String(performance.now());
      },
      follow: () => () => {},
    },
    session: new GatewaySession(),
    obstacle: () => undefined,
    shownIn: () => null,
    placed: () => Promise.resolve(undefined),
    onGone: () => () => {},
    isHere: () => undefined,
    isSilent: () => false,
    isStage: () => false,
  };
}
