import type { Guild } from 'discord.js';
import type { GuildRoom } from '../discord/guild/room.ts';
import { takeTheStage } from '../discord/guild/stage.ts';
import type { Announcement } from '../discord/text/channel-notices.ts';
import type { TranscriptChannel } from '../discord/text/transcript-channel.ts';
import type { Log } from '../lib/log.ts';
import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { ConversationMode } from '../ports/record.ts';
import type { Person } from '../ports/voice.ts';
import type { VoicePlaceStore } from '../store/voice-places.ts';
import type { Transcript } from '../transcript/transcript.ts';

/** What goes along with a conversation from channel to channel. */
export interface ChannelTrackerDeps {
  readonly guild: Guild;
  readonly channelId: string;
  readonly by: Person;
  readonly mode: ConversationMode;
  readonly text: TranscriptChannel;
  readonly room: GuildRoom;
  readonly transcript: Transcript;
  readonly announcement: Announcement;
  readonly places: VoicePlaceStore;
  readonly log: Log;
}

/** A conversation's way through voice channels: what is where it is, and what the store knows of it. Nothing rejects. */
export class ChannelTracker {
  readonly #deps: ChannelTrackerDeps;
  #channelId: string;
  #ended: Promise<void> | undefined;

  constructor(deps: ChannelTrackerDeps) {
    this.#deps = deps;
    this.#channelId = deps.channelId;
  }

  /** The voice channel that people have been told of. */
  get channelId(): string {
    return this.#channelId;
  }

  /** It is in its first channel. Resolves when a restart would know that. */
  began(): Promise<void> {
    void this.#takeTheStage();
    return this.#keep();
  }

  /** A moderator moved the bot, or its connection is new: on a stage it is in the audience again. */
  follow(event: BridgeEvent & { type: 'moved' | 'recovered' }): void {
    if (event.type === 'recovered') void this.#takeTheStage();
    else void this.#move(event.channelId);
  }

  /** Where the transcript goes from now on; null: the chat of the voice channel. */
  write(transcriptChannelId: string | null): void {
    const { text, transcript } = this.#deps;
    const chosen = transcriptChannelId ?? this.#channelId;
    if (chosen === text.channelId) return;
    text.channelId = chosen;
    transcript.turnPage();
  }

  /** It ended for a reason: nobody needs to come back after a restart. Resolves when that is written. Idempotent. */
  ended(): Promise<void> {
    const { places, guild, log } = this.#deps;
    this.#ended ??= places
      .forget(guild.id)
      .catch((error: unknown) => log.warn({ err: error }, 'a place could not be forgotten'));
    return this.#ended;
  }

  async #move(channelId: string): Promise<void> {
    const { guild, room, text, transcript, announcement, log } = this.#deps;
    const from = this.#channelId;
    this.#channelId = channelId;
    room.channelId = channelId;
    if (text.channelId === from) this.write(null);
    // Also where the channel stays: what it does not take goes to another chat than before.
    else transcript.turnPage();
    log.info({ guildId: guild.id, from, channelId }, 'moved to another voice channel');
    const channel = guild.channels.cache.get(channelId);
    await Promise.all([channel?.isVoiceBased() ? announcement.moved(channel) : undefined, this.#keep()]);
  }

  async #keep(): Promise<void> {
    const { places, guild, by, mode, log } = this.#deps;
    if (this.#ended !== undefined) return;
    await places
      .keep({ guildId: guild.id, channelId: this.#channelId, by, mode })
      .catch((error: unknown) => log.warn({ err: error }, 'a place could not be kept: a restart will not know it'));
  }

  async #takeTheStage(): Promise<void> {
    const { guild, announcement, mode, log } = this.#deps;
    // The audience hears as well as the speakers do.
    if (mode === 'listen') return;
    const channel = guild.channels.cache.get(this.#channelId);
    const told = channel?.isVoiceBased() ? await takeTheStage(channel, log) : undefined;
    if (told && !this.#ended) await announcement.tell(told);
  }
}
