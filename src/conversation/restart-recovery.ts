import { setTimeout as wait } from 'node:timers/promises';
import type { Client, VoiceBasedChannel } from 'discord.js';
import { ChannelType, PermissionFlagsBits } from 'discord.js';
import { userIn } from '../discord/guild/names.ts';
import { TranscriptChannel } from '../discord/text/transcript-channel.ts';
import { LISTENING, type VoiceStatuses } from '../discord/text/voice-status.ts';
import type { Log } from '../lib/log.ts';
import { CalledOffError, LineLostError, SessionLostError } from '../ports/errors.ts';
import type { SettingsStore } from '../ports/settings.ts';
import type { Place, VoicePlaceStore } from '../store/voice-places.ts';
import type { OpenBridges } from './bridges.ts';
import type { Wish } from './opening.ts';

/** For how long a return is tried where the model or the voice server cannot be had yet. All in ms. */
export interface ReturnPatience {
  /** The first pause; each further one is twice as long. */
  readonly firstMs: number;
  readonly longestMs: number;
  readonly giveUpMs: number;
}

/** How often somebody looks whether a server is there. */
const LOOK_MS = 500;

const PATIENCE: ReturnPatience = { firstMs: 2_000, longestMs: 30_000, giveUpMs: 5 * 60_000 };

/** What coming back needs. */
export interface ReturningDeps {
  readonly client: Client<true>;
  readonly places: VoicePlaceStore;
  readonly settings: SettingsStore;
  readonly bridges: Pick<OpenBridges, 'want' | 'attempt' | 'find'>;
  readonly statuses: Pick<VoiceStatuses, 'clearLeft'>;
  readonly log: Log;
  /** Only tests need another. */
  readonly patience?: ReturnPatience;
}

/**
 * After a crash: goes back into the voice channels in which the bot was, all at once, where somebody still is and it
 * still may; forgets the others. Resolves when all are decided; never rejects.
 */
export async function returnToPlaces(parts: ReturningDeps): Promise<void> {
  try {
    await Promise.all((await parts.places.all()).map((place) => new Return(place, parts).run()));
  } catch (error) {
    parts.log.warn({ err: error }, 'could not look where I was before the restart');
  }
}

/** The way back into one voice channel. */
class Return {
  readonly #place: Place;
  readonly #deps: ReturningDeps;
  readonly #patience: ReturnPatience;

  constructor(place: Place, parts: ReturningDeps) {
    this.#place = place;
    this.#deps = parts;
    this.#patience = parts.patience ?? PATIENCE;
  }

  /** The wish is there from now on, over all attempts: it can be called off at any time. */
  async run(): Promise<void> {
    const { bridges } = this.#deps;
    const wish = bridges.find(this.#place.guildId) ? undefined : bridges.want({ ...this.#place, returning: true });
    if (!wish) return;
    try {
      await this.#goBack(wish);
    } finally {
      wish.end();
    }
    await this.#tidy();
  }

  /** Where the bot is not any more, nothing says that it listens. */
  async #tidy(): Promise<void> {
    const { client, bridges, statuses } = this.#deps;
    const { guildId, channelId } = this.#place;
    const channel = client.guilds.cache.get(guildId)?.channels.cache.get(channelId);
    if (bridges.find(guildId)?.channelId === channelId) return;
    if (channel?.type === ChannelType.GuildVoice) await statuses.clearLeft(channel, LISTENING);
  }

  async #goBack(wish: Wish): Promise<void> {
    const { signal } = wish;
    await this.#untilShown(signal);
    if (signal.aborted) return this.#forget();
    const startedAt = performance.now();
    for (let pauseMs = this.#patience.firstMs; ; pauseMs = Math.min(2 * pauseMs, this.#patience.longestMs)) {
      const isFirst = pauseMs === this.#patience.firstMs;
      const lost = await this.#try(wish);
      if (!lost || signal.aborted) return;
      const late = performance.now() - startedAt + pauseMs >= this.#patience.giveUpMs;
      if (late || !lost.retryable) {
        // Some reasons say themselves when that helps.
        const next = lost.message.includes('/join') ? '' : ' `/join` brings me back.';
        return this.#forget(`I was restarted and could not come back: ${lost.message}${next}`);
      }
      if (isFirst) await this.#say(`I was restarted and hear nothing yet: ${lost.message} I go on trying for a while.`);
      await wait(pauseMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return this.#forget();
    }
  }

