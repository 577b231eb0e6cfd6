import type { Logger } from 'pino';
import { wallClock } from '../clock/wall-clock.ts';
import type { BridgeEvent, EndReason } from '../ports/bridge-events.ts';
import type {
  AgainOutcome,
  Announcement,
  BridgeHandle,
  BridgeStatus,
  CancelOutcome,
  RepeatedCall,
} from '../ports/conversation.ts';
import type { Note } from '../ports/guild.ts';
import type { DurableSession, SpeechModel } from '../ports/model.ts';
import type { Room, TextChannel } from '../ports/room.ts';
import type { GuildSettings } from '../ports/settings.ts';
import type { Toolbox } from '../ports/tools.ts';
import type { Person, UserId, VoiceLine } from '../ports/voice.ts';
import { ActiveModel } from './active-model.ts';
import { ResponsePolicy } from './addressing/response-policy.ts';
import { ToolRunner } from './calls/tool-runner.ts';
import { IdleTimeout } from './idle-timeout.ts';
import { LineRouter } from './line-router.ts';
import { Participants } from './participants.ts';
import { ProviderTools } from './provider-tools.ts';
import { Announcements } from './replies/announcements.ts';
import { Replies } from './replies/replies.ts';
import { ReplyUsage } from './replies/reply-usage.ts';
import { Retractions } from './retractions.ts';
import { waitsToTalk } from './session-options.ts';
import { SessionRouter } from './session-router.ts';
import { Shutdown } from './shutdown.ts';
import type { Ticker } from './ticker.ts';
import { TurnSender } from './turn-sender.ts';
import { ActiveTurns } from './turns/active-turns.ts';
import { Floor } from './turns/floor.ts';
import type { FloorSettings } from './turns/floor-decision.ts';
import { PendingTranscripts } from './turns/pending-transcripts.ts';
import { TurnRegistry } from './turns/turn-registry.ts';

const PEOPLE_CHECK_MS = 1_000;
/** Packets of a person that are missing, 0…1, from which on it is heard; judged from two seconds of speech on. */
const BAD_RECEPTION = 0.03;
const RECEPTION_PACKETS = 100;

/** What a bridge joins, ready-made. The bridge owns `line` and `session` and closes them. */
export interface BridgeDeps {
  readonly line: VoiceLine;
  readonly session: DurableSession;
  /** The one that the session was opened with. */
  readonly model: SpeechModel;
  /** The label of what writes down beside models that do not do it by themselves. Absent: nothing does. */
  readonly transcriber?: string | undefined;
  /** The model that settings come to. */
  readonly modelFor: (settings: GuildSettings) => SpeechModel;
  readonly settings: GuildSettings;
  readonly toolbox: Toolbox;
  /** The guild's notes as the session was opened with them. */
  readonly notes?: readonly Note[];
  readonly room: Room;
  readonly text: TextChannel;
  readonly ticker: Ticker;
  /** Whether this person's sound may be used. Absent: everybody's may. */
  readonly mayHear?: (userId: UserId) => boolean;
  /** Whether this person may cost anything more; whoever may not is not listened to. Absent: everybody. */
  readonly mayCost?: ((userId: UserId) => boolean) | undefined;
  /** Quiet and loud people are brought to a common level for the model. */
  readonly evenVoices?: boolean;
  /** The bot's display name, by which people may call it. Default `Parley`. */
  readonly ownName?: () => string;
  readonly observe: (event: BridgeEvent) => void;
  /** An instant of performance.now() in ms since 1970, as the record of the conversation has it. */
  readonly timeAt?: (instant: number) => number;
  /** See Shutdown. */
  readonly lastWordsMs?: number;
  /** The last thing to do while the bot is still in the channel; waited for at most a second. */
  readonly beforeLeaving?: () => Promise<void>;
  readonly log: Logger;
}

/** One voice channel joined to one model session: the one place where the arrows between them are drawn. */
export class Bridge implements BridgeHandle {
  readonly guildId: string;
  readonly #deps: BridgeDeps;
  readonly #people: Participants;
  readonly #floor: Floor;
  readonly #turns: TurnRegistry;
  readonly #announcements = new Announcements();
  readonly #model: ActiveModel;
  readonly #tools: ToolRunner;
  readonly #replies: Replies;
  readonly #feed: TurnSender;
  readonly #line: LineRouter;
  readonly #retractions: Retractions;
  readonly #departure: Shutdown;
  readonly #startedAt = performance.now();
  readonly #company = new IdleTimeout(this.#startedAt);
  #checkedPeopleAt = 0;

