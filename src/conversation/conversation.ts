import type { VoiceBasedChannel } from 'discord.js';
import { Bridge } from '../bridge/bridge.ts';
import { SteadyTime } from '../clock/steady-time.ts';
import { wallClock } from '../clock/wall-clock.ts';
import type { HeardAccounts } from '../discord/guild/heard-accounts.ts';
import { GuildRoom } from '../discord/guild/room.ts';
import { isWithin, RoomReach } from '../discord/guild/room-reach.ts';
import { Announcement } from '../discord/text/channel-notices.ts';
import { TranscriptChannel } from '../discord/text/transcript-channel.ts';
import type { DiscordVoiceLine } from '../discord/voice/voice-line.ts';
import { escapeMarkdown } from '../lib/markdown.ts';
import type { BridgeEvent, EndReason } from '../ports/bridge-events.ts';
import type { BridgeHandle } from '../ports/conversation.ts';
import type { ForgottenBeside } from '../ports/personal-data.ts';
import type { GuildSettings } from '../ports/settings.ts';
import type { Person, UserId } from '../ports/voice.ts';
import { type RecordNews, WAITING_LIMIT } from '../record/record-outbox.ts';
import { Recorder } from '../record/recorder.ts';
import { RecordNotice } from '../transcript/record-notice.ts';
import { Transcript } from '../transcript/transcript.ts';
import { BudgetWatch, leaveFor } from '../usage/budget-watch.ts';
import { ChannelTracker } from './channel-tracker.ts';
import type { ConversationsParts } from './conversation-parts.ts';
import { ErasedTurns } from './erased-turns.ts';
import { LiveTranscript } from './live-transcript.ts';
import { ConsentWatcher } from './people/consent-watcher.ts';
import { heardNotes, type Now, type Opened } from './session-opener.ts';

/** How long forgetting waits for posts under way; they are edited later, then. */
const POSTED_WITHIN_MS = 5_000;

/** Where and with what a conversation takes place. */
export interface Place extends Opened {
  readonly line: DiscordVoiceLine;
  readonly channel: VoiceBasedChannel;
  readonly now: Now;
  readonly heard: HeardAccounts;
  /** Who asked the bot in. */
  readonly by: Person;
  readonly onEnded: () => void;
}

/** One conversation and what goes with it: the bridge, its record and transcript, who is told what, where it goes. */
export class RunningConversation {
  readonly handle: BridgeHandle;
  readonly #parts: ConversationsParts;
  readonly #place: Place;
  readonly #text: TranscriptChannel;
  readonly #bridge: Bridge;
  readonly #room: GuildRoom;
  readonly #journey: ChannelTracker;
  readonly #reach: RoomReach;
  readonly #hearing: ConsentWatcher;
  readonly #recorder: Recorder;
  readonly #recordNotice: RecordNotice;
  readonly #transcript: Transcript;
  readonly #live: LiveTranscript;
  readonly #announcement: Announcement;
  readonly #forgotten = new ErasedTurns();
  readonly #time = new SteadyTime();
  readonly #budget: BudgetWatch;
  readonly #finish: (last: Promise<void>, written: Promise<void>) => void;

