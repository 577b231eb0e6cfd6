import type { VoiceBasedChannel } from 'discord.js';
import { Bridge } from './bridge/bridge.ts';
import type { BridgeEvent, BridgeHandle, EndReason } from './bridge/bridge-ports.ts';
import type { Person, UserId } from './bridge/ports.ts';
import type { GuildSettings } from './bridge/room-ports.ts';
import type { ConversationsParts } from './conversation-parts.ts';
import { Announcement } from './discord/announcement.ts';
import type { ChosenText } from './discord/chosen-text.ts';
import { GuildRoom } from './discord/room.ts';
import type { DiscordVoiceLine } from './discord/voice-line.ts';
import { ForgottenTurns } from './forgotten-turns.ts';
import { Hearing } from './hearing.ts';
import { Journey } from './journey.ts';
import { LiveText } from './live-text.ts';
import { Recorder } from './recorder.ts';
import type { Now, Opened } from './session-opener.ts';
import { escapeMarkdown } from './transcript/markdown.ts';
import { Transcript } from './transcript/transcript.ts';

/** How long forgetting waits for posts under way; they are edited later, then. */
const POSTED_WITHIN_MS = 5_000;

/** Where and with what a conversation takes place. */
export interface Place extends Opened {
  readonly line: DiscordVoiceLine;
  readonly channel: VoiceBasedChannel;
  readonly text: ChosenText;
  readonly now: Now;
  /** Who asked the bot in. */
  readonly by: Person;
  readonly onEnded: () => void;
}

/** One conversation and what goes with it: the bridge, its record and transcript, who is told what, where it goes. */
export class RunningConversation {
  readonly handle: BridgeHandle;
  readonly #parts: ConversationsParts;
  readonly #place: Place;
  readonly #bridge: Bridge;
  readonly #room: GuildRoom;
  readonly #journey: Journey;
  readonly #hearing: Hearing;
  readonly #recorder: Recorder;
  readonly #transcript: Transcript;
  readonly #live: LiveText;
  readonly #announcement: Announcement;
  readonly #forgotten = new ForgottenTurns();
  readonly #finish: (last: Promise<void>) => void;