  constructor(deps: BridgeDeps) {
    const { line, session, model, room, ticker } = deps;
    this.#deps = deps;
    this.guildId = line.guildId;
    this.#people = new Participants(room, deps.mayHear);
    this.#turns = new TurnRegistry((userId) => room.isBot?.(userId) ?? false);
    this.#model = new ActiveModel(deps);
    this.#floor = new Floor({
      rate: model.inputRate,
      settings: this.#floorSettings(),
      nameOf: (userId) => room.nameOf(userId),
      evenVoices: deps.evenVoices ?? false,
    });
    this.#tools = new ToolRunner({
      ...deps,
      turns: this.#turns,
      disabled: () => this.#model.settings.disabledTools,
      onSettled: () => this.#replies.askForTools(performance.now()),
    });
    this.#tools.keptCame(this.#model.options.notes ?? []);
    const underWay = new ActiveTurns();
    const shared = {
      ...deps,
      timeAt: deps.timeAt ?? ((instant: number) => wallClock.at(instant)),
      guildId: this.guildId,
      people: this.#people,
      model: this.#model,
      floor: this.#floor,
      turns: this.#turns,
      underWay,
      answering: this.#answering(underWay),
      announcements: this.#announcements,
      tools: this.#tools,
      usage: new ReplyUsage(model.provider),
      company: this.#company,
      lastWords: new PendingTranscripts(),
      onState: () => this.#tellFloor(),
      onOptions: () => this.#setFloor(),
    };
    this.#replies = new Replies(shared);
    const answered = { ...shared, replies: this.#replies };
    this.#feed = new TurnSender(answered);
    const fed = { ...answered, feed: this.#feed };
    this.#line = new LineRouter(fed);
    this.#retractions = new Retractions(fed);
    const listener = new SessionRouter({ ...fed, hosted: new ProviderTools(answered) });
    this.#departure = new Shutdown({ ...fed, stopTicking: ticker.every((now) => this.#tick(now)) });
    void this.#read(line.events, (event) => {
      if (!this.#departure.begun) this.#line.take(event);
    });
    void this.#read(session.events, (event) => listener.take(event));
  }

  /** The model that answers now. */
  get model(): SpeechModel {
    return this.#model.model;
  }

  /** The label of what writes down beside the model; null: nothing does. */
  get transcriber(): string | null {
    return this.#model.transcriber;
  }

  /** Where the line is now. */
  get channelId(): string {
    return this.#deps.line.channelId;
  }

  get isLeaving(): boolean {
    return this.#departure.begun;
  }

  status(): BridgeStatus {
    const holder = this.#floor.holder;
    return {
      guildId: this.guildId,
      channelId: this.channelId,
      mode: this.#model.listens ? 'listen' : 'talk',
      model: this.model.label,
      transcriber: this.transcriber,
      startedAt: this.#startedAt,
      holder: holder?.userId ? { userId: holder.userId, name: holder.name } : null,
      waiting: this.#floor.waiting.map((userId) => this.#people.person(userId)),
      speaking: this.#replies.state === 'speaking',
      turns: this.#feed.count,
      replyLatenciesMs: this.#replies.latenciesMs,
      interruptions: this.#replies.interruptions,
      badReception: (this.#deps.line.reception ?? [])
        .filter(({ received, recentLoss }) => received >= RECEPTION_PACKETS && recentLoss >= BAD_RECEPTION)
        .map(({ userId, recentLoss }) => ({ person: this.#people.person(userId), loss: recentLoss })),
      unheard: this.#people.unheard,
      ...this.#line.rejoins,
    };
  }

  ask(person: Person, text: string): boolean {
    if (this.#model.listens || this.#floor.hasTypedEnough(person.userId)) return false;
    this.#company.spoke(performance.now());
    this.#feed.apply(this.#floor.type(person.userId, text, performance.now()));
    this.#deps.ticker.wake();
    return true;
  }

  announce(announcement: Announcement): Promise<boolean> {
    if (this.#model.listens) return Promise.resolve(false);
    const heard = this.#announcements.add(announcement);
    if (this.#departure.closing) return heard;
    // Whoever waits for what was promised is not idle.
    this.#company.spoke(performance.now());
    this.#feed.apply(this.#floor.announce(announcement, performance.now()));
    this.#deps.ticker.wake();
    return heard;
  }

  cancelTool(cancelId: string, by: Person, keepsOrder: boolean): CancelOutcome {
    return this.#tools.cancelFor(cancelId, by, keepsOrder);
  }

  runAgain(call: RepeatedCall, by: Person): AgainOutcome {
    const turn = { ...this.#floor.press(by.userId), name: by.name };
    this.#turns.add(turn);
    // A press asks the model for nothing.
    this.#turns.over([turn.id]);
    return this.#tools.runAgain(call, turn);
  }

  apply(settings: GuildSettings, chosen: readonly (keyof GuildSettings)[] = []): readonly (keyof GuildSettings)[] {
    const waits = this.#model.apply(settings, chosen.includes('provider') || chosen.includes('model'));
    this.#setFloor();
    if (this.#model.listens) return waitsToTalk(chosen);
    return this.#model.takesOnAnswer ? waits : [...waits, 'answer'];
  }

  /** Nothing of what this person said or asked for so far is left here or in the session. Their notes are not told again. */
  erase(userId: UserId): void {
    if (!this.#departure.closing) this.#retractions.erase(userId);
  }

  /** See Retractions.beginAnew. `notes`: those that the new session is told; absent: the same. */
  beginAnew(notes?: readonly Note[]): void {
    if (!this.#departure.closing) this.#retractions.beginAnew(notes ?? this.#model.notes);
  }

  /** Whose speech or typed words wait for the floor. */
  get waiting(): readonly UserId[] {
    return this.#floor.waiting;
  }

  /** Whether those who wait can be answered: false while the model is away. */
  get answerable(): boolean {
    return this.#floor.answerable;
  }

  /** What this person said or typed and that waits for the floor is thrown away: it is not theirs to have answered any more. */
  dropWaiting(userId: UserId): void {
    if (!this.#departure.closing) this.#feed.apply(this.#floor.dropWaiting(userId, performance.now()));
  }

  /** Who may be heard has changed: this person, or anybody (null). */
  consentChanged(changed: UserId | null): void {
    if (!this.#departure.closing) this.#retractions.consentChanged(changed);
  }

  close(reason: EndReason): Promise<void> {
    return this.#departure.leave(reason);
  }

  #answering(underWay: ActiveTurns): ResponsePolicy {
    const { ownName, session, room, observe } = this.#deps;
    const model = this.#model;
    return new ResponsePolicy({
      settings: () => ({ ...model.settings, answer: model.listens ? 'always' : model.answer }),
      ownName: () => ownName?.() ?? 'Parley',
      people: () => this.#people.here.length,
      isBot: (userId) => room.isBot?.(userId) ?? false,
      unprompted: () => model.unprompted,
      decided: (turn, answered, reason) => {
        if (answered) this.#floor.owe(turn, performance.now());
        observe({ type: 'answer-decided', turn, answered, reason });
      },
      pass: (turnId) => {
        session.pass([turnId]);
        this.#turns.over([turnId]);
        // No answer is still to come: with its words the turn is over.
        underWay.answered([turnId]);
      },
    });
  }

  /** One leg's loop: ends with the leg, and takes the bridge down when the leg was lost. */
  async #read<Event>(events: AsyncIterable<Event>, handle: (event: Event) => void): Promise<void> {
    try {
      for await (const event of events) {
        if (this.#departure.closing) return;
        handle(event);
      }
    } catch (error) {
      if (this.#departure.closing) return;
      await this.close(this.#departure.reasonOf(error));
    }
  }

  #setFloor(): void {
    this.#floor.settings = this.#floorSettings();
  }

  #floorSettings(): FloorSettings {
    const { silenceMs, interruptionMs, answer } = this.#model.settings;
    const answers = !this.#model.listens && answer !== 'never';
    return { silenceMs, interruptionMs, turnDetection: this.#model.options.turnDetection, answers };
  }

  #tellFloor(): void {
    this.#feed.apply(this.#floor.setBot(this.#replies.state, performance.now()));
  }

  /** Gives whether the next tick is due in 20 ms. */
  #tick(now: number): boolean {
    this.#feed.apply(this.#floor.tick(now));
    this.#replies.tick(now);
    this.#tellFloor();
    if (now - this.#checkedPeopleAt >= PEOPLE_CHECK_MS) this.#checkPeople(now);
    return this.#floor.busy;
  }

  /** Leaves when nobody is there, or nobody spoke for long. */
  #checkPeople(now: number): void {
    this.#checkedPeopleAt = now;
    if (this.#replies.state === 'speaking') this.#company.spoke(now);
    const reason = this.#company.check(this.#people.here.length, this.#model.settings, now);
    if (reason) void this.close(reason);
  }
}
