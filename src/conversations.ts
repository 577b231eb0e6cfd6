import type { Client, VoiceBasedChannel } from 'discord.js';
import { Bridge } from './bridge/bridge.ts';
import type { BridgeEvent, BridgeHandle, EndReason } from './bridge/bridge-ports.ts';
import type { OpenBridge } from './bridge/bridges.ts';
import type { Consent } from './bridge/consent-ports.ts';
import type { DecisionLog } from './bridge/decision-log.ts';
import { LineLostError } from './bridge/errors.ts';
import type { Notes } from './bridge/guild-ports.ts';
import type { Person, UserId } from './bridge/ports.ts';
import type { RecordWriter } from './bridge/record-ports.ts';
import type { GuildSettings, SettingsStore, Toolbox } from './bridge/room-ports.ts';
import type { Ticker } from './bridge/ticker.ts';
import { Announcement } from './discord/announcement.ts';
import { ChosenText } from './discord/chosen-text.ts';
import type { FrameClock } from './discord/frame-clock.ts';
import type { OpusCodecs } from './discord/opus.ts';
import { GuildRoom } from './discord/room.ts';
import { surroundingsOf } from './discord/surroundings.ts';
import type { ToolButtons } from './discord/tool-buttons.ts';
import { type DiscordVoiceLine, joinVoiceLine } from './discord/voice-line.ts';
import type { LinkPatience } from './discord/voice-policy.ts';
import type { VoiceStatuses } from './discord/voice-status.ts';
import { ForgottenTurns } from './forgotten-turns.ts';
import { Hearing } from './hearing.ts';
import { Journey } from './journey.ts';
import { LiveText } from './live-text.ts';
import type { Log } from './log.ts';
import type { Patience } from './model/back-off.ts';
import type { Models } from './model/models.ts';
import { Recorder } from './recorder.ts';
import { type Now, type Opened, SessionOpener } from './session-opener.ts';
import type { Spending } from './spending.ts';
import type { PlaceStore } from './store/places.ts';
import { Transcript } from './transcript/transcript.ts';

/** What every conversation is made of. */
export interface ConversationsParts {
  readonly client: Client;
  readonly models: Models;
  readonly settings: SettingsStore;
  /** Who may be heard. */
  readonly consent: Consent;
  /** A page about what is heard and kept; null: there is none. */
  readonly privacyUrl: string | null;
  readonly spending: Spending;
  readonly notes: Pick<Notes, 'list'>;
  /** Where what is said is kept. */
  readonly record: RecordWriter;
  readonly toolbox: Toolbox;
  readonly ticker: Ticker;
  readonly codecs: OpusCodecs;
  /** Paces what every conversation plays. */
  readonly clock: FrameClock;
  readonly places: PlaceStore;
  /** Quiet and loud people are brought to a common level for the model. */
  readonly evenVoices: boolean;
  readonly statuses: VoiceStatuses;
  readonly buttons: ToolButtons;
  readonly decisions: DecisionLog;
  readonly log: Log;
  /** With a lost model. */
  readonly patience: Patience;
  /** With a lost voice connection; only tests need another. */
  readonly linkPatience?: LinkPatience;
  readonly observe: (event: BridgeEvent, place: { readonly guildId: string; readonly channelId: string }) => void;
}

/** How long forgetting waits for posts under way; they are edited later, then. */
const POSTED_WITHIN_MS = 5_000;

/** Opens conversations: connects to the model, joins the channel, wires transcript, announcement and money. */
export class Conversations {
  readonly #parts: ConversationsParts;
  /** Farewells and last flushes under way. */
  readonly #finishing = new Set<Promise<void>>();
  /** Those that are not written to their end. */
  readonly #running = new Set<Running>();
  readonly #opener: SessionOpener;

  constructor(parts: ConversationsParts) {
    this.#parts = parts;
    this.#opener = new SessionOpener(parts);
  }