  /** Waits for a server that Discord has not shown yet, or has an outage for. */
  async #untilShown(signal: AbortSignal): Promise<void> {
    const { client, log } = this.#deps;
    const { guildId, channelId } = this.#place;
    if (isShown(client, guildId)) return;
    log.info({ guildId, channelId }, 'going back into the voice channel once Discord shows the server');
    while (!isShown(client, guildId) && !signal.aborted) {
      await wait(LOOK_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** Gives why it failed; undefined where nothing is left to do. */
  async #try(wish: Wish): Promise<SessionLostError | LineLostError | undefined> {
    const { client, bridges, log } = this.#deps;
    const { guildId, channelId } = this.#place;
    const channel = client.guilds.cache.get(guildId)?.channels.cache.get(channelId);
    const obstacle = channel?.isVoiceBased() ? obstacleTo(channel) : { why: 'the channel is gone' };
    if (obstacle) {
      log.info({ guildId, channelId, obstacle: obstacle.why }, 'not going back into the voice channel');
      await this.#forget(obstacle.told);
      return undefined;
    }
    try {
      await bridges.attempt(wish);
      log.info({ guildId, channelId }, 'back in the voice channel of before the restart');
      return undefined;
    } catch (error) {
      if (error instanceof CalledOffError) {
        await this.#forget();
        return undefined;
      }
      if (!(error instanceof LineLostError || error instanceof SessionLostError)) throw error;
      log.warn({ guildId, channelId, reason: error.message }, 'could not go back into the voice channel');
      return error;
    }
  }

  async #forget(told?: string): Promise<void> {
    await this.#deps.places.forget(this.#place.guildId);
    if (told !== undefined) await this.#say(told);
  }

  /** In the transcript's channel, which may be one that the bot can still write in, else in the voice channel's chat. */
  async #say(text: string): Promise<void> {
    const { client, settings, log } = this.#deps;
    const { guildId, channelId } = this.#place;
    const guild = client.guilds.cache.get(guildId);
    try {
      const { transcriptChannelId } = await settings.get(guildId);
      if (guild)
        await new TranscriptChannel(guild, transcriptChannelId ?? channelId, { chatId: () => channelId }).post(text);
    } catch (error) {
      log.warn({ err: error, guildId, channelId }, 'could not say why I do not come back');
    }
  }
}

/** A server that is not known at all is one that the bot was removed from. */
function isShown(client: Client, guildId: string): boolean {
  return client.guilds.cache.get(guildId)?.available !== false;
}

/** What stands against it, for the log, and what people are told who might wait for the bot. */
function obstacleTo(channel: VoiceBasedChannel): { readonly why: string; readonly told?: string } | undefined {
  const me = channel.guild.members.me;
  // Discord may name somebody by no more than an id: that is a person, too.
  const { guild } = channel;
  const people = guild.voiceStates.cache.filter((state) => state.channelId === channel.id && state.id !== me?.id);
  if (!people.some(({ id }) => userIn(guild, id)?.bot !== true)) return { why: 'nobody is there any more' };
  const needed = [
    [PermissionFlagsBits.ViewChannel, 'see'],
    [PermissionFlagsBits.Connect, 'connect to'],
  ] as const;
  const lost = needed.find(([bit]) => !me || !channel.permissionsFor(me).has(bit));
  if (!lost) return undefined;
  const told = `I was restarted and could not come back: I lost the right to ${lost[1]} the voice channel. Somebody who may edit it can grant it under **Edit Channel → Permissions**.`;
  return { why: 'the right to join is gone', told };
}