  /**
   * `finish` is given, when it ended, the promise of what is still being said and written, and that of the record, which
   * lasts longer where nothing can be written.
   */
  constructor(parts: ConversationsParts, place: Place, finish: (last: Promise<void>, written: Promise<void>) => void) {
    const { channel, now } = place;
    const { consent } = parts;
    const { guild } = channel;
    this.#parts = parts;
    this.#place = place;
    this.#finish = finish;
    const { heard } = place;
    const mayHear = (userId: UserId): boolean => heard.mayHear(userId);
    const text = this.#textOf();
    this.#text = text;
    this.#room = new GuildRoom({
      guild,
      channelId: channel.id,
      textChannelId: () => text.takerId,
      mayHear,
      isBot: (userId) => heard.isBot(userId),
    });
    this.#recorder = this.#recorderOf();
    this.#recordNotice = new RecordNotice({
      text,
      record: this.#recorder,
      health: parts.health,
      most: WAITING_LIMIT,
      log: parts.log,
    });
    this.#transcript = this.#transcriptOf();
    this.#live = new LiveTranscript({
      text,
      transcript: this.#transcript,
      channel,
      now: () => new Date(wallClock.now()),
    });
    this.#live.take(now.settings);
    this.#announcement = this.#announcementOf();
    this.#journey = this.#journeyOf();
    this.#budget = this.#budgetOf();
    this.#bridge = this.#bridgeOf(mayHear);
    this.#hearing = new ConsentWatcher({
      consent,
      line: place.line,
      bridge: this.#bridge,
      room: this.#room,
      announcement: this.#announcement,
      log: parts.log,
    });
    this.#reach = this.#reachOf();
    this.handle = this.#followed();
  }

  get guildId(): string {
    return this.#bridge.guildId;
  }

  /**
   * Says that the bot is there, and what people should know of it. No post is waited for: it resolves when a restart would
   * know of the place.
   */
  begin(returning: boolean): Promise<void> {
    const { by, notice } = this.#place;
    // First of all posts: people should know that they are heard.
    void (returning ? this.#announcement.returned(by) : this.#announcement.joined(by));
    if (notice !== undefined) this.#transcript.observe({ type: 'trouble', message: notice });
    this.#hearing.presentTold();
    this.#budget.look();
    return this.#journey.began();
  }

  /** Nothing of what this person said so far is shown or known to the session any more. The record: see forgetRecord(). */
  forget(userId: UserId): void {
    const { now } = this.#place;
    this.#forgotten.forget(userId);
    now.notes = now.notes.filter(({ by }) => by.userId !== userId);
    this.#bridge.forget(userId);
    this.#transcript.forget(userId);
    this.#announcement.forget(userId);
  }

  /** What of it is this conversation's is not shown or written again. */
  forgetBeside({ replies, lineIds }: ForgottenBeside): void {
    const own = replies.filter(({ conversationId }) => conversationId === this.#recorder.conversationId);
    this.#recorder.dropLines(lineIds);
    if (own.length > 0) this.#transcript.forgetReplies(own.map(({ replyId }) => replyId));
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

  #textOf(): TranscriptChannel {
    const { channel, now } = this.#place;
    return new TranscriptChannel(channel.guild, now.settings.transcriptChannelId ?? channel.id, {
      // Before there is a journey it is where it begins.
      chatId: () => (this.#journey as ChannelTracker | undefined)?.channelId ?? channel.id,
      lost: (message) => {
        this.#parts.log.warn({ guildId: channel.guild.id, reason: message }, 'the transcript lost its channel');
        this.#transcript.observe({ type: 'trouble', message });
      },
    });
  }

  #recorderOf(): Recorder {
    const { channel, model, now } = this.#place;
    const { record, health, log } = this.#parts;
    return new Recorder({
      writer: record,
      conversation: {
        guildId: channel.guild.id,
        channelId: channel.id,
        transcriptChannelId: this.#text.channelId,
        mode: now.mode,
        provider: model.provider,
        model: model.name,
      },
      botName: this.#botName,
      modelName: () => this.#bridge.model.name,
      language: () => now.settings.language,
      now: () => this.#time.now(),
      log,
      health,
      tell: (news) => this.#recordChanged(news),
    });
  }

  #recordChanged(news: RecordNews): void {
    if (news.kind === 'behind') this.#recordNotice.behind(news.ofOthers);
    else {
      this.#recordNotice.caughtUp(news.written, news.lost);
      this.#transcript.wake();
    }
  }

  #transcriptOf(): Transcript {
    const { buttons, log } = this.#parts;
    return new Transcript({
      text: this.#text,
      record: this.#recorder,
      nameOf: (userId) => this.#room.nameOf(userId),
      buttons,
      botName: this.#botName,
      now: () => performance.now(),
      log,
    });
  }

  #announcementOf(): Announcement {
    const { channel, line, now } = this.#place;
    const { consent, privacyUrl, statuses, log } = this.#parts;
    return new Announcement({
      channel,
      conversation: now.mode,
      modelLabel: () => goesTo(this.#bridge),
      mode: () => consent.mode(channel.guild.id),
      privacyUrl,
      // While it is being made anew nothing is known against it.
      endToEnd: () => line.endToEnd ?? true,
      record: this.#recorder,
      escape: escapeMarkdown,
      statuses,
      log,
    });
  }

  #journeyOf(): ChannelTracker {
    const { channel, now, by } = this.#place;
    const text = this.#text;
    const { places, log } = this.#parts;
    return new ChannelTracker({
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
    const { line, session, model, now } = this.#place;
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
      notes: heardNotes(now),
      toolbox,
      room: this.#room,
      text: this.#text,
      ticker,
      mayHear,
      mayCost: (userId) => this.#budget.mayCost(userId),
      evenVoices,
      ownName: () => this.#botName,
      log,
      beforeLeaving: () => this.#announcement.leaving(),
      observe: (event) => this.#observe(event),
      timeAt: (instant) => this.#time.at(instant),
    });
  }

  #reachOf(): RoomReach {
    const { client, log } = this.#parts;
    return new RoomReach({
      client,
      guild: this.#place.channel.guild,
      places: () => [this.#room.channelId, this.#text.channelId],
      grown: () => this.#beginAnew(),
      log,
    });
  }

  /** Others may come to hear it than those who did: nothing of before is in the session any more. */
  #beginAnew(): void {
    // What was remembered where not everybody could listen who comes here is not told either.
    const places = [this.#room.channelId, this.#text.channelId] as const;
    const { now, channel } = this.#place;
    this.#bridge.beginAnew(heardNotes({ ...now, mayTellOf: (made) => isWithin(channel.guild, places, made) }));
    const message =
      'Others may come here now than those who heard me before, so I begin anew: I know nothing of before.';
    this.#transcript.observe({ type: 'trouble', message });
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
    if (ended) log.info({ guildId, channelId, reason: ended.kind }, 'left a voice channel');
    this.#post(event, ended);
    this.#hearing.observe(event);
    if (event.type === 'moved' || event.type === 'recovered') this.#journey.follow(event);
    // The greeting in the new channel is for everybody there.
    if (event.type === 'moved') {
      this.#hearing.presentTold();
      this.#reach.moved();
    }
    if (ended) this.#end(ended);
  }

  #post(event: BridgeEvent, ended: EndReason | undefined): void {
    const text = this.#text;
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
    const { model, guildId, channelId } = this.#bridge;
    const used = { guildId, channelId, provider: model.provider, model: model.name };
    this.#parts.spending.note(used, event).catch((error: unknown) => this.#budgetFailed(error));
  }

  #budgetFailed(error: unknown): void {
    const { health, log } = this.#parts;
    // The database's trouble is told once.
    if (!health.trouble) log.warn({ err: error, guildId: this.guildId }, 'could not look at the budget');
  }

  #budgetOf(): BudgetWatch {
    const { channel, now } = this.#place;
    const { spending, settings, cheaperModel } = this.#parts;
    return new BudgetWatch({
      guildId: channel.guild.id,
      spending,
      settings,
      cheaper: cheaperModel,
      listens: now.mode === 'listen',
      nameOf: (userId) => this.#room.nameOf(userId),
      tell: (message) => this.#transcript.observe({ type: 'trouble', message }),
      onChanged: (latest) => this.#apply(latest),
      onSpent: (budget) => void leaveFor(this.#bridge, budget),
      onFailed: (error) => this.#budgetFailed(error),
    });
  }

  #apply(settings: GuildSettings, chosen?: readonly (keyof GuildSettings)[]): readonly (keyof GuildSettings)[] {
    const affordable = this.#budget.frugal(settings);
    this.#take(affordable);
    return this.#bridge.apply(affordable, chosen);
  }

  #end(reason: EndReason): void {
    this.#place.onEnded();
    this.#reach.close();
    this.#hearing.close();
    this.#budget.close();
    // Whoever reads the farewell will not see the bot come back, even if it is killed the next moment.
    const farewell = this.#journey.ended().then(() => this.#announcement.ended(reason));
    const last = Promise.all([this.#transcript.close(), farewell]).then(() => this.#recorder.close());
    // What could not be recorded before was not posted either.
    const written = last.then(() => this.#recorder.written).then(() => this.#transcript.flush());
    this.#finish(last, written);
  }

  #take(settings: GuildSettings): void {
    const { now, line } = this.#place;
    const before = now.settings.heardBots;
    now.settings = settings;
    for (const id of new Set([...before, ...settings.heardBots])) {
      if (before.includes(id) === settings.heardBots.includes(id)) continue;
      line.consentChanged(id);
      this.#bridge.consentChanged(id);
    }
    this.#live.take(settings);
    this.#journey.write(settings.transcriptChannelId);
    this.#reach.look();
  }

  /** The bridge, with what else depends on the settings. */
  #followed(): BridgeHandle {
    const bridge = this.#bridge;
    return {
      guildId: bridge.guildId,
      get channelId() {
        return bridge.channelId;
      },
      get isLeaving() {
        return bridge.isLeaving;
      },
      status: () => bridge.status(),
      ask: (person, text) => bridge.ask(person, text),
      announce: (announcement) => bridge.announce(announcement),
      cancelTool: (cancelId, by, keepsOrder) => bridge.cancelTool(cancelId, by, keepsOrder),
      runAgain: (call, by) => bridge.runAgain(call, by),
      apply: (settings, chosen) => {
        this.#budget.look();
        return this.#apply(settings, chosen);
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
