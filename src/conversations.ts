import { ChannelType, type Client, type VoiceChannel } from 'discord.js';
import { Bridge } from './bridge/bridge.ts';
import type { BridgeEvent, BridgeHandle, EndReason } from './bridge/bridge-ports.ts';
import type { OpenBridge } from './bridge/bridges.ts';
import { LineLostError, SessionLostError } from './bridge/errors.ts';
import type { Conversation, GuildSettings, Provider, SettingsStore, SpeechModel, Toolbox } from './bridge/ports.ts';
import type { RecordWriter } from './bridge/record-ports.ts';
import { sessionOptions } from './bridge/session-options.ts';
import type { Ticker } from './bridge/ticker.ts';
import { Announcement } from './discord/announcement.ts';
import { ChosenText } from './discord/chosen-text.ts';
import type { OpusCodecs } from './discord/opus.ts';
import { GuildRoom } from './discord/room.ts';
import type { ToolButtons } from './discord/tool-buttons.ts';
import { type DiscordVoiceLine, joinVoiceLine } from './discord/voice-line.ts';
import type { VoiceStatuses } from './discord/voice-status.ts';
import type { Log } from './log.ts';
import type { Patience } from './model/back-off.ts';
import type { ModelChoice } from './model/model-choice.ts';
import type { Models } from './model/models.ts';
import { reconnecting } from './model/reconnecting.ts';
import { Recorder } from './recorder.ts';
import type { Spending } from './spending.ts';
import { Transcript } from './transcript/transcript.ts';

/** What every conversation is made of. */
export interface ConversationsParts {
  readonly client: Client;
  readonly models: Models;
  readonly settings: SettingsStore;
  readonly spending: Spending;
  /** Where what is said is kept. */
  readonly record: RecordWriter;
  readonly toolbox: Toolbox;
  readonly ticker: Ticker;
  readonly codecs: OpusCodecs;
  readonly statuses: VoiceStatuses;
  readonly buttons: ToolButtons;
  readonly log: Log;
  /** With a lost model. */
  readonly patience: Patience;
  readonly observe: (event: BridgeEvent, guildId: string) => void;
}

/** A session, with the model that it was opened with. */
interface Opened {
  readonly session: Conversation;
  readonly model: SpeechModel;
  /** What people should know about it: that it is not the model which was wanted. */
  readonly notice: string | undefined;
}

/** What of a conversation changes while it runs, for those of its parts that were made before the bridge. */
interface Now {
  settings: GuildSettings;
  /** Providers that were lost for good: nobody falls back to them. */
  readonly lost: Set<Provider>;
}

/** Opens conversations: connects to the model, joins the channel, wires transcript, announcement and money. */
export class Conversations {
  readonly #parts: ConversationsParts;
  /** Farewells and last flushes under way. */
  readonly #finishing = new Set<Promise<void>>();
  readonly #connecting = new Set<AbortController>();

  constructor(parts: ConversationsParts) {
    this.#parts = parts;
  }

  /** Rejects with SessionLostError or LineLostError, leaving nothing behind. */
  readonly open: OpenBridge = async ({ guildId, channelId, by, onEnded }) => {
    const { settings, models, log } = this.#parts;
    const channel = this.#channel(guildId, channelId);
    const own = await settings.get(guildId);
    const now: Now = { settings: own, lost: new Set() };
    // The model first: with a rejected key the bot never shows up in the channel.
    const opened = await this.#openSession(models.chosen(own).model, now);
    const line = await this.#joinLine(opened, channel);
    const text = new ChosenText(channel.guild, own.transcriptChannelId ?? channelId);
    const bridge = this.#join({ ...opened, line, channel, text, now, onEnded });
    log.info({ guildId, channelId, model: opened.model.name, by: by.userId }, 'joined a voice channel');
    if (opened.notice !== undefined) bridge.transcript.observe({ type: 'trouble', message: opened.notice });
    await bridge.announcement.joined(by);
    return bridge.handle;
  };