  /** `finish` is given, when it ended, the promise of what is still being said and written. */
  constructor(parts: ConversationsParts, place: Place, finish: (last: Promise<void>) => void) {
    const { channel, text, now } = place;
    const { consent } = parts;
    const { guild } = channel;
    this.#parts = parts;
    this.#place = place;
    this.#finish = finish;
    const mayHear = (userId: UserId): boolean => consent.mayHear(guild.id, userId);
    this.#room = new GuildRoom({ guild, channelId: channel.id, textChannelId: () => text.channelId, mayHear });
    this.#recorder = this.#recorderOf();
    this.#transcript = this.#transcriptOf();
    this.#live = new LiveText({ text, transcript: this.#transcript, channel, now: () => new Date() });
    this.#live.take(now.settings);
    this.#announcement = this.#announcementOf();
    this.#journey = this.#journeyOf();
    this.#bridge = this.#bridgeOf(mayHear);
    this.#hearing = new Hearing({
      consent,
      line: place.line,
      bridge: this.#bridge,
      room: this.#room,
      announcement: this.#announcement,
    });
    this.handle = this.#followed();
  }

  get guildId(): string {
    return this.#bridge.guildId;
  }

  /** Says that the bot is there, and what people should know of it. */
  async greet(returning: boolean): Promise<void> {
    const { by, notice } = this.#place;
    if (notice !== undefined) this.#transcript.observe({ type: 'trouble', message: notice });
    this.#hearing.presentTold();
    const greeted = returning ? this.#announcement.returned(by) : this.#announcement.joined(by);
    await Promise.all([greeted, this.#journey.began()]);
  }

  /** Nothing of what this person said so far is shown or known to the session any more. The record: see forgetRecord(). */
  forget(userId: UserId): void {
    const { now } = this.#place;
    this.#forgotten.forget(userId);
    now.notes = now.notes.filter(({ by }) => by.userId !== userId);
    this.#bridge.forget(userId);
    this.#transcript.forget(userId);
  }

  /** Resolves when nothing of this person is written into the record any more. */
  async forgetRecord(userId: UserId): Promise<void> {
    const late = new Promise((resolve) => setTimeout(resolve, POSTED_WITHIN_MS).unref());
    // What is being posted has to be known as posted before its line is deleted, or nobody edits it.
    await Promise.race([this.#transcript.flush(), late]);
    await this.#recorder.flush().catch(() => {});
    await this.#recorder.forget(userId);
  }

  /** Whether it still writes this message; see Transcript.holds. */
  holds(messageId: string): 'shown' | 'due' | undefined {
    return this.#transcript.holds(messageId);
  }

  get #botName(): string {
    return this.#place.channel.guild.members.me?.displayName ?? 'Parley';
  }

  #recorderOf(): Recorder {
    const { channel, text, model, now } = this.#place;
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
      botName: this.#botName,
      modelName: () => this.#bridge.model.name,
      language: () => now.settings.language,
      now: () => Date.now(),
      log,
    });
  }

  #transcriptOf(): Transcript {
    const { buttons, log } = this.#parts;
    return new Transcript({
      text: this.#place.text,
      record: this.#recorder,
      nameOf: (userId) => this.#room.nameOf(userId),
      buttons,
      botName: this.#botName,
      now: () => performance.now(),
      log,
    });
  }

  #announcementOf(): Announcement {
    const { channel, now } = this.#place;
    const { consent, privacyUrl, statuses, log } = this.#parts;
    return new Announcement({
      channel,
      conversation: now.mode,
      modelLabel: () => goesTo(this.#bridge),
      mode: () => consent.mode(channel.guild.id),
      privacyUrl,
      record: this.#recorder,
      escape: escapeMarkdown,
      statuses,
      log,
    });
  }

  #journeyOf(): Journey {
    const { channel, text, now, by } = this.#place;
    const { places, log } = this.#parts;
    return new Journey({
      guild: channel.guild,
      channelId: channel.id,
      by,
      mode: now.mode,
      text,
      room: this.#room,
      transcript: this.#transcript,
      announcement: this.#announcement,
      places,
      log,
    });
  }

  #bridgeOf(mayHear: (userId: UserId) => boolean): Bridge {
    const { line, session, model, text, now } = this.#place;
    const { models, toolbox, ticker, evenVoices, log } = this.#parts;
    const { mode } = now;
    return new Bridge({
      line,
      session,
      model,
      writer: mode === 'talk' ? models.transcriber?.label : undefined,
      // What writes down stays: which model would answer is nothing to it.
      modelFor: (settings) => (mode === 'listen' ? model : models.chosen(settings).model),
      settings: now.settings,
      notes: now.notes,
      toolbox,
      room: this.#room,
      text,
      ticker,
      mayHear,
      evenVoices,
      ownName: () => this.#botName,
      log,
      beforeLeaving: () => this.#announcement.leaving(),
      observe: (event) => this.#observe(event),
    });
  }

  #observe(raw: BridgeEvent): void {
    const { log, observe, decisions } = this.#parts;
    const { guildId, channelId } = this.#bridge;
    const event = this.#forgotten.passing(raw);
    if (!event) return;
    // First: whatever the transcript posts of it is recorded before.
    this.#recorder.observe(event);
    observe(event, { guildId, channelId });
    decisions.observe(event, guildId);
    this.#charge(event);
    const ended = event.type === 'ended' ? event.reason : undefined;
    if (ended) log.info({ guildId, channelId, reason: ended }, 'left a voice channel');
    this.#post(event, ended);
    this.#hearing.observe(event);
    if (event.type === 'moved' || event.type === 'recovered') this.#journey.follow(event);
    // The greeting in the new channel is for everybody there.
    if (event.type === 'moved') this.#hearing.presentTold();
    if (ended) this.#end(ended);
  }

  #post(event: BridgeEvent, ended: EndReason | undefined): void {
    const { text } = this.#place;
    const { guildId, channelId } = this.#bridge;
    // Why the bot left or went elsewhere is said in the channel's own chat by the announcement: once is enough.
    const announced = event.type === 'moved' || (ended !== undefined && ended.kind !== 'asked');
    if (!announced || text.channelId !== this.#journey.channelId) this.#transcript.observe(event);
    if (event.type !== 'model-changed') return;
    this.#parts.log.info({ guildId, channelId, model: event.model.name }, 'another model answers now');
    // Whoever is heard should know where the sound goes, wherever the transcript is.
    if (text.channelId !== channelId) void this.#announcement.goesTo(event.message);
  }

  #charge(event: BridgeEvent): void {
    const bridge = this.#bridge;
    const { provider, name } = bridge.model;
    const { guildId, channelId } = bridge;
    const used = { guildId, channelId, provider, model: name };
    this.#parts.spending.note(used, event).then(
      (verdict) => {
        if (verdict?.kind === 'spent') void bridge.close({ kind: 'budget', budgetUsd: verdict.budgetUsd });
        else if (verdict) this.#transcript.observe({ type: 'trouble', message: verdict.message });
      },
      (error: unknown) => this.#parts.log.warn({ err: error, guildId }, 'could not look at the budget'),
    );
  }

  #end(reason: EndReason): void {
    this.#place.onEnded();
    this.#hearing.close();
    // Whoever reads the farewell will not see the bot come back, even if it is killed the next moment.
    const farewell = this.#journey.ended().then(() => this.#announcement.ended(reason));
    this.#finish(Promise.all([this.#transcript.close(), farewell]).then(() => this.#recorder.close()));
  }

  #take(settings: GuildSettings): void {
    this.#place.now.settings = settings;
    this.#live.take(settings);
    this.#journey.write(settings.transcriptChannelId);
  }

  /** The bridge, with what else depends on the settings. */
  #followed(): BridgeHandle {
    const bridge = this.#bridge;
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
        this.#take(settings);
        return bridge.apply(settings, chosen);
      },
      close: async (reason) => {
        await bridge.close(reason);
        // Whoever reads that the bot left will not see it come back, even if it is killed the next moment.
        await this.#journey.ended();
      },
    };
  }
}

/** Everybody who gets the sound. */
function goesTo({ model, writer }: Bridge): string {
  return writer === null ? model.label : `${model.label} and ${writer}`;
}
