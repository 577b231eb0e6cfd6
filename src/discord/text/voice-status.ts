import { setTimeout as wait } from 'node:timers/promises';
import {
  type Client,
  GatewayDispatchEvents,
  GatewayOpcodes,
  type Guild,
  PermissionFlagsBits,
  type VoiceChannel,
} from 'discord.js';
import type { Logger } from 'pino';
import { sessionOf } from '../client/gateway-session.ts';
import { verdictOf } from '../rest/verdict.ts';

/** What stands under the name of a voice channel while the bot is there. */
export const LISTENING = 'AI is listening';

/** Discord's answer to what stands there is waited for so long. */
const ANSWER_MS = 1_000;
/** To be let into a channel for a moment. */
const SEAT_MS = 3_000;
/** A status that could not be taken away is tried again after these. */
const AGAIN_MS = [5_000, 60_000, 300_000];

/** A dispatch of the gateway, unread. */
interface Packet {
  readonly t?: unknown;
  readonly d?: {
    readonly id?: unknown;
    readonly status?: unknown;
    readonly guild_id?: unknown;
    readonly channels?: unknown;
  };
}

/**
 * The short texts under the names of voice channels. discord.js knows neither the endpoint nor the events:
 * https://docs.discord.com/developers/resources/channel#set-voice-channel-status and
 * https://docs.discord.com/developers/events/gateway-events#request-channel-info
 */
export class VoiceStatuses {
  readonly #client: Client;
  readonly #log: Logger;
  /** What each channel's status was when last heard of. */
  readonly #known = new Map<string, string>();
  /** By guild: those that wait to hear what stands there. */
  readonly #asked = new Map<string, PromiseWithResolvers<void>>();

  /** Make it before logging in, so that it hears of every change; it lives as long as the client. */
  constructor(client: Client, log: Logger) {
    this.#client = client;
    this.#log = log;
    // The event 'raw' carries every dispatch; its type is not declared.
    (client as unknown as NodeJS.EventEmitter).on('raw', (packet: Packet) => this.#hear(packet));
  }

  /** Sets the status where the bot may and where nobody else's stands. Gives whether it stands there; never rejects. */
  async show(channel: VoiceChannel, status: string): Promise<boolean> {
    if (!has(channel, PermissionFlagsBits.SetVoiceChannelStatus)) return false;
    await this.#ask(channel.guild);
    const there = this.#known.get(channel.id);
    // Left by a process that died: it is ours all the same.
    if (there === status) return true;
    return there === undefined && (await this.#put(channel, status)) === 'done';
  }

  /** Takes away a status that show() set, unless somebody wrote another one over it. Never rejects. */
  async clear(channel: VoiceChannel, status: string): Promise<void> {
    if (this.#known.get(channel.id) !== status) return;
    if ((await this.#put(channel, null)) === 'later') void this.#clearLater(channel, status);
  }

  /**
   * Takes away what a process that died left in a channel where the bot is not any more. Without Manage Channels Discord
   * lets it do so only from within: then it goes in for a moment, muted and deaf. Never rejects.
   */
  async clearLeft(channel: VoiceChannel, status: string): Promise<void> {
    await this.#ask(channel.guild);
    if (this.#known.get(channel.id) !== status || !has(channel, PermissionFlagsBits.SetVoiceChannelStatus)) return;
    const { guild } = channel;
    if (has(channel, PermissionFlagsBits.ManageChannels) || guild.members.me?.voice.channelId === channel.id) {
      await this.clear(channel, status);
      return;
    }
    // Whoever is somewhere else on the server cannot be here as well.
    if (guild.members.me?.voice.channelId || !sessionOf(this.#client).isFree(guild.id)) return;
    if (!has(channel, PermissionFlagsBits.Connect)) return;
    try {
      if (await this.#sit(channel)) await this.clear(channel, status);
    } finally {
      // Somebody may have asked the bot in meanwhile.
      if (sessionOf(this.#client).isFree(guild.id)) this.#seat(guild, null);
    }
  }

  async #clearLater(channel: VoiceChannel, status: string): Promise<void> {
    for (const ms of AGAIN_MS) {
      await wait(ms, undefined, { ref: false });
      if (this.#known.get(channel.id) !== status || (await this.#put(channel, null)) !== 'later') return;
    }
  }

  async #sit(channel: VoiceChannel): Promise<boolean> {
    this.#seat(channel.guild, channel.id);
    const until = performance.now() + SEAT_MS;
    while (performance.now() < until) {
      if (channel.guild.members.me?.voice.channelId === channel.id) return true;
      await wait(50);
    }
    return false;
  }

  #seat(guild: Guild, channelId: string | null): void {
    const d = { guild_id: guild.id, channel_id: channelId, self_mute: true, self_deaf: true };
    sessionOf(this.#client).asked(guild.id, channelId);
    guild.shard.send({ op: GatewayOpcodes.VoiceStateUpdate, d });
  }

  /** Has Discord say which statuses stand in a guild: nobody told of those that are older than our connection. */
  async #ask(guild: Guild): Promise<void> {
    let asked = this.#asked.get(guild.id);
    if (!asked) {
      asked = Promise.withResolvers<void>();
      this.#asked.set(guild.id, asked);
      guild.shard.send({ op: GatewayOpcodes.RequestChannelInfo, d: { guild_id: guild.id, fields: ['status'] } });
    }
    const answered = new AbortController();
    const late = wait(ANSWER_MS, undefined, { signal: answered.signal }).catch(() => {});
    await Promise.race([asked.promise, late]);
    answered.abort();
    this.#asked.delete(guild.id);
  }

  #hear({ t, d }: Packet): void {
    if (t === GatewayDispatchEvents.VoiceChannelStatusUpdate && typeof d?.id === 'string') this.#note(d.id, d.status);
    if (t !== GatewayDispatchEvents.ChannelInfo || typeof d?.guild_id !== 'string') return;
    const told = new Map<unknown, unknown>();
    if (Array.isArray(d.channels)) for (const one of d.channels) told.set(one?.id, one?.status);
    for (const id of this.#client.guilds.cache.get(d.guild_id)?.channels.cache.keys() ?? []) {
      this.#note(id, told.get(id));
    }
    this.#asked.get(d.guild_id)?.resolve();
  }

  /** `later`: it was not done, and may be another time. */
  async #put(channel: VoiceChannel, status: string | null): Promise<'done' | 'refused' | 'later'> {
    try {
      await this.#client.rest.put(`/channels/${channel.id}/voice-status`, { body: { status } });
    } catch (error) {
      this.#log.debug({ err: error, channelId: channel.id }, 'the status of the voice channel could not be set');
      const verdict = verdictOf(error);
      return verdict === 'lost' || verdict === 'later' ? 'later' : 'refused';
    }
    this.#note(channel.id, status);
    return 'done';
  }

  #note(channelId: string, status: unknown): void {
    if (typeof status === 'string' && status !== '') this.#known.set(channelId, status);
    else this.#known.delete(channelId);
  }
}

function has(channel: VoiceChannel, right: bigint): boolean {
  const { me } = channel.guild.members;
  return me !== null && channel.permissionsFor(me).has(right);
}