  /** Rejects with SessionLostError or LineLostError, leaving nothing behind. */
  readonly open: OpenBridge = async ({ guildId, channelId, by, mode = 'talk', returning, onEnded }) => {
    const { settings, notes, log } = this.#parts;
    const channel = this.#channel(guildId, channelId);
    const own = await settings.get(guildId);
    const now: Now = { settings: own, mode, lost: new Set(), notes: await notes.list(guildId) };
    // The model first: with a rejected key the bot never shows up in the channel.
    const opened = await this.#opener.open(now);
    const line = await this.#joinLine(opened, channel);
    const text = new ChosenText(channel.guild, own.transcriptChannelId ?? channelId);
    this.#parts.decisions.begin(guildId, channelId);
    const { handle, journey, hearing, transcript, announcement } = this.#join({
      ...opened,
      line,
      channel,
      text,
      now,
      by,
      onEnded,
    });
    log.info({ guildId, channelId, mode, model: opened.model.name, by: by.userId }, 'joined a voice channel');
    if (opened.notice !== undefined) transcript.observe({ type: 'trouble', message: opened.notice });
    hearing.presentTold();
    await Promise.all([returning ? announcement.returned(by) : announcement.joined(by), journey.began()]);
    return handle;
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
    const here = [...this.#running].filter(({ bridge }) => bridge.guildId === guildId);
    for (const { forgotten, bridge, transcript, now } of here) {
      forgotten.forget(userId);
      now.notes = now.notes.filter(({ by }) => by.userId !== userId);
      bridge.forget(userId);
      transcript.forget(userId);
    }
    for (const { transcript, recorder } of here) {
      const late = new Promise((resolve) => setTimeout(resolve, POSTED_WITHIN_MS).unref());
      // What is being posted has to be known as posted before its line is deleted, or nobody edits it.
      await Promise.race([transcript.flush(), late]);
      await recorder.flush().catch(() => {});
      await recorder.forget(userId);
    }
  }

  /** Whether a conversation still writes this message; see Transcript.holds. */
  holds(messageId: string): 'shown' | 'due' | undefined {
    for (const { transcript } of this.#running) {
      const held = transcript.holds(messageId);
      if (held) return held;
    }
    return undefined;
  }

  /** Resolves when everything that ended has been said and written. */
  async finished(): Promise<void> {
    await Promise.all(this.#finishing);
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

  #join(place: Place): Omit<Running, keyof Place> & { handle: BridgeHandle } {
    const { channel, text, now, by } = place;
    const { guild } = channel;
    const { models, toolbox, ticker, consent, log, statuses, buttons, places } = this.#parts;
    const mayHear = (userId: UserId): boolean => consent.mayHear(guild.id, userId);
    const room = new GuildRoom({ guild, channelId: channel.id, textChannelId: () => text.channelId, mayHear });
    const forgotten = new ForgottenTurns();
    const ownName = () => guild.members.me?.displayName ?? 'Parley';
    const botName = ownName();
    const recorder = this.#recorder(place, botName, () => bridge.model.name);
    const transcript = new Transcript({
      text,
      record: recorder,
      nameOf: (userId) => room.nameOf(userId),
      buttons,
      botName,
      now: () => performance.now(),
      log,
    });
    const { mode } = now;
    const live = new LiveText({ text, transcript, channel, now: () => new Date() });
    live.take(now.settings);
    const announcement = new Announcement({
      channel,
      conversation: mode,
      modelLabel: () => goesTo(bridge),
      mode: () => consent.mode(guild.id),
      privacyUrl: this.#parts.privacyUrl,
      record: recorder,
      statuses,
      log,
    });
    const journey = new Journey({
      guild,
      channelId: channel.id,
      by,
      mode,
      text,
      room,
      transcript,
      announcement,
      places,
      log,
    });
    const bridge: Bridge = new Bridge({
      line: place.line,
      session: place.session,
      model: place.model,
      writer: mode === 'talk' ? models.transcriber?.label : undefined,
      // What writes down stays: which model would answer is nothing to it.
      modelFor: (settings) => (mode === 'listen' ? place.model : models.chosen(settings).model),
      settings: now.settings,
      notes: now.notes,
      toolbox,
      room,
      text,
      ticker,
      mayHear,
      evenVoices: this.#parts.evenVoices,
      ownName,
      log,
      beforeLeaving: () => announcement.leaving(),
      observe: (event) => this.#observe(event, running),
    });
    const hearing: Hearing = new Hearing({ consent, line: place.line, bridge, room, announcement });
    const running: Running = { ...place, bridge, journey, hearing, recorder, transcript, announcement, forgotten };
    this.#running.add(running);
    const handle = followed(bridge, journey, (settings) => {
      now.settings = settings;
      live.take(settings);
      journey.write(settings.transcriptChannelId);
    });
    return { handle, ...running };
  }

  #recorder({ channel, text, model, now }: Place, botName: string, modelName: () => string): Recorder {
    const { record, log } = this.#parts;
    return new Recorder({
      writer: record,
      conversation: {
        guildId: channel.guild.id,
        channelId: channel.id,
        transcriptChannelId: text.channelId,
        mode: now.mode,
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

  #observe(raw: BridgeEvent, running: Running): void {
    const { log, observe } = this.#parts;
    const { bridge, text, transcript, announcement, journey } = running;
    const { guildId, channelId } = bridge;
    const event = running.forgotten.passing(raw);
    if (!event) return;
    // First: whatever the transcript posts of it is recorded before.
    running.recorder.observe(event);
    observe(event, { guildId, channelId });
    this.#parts.decisions.observe(event, guildId);
    this.#charge(event, running);
    const ended = event.type === 'ended' ? event.reason : undefined;
    if (ended) log.info({ guildId, channelId, reason: ended }, 'left a voice channel');
    // Why the bot left or went elsewhere is said in the channel's own chat by the announcement: once is enough.
    const announced = event.type === 'moved' || (ended !== undefined && ended.kind !== 'asked');
    if (!announced || text.channelId !== journey.channelId) transcript.observe(event);
    if (event.type === 'model-changed') {
      log.info({ guildId, channelId, model: event.model.name }, 'another model answers now');
      // Whoever is heard should know where the sound goes, wherever the transcript is.
      if (text.channelId !== channelId) void announcement.goesTo(event.message);
    }
    running.hearing.observe(event);
    if (event.type === 'moved' || event.type === 'recovered') journey.follow(event);
    // The greeting in the new channel is for everybody there.
    if (event.type === 'moved') running.hearing.presentTold();
    if (ended) this.#finish(ended, running);
  }

  #charge(event: BridgeEvent, { bridge, transcript }: Running): void {
    const { provider, name } = bridge.model;
    const { guildId, channelId } = bridge;
    const used = { guildId, channelId, provider, model: name };
    this.#parts.spending.note(used, event).then(
      (verdict) => {
        if (verdict?.kind === 'spent') void bridge.close({ kind: 'budget', budgetUsd: verdict.budgetUsd });
        else if (verdict) transcript.observe({ type: 'trouble', message: verdict.message });
      },
      (error: unknown) => this.#parts.log.warn({ err: error, guildId }, 'could not look at the budget'),
    );
  }

  #finish(reason: EndReason, running: Running): void {
    const { onEnded, journey, hearing, recorder, transcript, announcement } = running;
    onEnded();
    hearing.close();
    // Whoever reads the farewell will not see the bot come back, even if it is killed the next moment.
    const farewell = journey.ended().then(() => announcement.ended(reason));
    const last = Promise.all([transcript.close(), farewell]).then(() => recorder.close());
    this.#finishing.add(last);
    void last.finally(() => {
      this.#finishing.delete(last);
      this.#running.delete(running);
    });
  }
}