  /** Sessions that are being opened are given up. */
  abort(reason: Error): void {
    for (const attempt of this.#connecting) attempt.abort(reason);
  }

  /** Resolves when everything that ended has been said and written. */
  async finished(): Promise<void> {
    await Promise.all(this.#finishing);
  }

  #channel(guildId: string, channelId: string): VoiceChannel {
    const channel = this.#parts.client.guilds.cache.get(guildId)?.channels.cache.get(channelId);
    if (channel?.type === ChannelType.GuildVoice) return channel;
    throw new LineLostError('I cannot see that voice channel any more.', { retryable: false });
  }

  /** A session with the model, or with the fallback where there is one and the model cannot be had. */
  async #openSession(model: SpeechModel, now: Now): Promise<Opened> {
    try {
      return { session: await this.#connect(model, now), model, notice: undefined };
    } catch (error) {
      if (!(error instanceof SessionLostError)) throw error;
      const other = this.#fallback(model, now)?.model;
      if (!other) throw error;
      this.#parts.log.warn({ model: model.name, reason: error.message }, 'the fallback takes the place of the model');
      const session = await this.#connect(other, now).catch((second: unknown) => {
        throw second instanceof SessionLostError ? bothLost(error, second) : second;
      });
      const notice = `${error.message} So I use the fallback, ${other.label}.`;
      return { session, model: other, notice };
    }
  }

  /** Connects under a signal that abort() can abort, and that nothing aborts once the session is there. */
  async #connect(model: SpeechModel, now: Now): Promise<Conversation> {
    const { toolbox, log, patience } = this.#parts;
    const attempt = new AbortController();
    this.#connecting.add(attempt);
    const fallback = (failed: SpeechModel): ModelChoice | undefined => this.#fallback(failed, now);
    try {
      const lasting = reconnecting(model, { log, patience, fallback });
      return await lasting.connect(sessionOptions(now.settings, model, toolbox), attempt.signal);
    } finally {
      this.#connecting.delete(attempt);
    }
  }

  #fallback(failed: SpeechModel, now: Now): ModelChoice | undefined {
    const { models, toolbox } = this.#parts;
    now.lost.add(failed.provider);
    const model = models.fallbackFor(failed);
    if (!model || now.lost.has(model.provider)) return undefined;
    return { model, options: sessionOptions(now.settings, model, toolbox) };
  }

  /** The place in the channel, or, when there is none, nothing left of the session either. */
  async #joinLine({ session, model }: Opened, channel: VoiceChannel): Promise<DiscordVoiceLine> {
    const { client, codecs, log } = this.#parts;
    try {
      return await joinVoiceLine({
        guildId: channel.guild.id,
        channelId: channel.id,
        adapterCreator: channel.guild.voiceAdapterCreator,
        inputRate: model.inputRate,
        codecs,
        log,
        othersAreThere: () => channel.members.some((member) => member.id !== client.user?.id),
      });
    } catch (error) {
      session.close();
      throw error;
    }
  }

  #join(place: Place): { handle: BridgeHandle; transcript: Transcript; announcement: Announcement } {
    const { channel, text, now } = place;
    const { models, toolbox, ticker, log, statuses, buttons } = this.#parts;
    const room = new GuildRoom({ guild: channel.guild, channelId: channel.id, textChannelId: () => text.channelId });
    const botName = channel.guild.members.me?.displayName ?? 'Parley';
    const recorder = this.#recorder(place, botName, () => bridge.model.name);
    const transcript = new Transcript({
      text,
      record: recorder,
      nameOf: (userId) => room.nameOf(userId),
      cancelButton: (cancelId) => buttons.cancel(cancelId),
      botName,
      now: () => performance.now(),
      log,
    });
    const announcement = new Announcement({ channel, modelLabel: place.model.label, statuses, log });
    const bridge = new Bridge({
      line: place.line,
      session: place.session,
      model: place.model,
      modelFor: (settings) => models.chosen(settings).model,
      settings: now.settings,
      toolbox,
      room,
      text,
      ticker,
      log,
      beforeLeaving: () => announcement.leaving(),
      observe: (event) => this.#observe(event, { ...place, bridge, recorder, transcript, announcement }),
    });
    const handle = followed(bridge, (settings) => {
      now.settings = settings;
      const chosen = settings.transcriptChannelId ?? channel.id;
      if (chosen === text.channelId) return;
      text.channelId = chosen;
      transcript.turnPage();
    });
    return { handle, transcript, announcement };
  }

  #recorder({ channel, text, model, now }: Place, botName: string, modelName: () => string): Recorder {
    const { record, log } = this.#parts;
    return new Recorder({
      writer: record,
      conversation: {
        guildId: channel.guild.id,
        channelId: channel.id,
        transcriptChannelId: text.channelId,
        mode: 'talk',
        provider: model.provider,
        model: model.name,
      },
      botName,
      modelName,
      language: () => now.settings.language,
      now: () => Date.now(),
      log,
    });
  }

  #observe(event: BridgeEvent, running: Running): void {
    const { log, observe } = this.#parts;
    const { channel, text, transcript, announcement } = running;
    const guildId = channel.guild.id;
    // First: whatever the transcript posts of it is recorded before.
    running.recorder.observe(event);
    observe(event, guildId);
    this.#charge(event, running);
    const ended = event.type === 'ended' ? event.reason : undefined;
    if (ended) log.info({ guildId, channelId: channel.id, reason: ended }, 'left a voice channel');
    // Why the bot left is said in the channel's own chat by the announcement: once is enough.
    if (!ended || ended.kind === 'asked' || text.channelId !== channel.id) transcript.observe(event);
    if (event.type === 'model-changed') {
      log.info({ guildId, channelId: channel.id, model: event.model.name }, 'another model answers now');
      // Whoever is heard should know where the sound goes, wherever the transcript is.
      if (text.channelId !== channel.id) void announcement.goesTo(event.message);
    }
    if (ended) this.#finish(ended, running);
  }

  #charge(event: BridgeEvent, { channel, bridge, transcript }: Running): void {
    const { provider, name } = bridge.model;
    const guildId = channel.guild.id;
    const used = { guildId, channelId: channel.id, provider, model: name };
    this.#parts.spending.note(used, event).then(
      (verdict) => {
        if (verdict?.kind === 'spent') void bridge.close({ kind: 'budget', budgetUsd: verdict.budgetUsd });
        else if (verdict) transcript.observe({ type: 'trouble', message: verdict.message });
      },
      (error: unknown) => this.#parts.log.warn({ err: error, guildId }, 'could not look at the budget'),
    );
  }

  #finish(reason: EndReason, { onEnded, recorder, transcript, announcement }: Running): void {
    onEnded();
    const written = transcript.close().then(() => recorder.close());
    const last = Promise.all([written, announcement.ended(reason)]).then(() => {});
    this.#finishing.add(last);
    void last.finally(() => this.#finishing.delete(last));
  }
}

/** Where and with what a conversation takes place. */
interface Place extends Opened {
  readonly line: DiscordVoiceLine;
  readonly channel: VoiceChannel;
  readonly text: ChosenText;
  readonly now: Now;
  readonly onEnded: () => void;
}

interface Running extends Place {
  readonly bridge: Bridge;
  readonly recorder: Recorder;
  readonly transcript: Transcript;
  readonly announcement: Announcement;
}

function bothLost(first: SessionLostError, second: SessionLostError): SessionLostError {
  const message = `${first.message} The fallback could not be had either: ${second.message}`;
  return new SessionLostError(second.kind, message, { retryable: first.retryable || second.retryable, cause: first });
}

/** The bridge, with what else depends on the settings. */
function followed(bridge: Bridge, take: (settings: GuildSettings) => void): BridgeHandle {
  return {
    guildId: bridge.guildId,
    channelId: bridge.channelId,
    status: () => bridge.status(),
    ask: (person, text) => bridge.ask(person, text),
    cancelTool: (cancelId, by, keepsOrder) => bridge.cancelTool(cancelId, by, keepsOrder),
    apply: (settings, chosen) => {
      take(settings);
      return bridge.apply(settings, chosen);
    },
    close: (reason) => bridge.close(reason),
  };
}
