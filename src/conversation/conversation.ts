import type { VoiceBasedChannel } from 'discord.js';
import { Bridge } from '../bridge/bridge.ts';
import { SteadyTime } from '../clock/steady-time.ts';
import type { HeardAccounts } from '../discord/guild/heard-accounts.ts';
import { GuildRoom } from '../discord/guild/room.ts';
import { isWithin, RoomReach } from '../discord/guild/room-reach.ts';
import { Announcement } from '../discord/text/channel-notices.ts';
import type { DiscordVoiceLine } from '../discord/voice/voice-line.ts';
import type { EndReason } from '../ports/bridge-events.ts';
import type {
  AgainOutcome,
  Announcement as AnnouncementTurn,
  BridgeHandle,
  BridgeStatus,
  CancelOutcome,
  RepeatedCall,
} from '../ports/conversation.ts';
import type { ForgottenBeside } from '../ports/personal-data.ts';
import type { GuildSettings } from '../ports/settings.ts';
import type { Person, UserId } from '../ports/voice.ts';
import { BudgetWatch, leaveFor } from '../usage/budget-watch.ts';
import { ChannelTracker } from './channel-tracker.ts';
import { ConversationText } from './conversation-text.ts';
import type { ConversationsDeps } from './conversations-deps.ts';
import { ErasedTurns } from './erased-turns.ts';
import { EventPipeline } from './event-pipeline.ts';
import { eventSteps } from './event-steps.ts';
import { ConsentWatcher } from './people/consent-watcher.ts';
import { heardNotes, type Now, type Opened } from './session-opener.ts';

/** Where and with what one conversation takes place. */
export interface ConversationDeps extends Opened {
  readonly line: DiscordVoiceLine;
  readonly channel: VoiceBasedChannel;
  readonly now: Now;
  readonly heard: HeardAccounts;
  /** Who asked the bot in. */
  readonly by: Person;
  readonly onEnded: () => void;
}

/** One conversation and what goes with it: the bridge, its record and transcript, who is told what, where it goes. */
export class Conversation implements BridgeHandle {
  readonly #shared: ConversationsDeps;
  readonly #deps: ConversationDeps;
  readonly #text: ConversationText;
  readonly #bridge: Bridge;
  readonly #room: GuildRoom;
  readonly #journey: ChannelTracker;
  readonly #reach: RoomReach;
  readonly #hearing: ConsentWatcher;
  readonly #announcement: Announcement;
  readonly #erased = new ErasedTurns();
  readonly #time = new SteadyTime();
  readonly #budget: BudgetWatch;
  readonly #events: EventPipeline;
  readonly #finish: (last: Promise<void>, written: Promise<void>) => void;