/** Everybody who gets the sound. */
function goesTo({ model, writer }: Bridge): string {
  return writer === null ? model.label : `${model.label} and ${writer}`;
}

/** Where and with what a conversation takes place. */
interface Place extends Opened {
  readonly line: DiscordVoiceLine;
  readonly channel: VoiceBasedChannel;
  readonly text: ChosenText;
  readonly now: Now;
  /** Who asked the bot in. */
  readonly by: Person;
  readonly onEnded: () => void;
}

interface Running extends Place {
  readonly bridge: Bridge;
  readonly journey: Journey;
  readonly hearing: Hearing;
  readonly recorder: Recorder;
  readonly transcript: Transcript;
  readonly announcement: Announcement;
  readonly forgotten: ForgottenTurns;
}

/** The bridge, with what else depends on the settings. */
function followed(bridge: Bridge, journey: Journey, take: (settings: GuildSettings) => void): BridgeHandle {
  return {
    guildId: bridge.guildId,
    get channelId() {
      return bridge.channelId;
    },
    status: () => bridge.status(),
    ask: (person, text) => bridge.ask(person, text),
    announce: (announcement) => bridge.announce(announcement),
    cancelTool: (cancelId, by, keepsOrder) => bridge.cancelTool(cancelId, by, keepsOrder),
    runAgain: (call, by) => bridge.runAgain(call, by),
    apply: (settings, chosen) => {
      take(settings);
      return bridge.apply(settings, chosen);
    },
    close: async (reason) => {
      await bridge.close(reason);
      // Whoever reads that the bot left will not see it come back, even if it is killed the next moment.
      await journey.ended();
    },
  };
}
