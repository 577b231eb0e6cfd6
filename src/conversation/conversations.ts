import { isDeepStrictEqual } from 'node:util';
import type { VoiceBasedChannel } from 'discord.js';
import { HeardAccounts } from '../discord/guild/heard-accounts.ts';
import { isWithin } from '../discord/guild/room-reach.ts';
import { surroundingsOf } from '../discord/voice/guild-voice-state.ts';
import { type DiscordVoiceLine, joinVoiceLine } from '../discord/voice/voice-line.ts';
import type { OpenRequest } from '../ports/conversation.ts';
import { LineLostError } from '../ports/errors.ts';
import type { ForgottenBeside } from '../ports/personal-data.ts';
import type { UserId } from '../ports/voice.ts';
import { frugal, refusedFor } from '../usage/budget-steps.ts';
import type { OpenBridge } from './bridges.ts';
import { Conversation, type ConversationDeps } from './conversation.ts';
import type { ConversationsDeps } from './conversations-deps.ts';
import { mayStillCome } from './people/late-join.ts';
import { type Now, type Opened, SessionOpener } from './session-opener.ts';

/** Opens conversations: connects to the model, joins the channel, and keeps those that run until they are written to their end. */
export class Conversations {
  readonly #deps: ConversationsDeps;
  /** Farewells and last flushes under way. */
  readonly #finishing = new Set<Promise<void>>();
  /** Those that are not written to their end. */
  readonly #running = new Set<Conversation>();
  readonly #opener: SessionOpener;

  constructor(deps: ConversationsDeps) {
    this.#deps = deps;
    this.#opener = new SessionOpener(deps);
  }

  /** Rejects with SessionLostError or LineLostError, and with the reason of `signal`, leaving nothing behind. */
  readonly open: OpenBridge = async ({ guildId, channelId, by, mode = 'talk', returning = false, signal, onEnded }) => {
    const { settings, spending, cheaperModel, notes, consent, decisions, log } = this.#deps;
    const own = await settings.get(guildId);
    const { step, nearest } = await spending.standing(guildId);
    if (nearest && step === 'spent') throw new LineLostError(refusedFor(nearest), { retryable: false });
    const now: Now = {
      settings: frugal(own, step, mode === 'listen' ? null : cheaperModel),
      mode,
      lost: new Set(),
      notes: await notes.list(guildId),
      mayHear: (userId) => consent.mayHear(guildId, userId),
      mayTellOf: (made) => {
        const guild = this.#deps.client.guilds.cache.get(guildId);
        const { transcriptChannelId } = own;
        return guild !== undefined && isWithin(guild, [channelId, transcriptChannelId ?? channelId], made);
      },
    };
    signal.throwIfAborted();
    this.#channel(guildId, channelId);
    // The model first: with a rejected key the bot never shows up in the channel.
    const opened = await this.#opener.open(now, signal);
    const { line, channel, heard } = await this.#joinLine(opened, { guildId, channelId, now, signal });
    decisions.begin(guildId, channelId);
    const running = this.#run({ ...opened, line, channel, now, heard, by, onEnded });
    log.info({ guildId, channelId, mode, model: opened.model.name, by: by.userId }, 'joined a voice channel');
    await running.begin(returning);
    // What was set meanwhile.
    const latest = await settings.get(guildId);
    if (!isDeepStrictEqual(latest, own)) running.apply(latest);
    return running;
  };

  /** Whether who asked for a conversation and had to wait may still have it, and anybody is there. */
  admits({ guildId, channelId, by }: OpenRequest): Promise<boolean> {
    const guild = this.#deps.client.guilds.cache.get(guildId);
    return mayStillCome(guild, channelId, by.userId).catch(() => false);
  }

  /**
   * Nothing of what this person said so far goes into the record or a post any more, and no session knows of it. Resolves
   * when what was written can be deleted. Late words do not come back.
   */
  async erase(guildId: string, userId: UserId): Promise<void> {
    const here = [...this.#running].filter((one) => one.guildId === guildId);
    for (const one of here) one.erase(userId);
    for (const one of here) await one.eraseRecord(userId);
  }

  /** What repeated the words of somebody who is forgotten is not shown or written again. */
  eraseBeside(beside: ForgottenBeside): void {
    for (const one of this.#running) one.eraseBeside(beside);
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

  #run(deps: ConversationDeps): Conversation {
    const running: Conversation = new Conversation(this.#deps, deps, (last, written) => {
      this.#finishing.add(last);
      void last.finally(() => this.#finishing.delete(last));
      // What waits to be written may still have to be forgotten.
      void Promise.all([last, written]).finally(() => this.#running.delete(running));
    });
    this.#running.add(running);
    return running;
  }

  #channel(guildId: string, channelId: string): VoiceBasedChannel {
    const channel = this.#deps.client.guilds.cache.get(guildId)?.channels.cache.get(channelId);
    if (channel?.isVoiceBased()) return channel;
    throw new LineLostError('I cannot see that voice channel any more.', { retryable: false });
  }

  /** The place in the channel, or, when there is none, nothing left of the session either. */
  async #joinLine(
    { session, model }: Opened,
    { guildId, channelId, now, signal }: { guildId: string; channelId: string; now: Now; signal: AbortSignal },
  ): Promise<{ line: DiscordVoiceLine; channel: VoiceBasedChannel; heard: HeardAccounts }> {
    const { client, codecs, clock, consent, log, linkPatience, hearsBot } = this.#deps;
    try {
      // It may be gone since: a model can take its time.
      const channel = this.#channel(guildId, channelId);
      const { guild } = channel;
      const heard = new HeardAccounts({
        guild,
        wants: (userId) => consent.mayHear(guild.id, userId),
        bots: () => now.settings.heardBots,
        ...(hearsBot && { hearsBot }),
      });
      const line = await joinVoiceLine({
        guildId: guild.id,
        channelId: channel.id,
        adapterCreator: guild.voiceAdapterCreator,
        inputRate: model.inputRate,
        codecs,
        clock,
        log,
        mayHear: (userId) => heard.mayHear(userId),
        othersAreThere: (id) =>
          guild.voiceStates.cache.some((state) => state.channelId === id && state.id !== client.user?.id),
        around: surroundingsOf(client, guild, hearsBot),
        signal,
        ...(linkPatience && { patience: linkPatience }),
      });
      return { line, channel, heard };
    } catch (error) {
      session.close();
      throw error;
    }
  }
}