  /**
   * `shared`: what all conversations use. `finish` is given, when it ended, the promise of what is still being said and
   * written, and that of the record, which lasts longer where nothing can be written.
   */
  constructor(
    shared: ConversationsDeps,
    deps: ConversationDeps,
    finish: (last: Promise<void>, written: Promise<void>) => void,
  ) {
    const { channel, heard } = deps;
    this.#shared = shared;
    this.#deps = deps;
    this.#finish = finish;
    const mayHear = (userId: UserId): boolean => heard.mayHear(userId);
    const text = this.#textOf();
    this.#text = text;
    this.#room = new GuildRoom({
      guild: channel.guild,
      channelId: channel.id,
      textChannelId: () => text.channel.takerId,
      mayHear,
      isBot: (userId) => heard.isBot(userId),
    });
    this.#announcement = this.#announcementOf();
    this.#journey = this.#journeyOf();
    this.#budget = this.#budgetOf();
    this.#bridge = this.#bridgeOf(mayHear);
    this.#hearing = new ConsentWatcher({
      consent: shared.consent,
      line: deps.line,
      bridge: this.#bridge,
      room: this.#room,
      announcement: this.#announcement,
      log: shared.log,
    });
    this.#reach = this.#reachOf();
    this.#events = new EventPipeline(
      eventSteps({
        shared,
        bridge: this.#bridge,
        erased: this.#erased,
        text,
        journey: this.#journey,
        announcement: this.#announcement,
        hearing: this.#hearing,
        reach: this.#reach,
        budgetFailed: (error) => this.#budgetFailed(error),
        end: (reason) => this.#end(reason),
      }),
    );
  }

  get guildId(): string {
    return this.#bridge.guildId;
  }

  get channelId(): string {
    return this.#bridge.channelId;
  }

  get isLeaving(): boolean {
    return this.#bridge.isLeaving;
  }

  status(): BridgeStatus {
    return this.#bridge.status();
  }

  ask(person: Person, text: string): boolean {
    return this.#bridge.ask(person, text);
  }

  announce(announcement: AnnouncementTurn): Promise<boolean> {
    return this.#bridge.announce(announcement);
  }

  cancelTool(cancelId: string, by: Person, keepsOrder: boolean): CancelOutcome {
    return this.#bridge.cancelTool(cancelId, by, keepsOrder);
  }

  runAgain(call: RepeatedCall, by: Person): AgainOutcome {
    return this.#bridge.runAgain(call, by);
  }

  apply(settings: GuildSettings, chosen?: readonly (keyof GuildSettings)[]): readonly (keyof GuildSettings)[] {
    this.#budget.look();
    return this.#apply(settings, chosen);
  }

  async close(reason: EndReason): Promise<void> {
    await this.#bridge.close(reason);
    // Whoever reads that the bot left will not see it come back, even if it is killed the next moment.
    await this.#journey.ended();
  }

  /**
   * Says that the bot is there, and what people should know of it. No post is waited for: it resolves when a restart would
   * know of the place.
   */
  begin(returning: boolean): Promise<void> {
    const { by, notice } = this.#deps;
    // First of all posts: people should know that they are heard.
    void (returning ? this.#announcement.returned(by) : this.#announcement.joined(by));
    if (notice !== undefined) this.#text.trouble(notice);
    this.#hearing.presentTold();
    this.#budget.look();
    return this.#journey.began();
  }

  /** Nothing of what this person said so far is shown or known to the session any more. The record: see eraseRecord(). */
  erase(userId: UserId): void {
    const { now } = this.#deps;
    this.#erased.erase(userId);
    now.notes = now.notes.filter(({ by }) => by.userId !== userId);
    this.#bridge.erase(userId);
    this.#text.transcript.erase(userId);
    this.#announcement.erase(userId);
  }

  /** What of it is this conversation's is not shown or written again. */
  eraseBeside(beside: ForgottenBeside): void {
    this.#text.eraseBeside(beside);
  }

  /** Resolves when nothing of this person is written into the record any more. */
  eraseRecord(userId: UserId): Promise<void> {
    return this.#text.eraseRecord(userId);
  }

  /** Whether it still writes this message; see Transcript.holds. */
  holds(messageId: string): 'shown' | 'due' | undefined {
    return this.#text.transcript.holds(messageId);
  }

  get #botName(): string {
    return this.#deps.channel.guild.members.me?.displayName ?? 'Parley';
  }

  #textOf(): ConversationText {
    const { channel, model, now } = this.#deps;
    return new ConversationText({
      shared: this.#shared,
      channel,
      model,
      now,
      botName: () => this.#botName,
      // Before there is a journey it is where it begins.
      chatId: () => (this.#journey as ChannelTracker | undefined)?.channelId ?? channel.id,
      modelName: () => this.#bridge.model.name,
      nameOf: (userId) => this.#room.nameOf(userId),
      time: () => this.#time.now(),
    });
  }

  #announcementOf(): Announcement {
    const { channel, line, now } = this.#deps;
    const { consent, privacyUrl, statuses, log } = this.#shared;
    return new Announcement({
      channel,
      conversation: now.mode,
      modelLabel: () => goesTo(this.#bridge),
      mode: () => consent.mode(channel.guild.id),
      privacyUrl,
      // While it is being made anew nothing is known against it.
      endToEnd: () => line.endToEnd ?? true,
      record: this.#text.recorder,
      statuses,
      log,
    });
  }

  #journeyOf(): ChannelTracker {
    const { channel, now, by } = this.#deps;
    const { transcript, channel: text } = this.#text;
    const { places, log } = this.#shared;
    return new ChannelTracker({
      guild: channel.guild,
      channelId: channel.id,
      by,
      mode: now.mode,
      text,
      room: this.#room,
      transcript,
      announcement: this.#announcement,
      places,
      log,
    });
  }

  #bridgeOf(mayHear: (userId: UserId) => boolean): Bridge {
    const { line, session, model, now } = this.#deps;
    const { models, toolbox, ticker, evenVoices, log } = this.#shared;
    const { mode } = now;
    return new Bridge({
      line,
      session,
      model,
      transcriber: mode === 'talk' ? models.transcriber?.label : undefined,
      // What writes down stays: which model would answer is nothing to it.
      modelFor: (settings) => (mode === 'listen' ? model : models.chosen(settings).model),
      settings: now.settings,
      notes: heardNotes(now),
      toolbox,
      room: this.#room,
      text: this.#text.channel,
      ticker,
      mayHear,
      mayCost: (userId) => this.#budget.mayCost(userId),
      evenVoices,
      ownName: () => this.#botName,
      log,
      beforeLeaving: () => this.#announcement.leaving(),
      observe: (event) => this.#events.observe(event),
      timeAt: (instant) => this.#time.at(instant),
    });
  }

  #reachOf(): RoomReach {
    const { client, log } = this.#shared;
    return new RoomReach({
      client,
      guild: this.#deps.channel.guild,
      places: () => [this.#room.channelId, this.#text.channel.channelId],
      grown: () => this.#beginAnew(),
      log,
    });
  }

  /** Others may come to hear it than those who did: nothing of before is in the session any more. */
  #beginAnew(): void {
    // What was remembered where not everybody could listen who comes here is not told either.
    const places = [this.#room.channelId, this.#text.channel.channelId] as const;
    const { now, channel } = this.#deps;
    this.#bridge.beginAnew(heardNotes({ ...now, mayTellOf: (made) => isWithin(channel.guild, places, made) }));
    const message =
      'Others may come here now than those who heard me before, so I begin anew: I know nothing of before.';
    this.#text.trouble(message);
  }

  #budgetFailed(error: unknown): void {
    const { health, log } = this.#shared;
    // The database's trouble is told once.
    if (!health.trouble) log.warn({ err: error, guildId: this.guildId }, 'could not look at the budget');
  }

  #budgetOf(): BudgetWatch {
    const { channel, now } = this.#deps;
    const { spending, settings, cheaperModel } = this.#shared;
    return new BudgetWatch({
      guildId: channel.guild.id,
      spending,
      settings,
      cheaper: cheaperModel,
      listens: now.mode === 'listen',
      nameOf: (userId) => this.#room.nameOf(userId),
      tell: (message) => this.#text.trouble(message),
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
    this.#deps.onEnded();
    this.#reach.close();
    this.#hearing.close();
    this.#budget.close();
    // Whoever reads the farewell will not see the bot come back, even if it is killed the next moment.
    const farewell = this.#journey.ended().then(() => this.#announcement.ended(reason));
    const { last, written } = this.#text.close(farewell);
    this.#finish(last, written);
  }

  #take(settings: GuildSettings): void {
    const { now, line } = this.#deps;
    const before = now.settings.heardBots;
    now.settings = settings;
    for (const id of new Set([...before, ...settings.heardBots])) {
      if (before.includes(id) === settings.heardBots.includes(id)) continue;
      line.consentChanged(id);
      this.#bridge.consentChanged(id);
    }
    this.#text.live.take(settings);
    this.#journey.write(settings.transcriptChannelId);
    this.#reach.look();
  }
}

/** Everybody who gets the sound. */
function goesTo({ model, transcriber }: Bridge): string {
  return transcriber === null ? model.label : `${model.label} and ${transcriber}`;
}
