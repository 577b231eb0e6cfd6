import type { VoiceBasedChannel } from 'discord.js';
import type { OpenBridge } from './bridge/bridges.ts';
import { LineLostError } from './bridge/errors.ts';
import type { UserId } from './bridge/ports.ts';
import type { ConversationsParts } from './conversation-parts.ts';
import { ChosenText } from './discord/chosen-text.ts';
import { surroundingsOf } from './discord/surroundings.ts';
import { type DiscordVoiceLine, joinVoiceLine } from './discord/voice-line.ts';
import { type Place, RunningConversation } from './running-conversation.ts';
import { type Now, type Opened, SessionOpener } from './session-opener.ts';

/** Opens conversations: connects to the model, joins the channel, and keeps those that run until they are written to their end. */
export class Conversations {
  readonly #parts: ConversationsParts;
  /** Farewells and last flushes under way. */
  readonly #finishing = new Set<Promise<void>>();
  /** Those that are not written to their end. */
  readonly #running = new Set<RunningConversation>();
  readonly #opener: SessionOpener;

  constructor(parts: ConversationsParts) {
    this.#parts = parts;
    this.#opener = new SessionOpener(parts);
  }

  /** Rejects with SessionLostError or LineLostError, leaving nothing behind. */
  readonly open: OpenBridge = async ({ guildId, channelId, by, mode = 'talk', returning = false, onEnded }) => {
    const { settings, notes, decisions, log } = this.#parts;
    const channel = this.#channel(guildId, channelId);
    const own = await settings.get(guildId);
    const now: Now = { settings: own, mode, lost: new Set(), notes: await notes.list(guildId) };
    // The model first: with a rejected key the bot never shows up in the channel.
    const opened = await this.#opener.open(now);
    const line = await this.#joinLine(opened, channel);
    const text = new ChosenText(channel.guild, own.transcriptChannelId ?? channelId);
    decisions.begin(guildId, channelId);
    const running = this.#run({ ...opened, line, channel, text, now, by, onEnded });
    log.info({ guildId, channelId, mode, model: opened.model.name, by: by.userId }, 'joined a voice channel');
    await running.greet(returning);
    return running.handle;
  };

  /** Sessions that are being opened are given up. */
  abort(reason: Error): void {
    this.#opener.abort(reason);
  }

  /**
   * Nothing of what this person said so far goes into the record or a post any more, and no session knows of it. Resolves
   * when what was written can be deleted. Late words do not come back.
   */
  async forget(guildId: string, userId: UserId): Promise<void> {
    const here = [...this.#running].filter((one) => one.guildId === guildId);
    for (const one of here) one.forget(userId);
    for (const one of here) await one.forgetRecord(userId);
  }

  /** Whether a conversation still writes this message; see Transcript.holds. */
  holds(messageId: string): 'shown' | 'due' | undefined {
    for (const one of this.#running) {
      const held = one.holds(messageId);
      if (held) return held;
    }
    return undefined;
  }

  /** Resolves when everything that ended has been said and written. */
  async finished(): Promise<void> {
    await Promise.all(this.#finishing);
  }

  #run(place: Place): RunningConversation {
    const running: RunningConversation = new RunningConversation(this.#parts, place, (last) => {
      this.#finishing.add(last);
      void last.finally(() => {
        this.#finishing.delete(last);
        this.#running.delete(running);
      });
    });
    this.#running.add(running);
    return running;
  }

  #channel(guildId: string, channelId: string): VoiceBasedChannel {
    const channel = this.#parts.client.guilds.cache.get(guildId)?.channels.cache.get(channelId);
    if (channel?.isVoiceBased()) return channel;
    throw new LineLostError('I cannot see that voice channel any more.', { retryable: false });
  }

  /** The place in the channel, or, when there is none, nothing left of the session either. */
  async #joinLine({ session, model }: Opened, channel: VoiceBasedChannel): Promise<DiscordVoiceLine> {
    const { client, codecs, clock, consent, log, linkPatience } = this.#parts;
    const { guild } = channel;
    try {
      return await joinVoiceLine({
        guildId: guild.id,
        channelId: channel.id,
        adapterCreator: guild.voiceAdapterCreator,
        inputRate: model.inputRate,
        codecs,
        clock,
        log,
        mayHear: (userId) => consent.mayHear(guild.id, userId),
        othersAreThere: (id) =>
          guild.voiceStates.cache.some((state) => state.channelId === id && state.id !== client.user?.id),
        around: surroundingsOf(client, guild),
        ...(linkPatience && { patience: linkPatience }),
      });
    } catch (error) {
      session.close();
      throw error;
    }
  }
}
