import type { Logger } from 'pino';
import { Announcements } from './announcements.ts';
import { Answering } from './answering.ts';
import type {
  AgainOutcome,
  Announcement,
  BridgeEvent,
  BridgeHandle,
  BridgeStatus,
  CancelOutcome,
  EndReason,
} from './bridge-ports.ts';
import { Company } from './company.ts';
import { LineLostError, SessionLostError } from './errors.ts';
import { Floor, type FloorDecision } from './floor.ts';
import type { Note } from './guild-ports.ts';
import { LastWords } from './last-words.ts';
import { Latencies } from './latencies.ts';
import { troubleOf } from './line-troubles.ts';
import { ModelInUse } from './model-in-use.ts';
import type {
  Conversation,
  LineEvent,
  Person,
  ServerWork,
  SessionEvent,
  SessionOptions,
  SpeechModel,
  ToolCall,
  Turn,
  UserId,
  VoiceLine,
} from './ports.ts';
import { ReplyUsage } from './reply-usage.ts';
import { TurnBook } from './rights.ts';
import type { GuildSettings, Room, TextChannel, Toolbox } from './room-ports.ts';
import { waitsToTalk } from './session-options.ts';
import type { Ticker } from './ticker.ts';
import { ToolRunner } from './tool-runner.ts';
import { TurnsUnderWay } from './turns-under-way.ts';
import { VoiceOut } from './voice-out.ts';

/** A reply that does not begin within this time is not coming. */
const REPLY_WAIT_MS = 15_000;
/** A reply that has begun and falls silent for this long is not going on; a model that reasons may think first. */
const STALLED_MS = 30_000;
const PEOPLE_CHECK_MS = 1_000;
const LAST_WORD_MS = 1_000;
/** Where the bot only listens, it waits so long for what was said last. */
const LAST_TURNS_MS = 2_000;
/** Packets of a person that are missing, 0…1, from which on it is heard; judged from two seconds of speech on. */
const BAD_RECEPTION = 0.03;
const RECEPTION_PACKETS = 100;

/** What a bridge joins, ready-made. The bridge owns `line` and `session` and closes them. */
export interface BridgeParts {
  readonly line: VoiceLine;
  readonly session: Conversation;
  /** The one that the session was opened with. */
  readonly model: SpeechModel;
  /** The label of what writes down beside models that do not do it by themselves. Absent: nothing does. */
  readonly writer?: string | undefined;
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
  /** Quiet and loud people are brought to a common level for the model. */
  readonly evenVoices?: boolean;
  /** The bot's display name, by which people may call it. Default `Parley`. */
  readonly ownName?: () => string;
  readonly observe: (event: BridgeEvent) => void;
  /** The last thing to do while the bot is still in the channel; waited for at most a second. */
  readonly beforeLeaving?: () => Promise<void>;
  readonly log: Logger;
}

/** One voice channel joined to one model session: the one place where the arrows between them are drawn. */
export class Bridge implements BridgeHandle {
  readonly guildId: string;
  readonly #parts: BridgeParts;
  readonly #floor: Floor;
  readonly #turns = new TurnBook();
  readonly #underWay = new TurnsUnderWay();
  readonly #announcements = new Announcements();
  readonly #answering: Answering;
  readonly #voice: VoiceOut;
  readonly #tools: ToolRunner;
  readonly #stopTicking: () => void;
  readonly #startedAt = performance.now();
  readonly #company = new Company(this.#startedAt);
  readonly #replyLatencies = new Latencies();
  readonly #usage: ReplyUsage;
  readonly #model: ModelInUse;
  #settings: GuildSettings;
  #turnCount = 0;
  #interruptions = 0;
  #rejoins = 0;
  #deafRejoins = 0;
  /** The model is out of reach for the moment: nobody can expect an answer. */
  #paused = false;
  #turnEndedAt: number | undefined;
  #checkedPeopleAt = 0;
  readonly #lastWords = new LastWords();
  #leaving: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: BridgeParts) {
    this.#parts = parts;
    this.guildId = parts.line.guildId;
    this.#settings = parts.settings;
    this.#model = new ModelInUse({ ...parts, written: parts.writer !== undefined });
    this.#floor = new Floor({
      rate: parts.model.inputRate,
      settings: this.#floorSettings(),
      nameOf: (userId) => parts.room.nameOf(userId),
      evenVoices: parts.evenVoices ?? false,
    });
    this.#usage = new ReplyUsage(parts.model.provider);
    this.#answering = new Answering({
      settings: () => (this.#listens ? { ...this.#settings, answer: 'always' } : this.#settings),
      ownName: () => parts.ownName?.() ?? 'Parley',
      people: () => parts.room.people().length,
      unasked: () => this.#model.unasked,
      decided: (turn, answered, reason) => parts.observe({ type: 'answer-decided', turn, answered, reason }),
      pass: (turnId) => parts.session.pass([turnId]),
    });
    this.#voice = new VoiceOut(parts.line, {
      onAudible: (replyId) => this.#onAudible(replyId),
      onEnded: (ended) => {
        parts.observe({ type: 'reply-ended', ...ended });
        this.#answering.soundEnded(ended.replyId, performance.now());
        // Who waited for the end of it need not wait for the next slow tick.
        parts.ticker.wake();
      },
    });
    this.#tools = new ToolRunner({
      ...parts,
      turns: this.#turns,
      disabled: () => this.#settings.disabledTools,
      onSettled: () => this.#answerTools(performance.now()),
    });
    this.#stopTicking = parts.ticker.every((now) => this.#tick(now));
    void this.#read(parts.line.events, (event) => this.#onLine(event));
    void this.#read(parts.session.events, (event) => this.#onSession(event));
  }

  /** The model that answers now. */
  get model(): SpeechModel {
    return this.#model.model;
  }

  /** Nothing answers: what people say is written down, and that is all. */
  get #listens(): boolean {
    return this.model.capabilities.listensOnly === true;
  }

  /** The label of what writes down beside the model; null: nothing does. */
  get writer(): string | null {
    return this.model.capabilities.unasked === 'waits' ? null : (this.#parts.writer ?? null);
  }

  /** Where the line is now. */
  get channelId(): string {
    return this.#parts.line.channelId;
  }

  status(): BridgeStatus {
    const holder = this.#floor.holder;
    return {
      guildId: this.guildId,
      channelId: this.channelId,
      mode: this.#listens ? 'listen' : 'talk',
      model: this.model.label,
      writer: this.writer,
      startedAt: this.#startedAt,
      holder: holder?.userId ? { userId: holder.userId, name: holder.name } : null,
      waiting: this.#floor.waiting.map((userId) => this.#person(userId)),
      speaking: this.#voice.state === 'speaking',
      turns: this.#turnCount,
      replyLatenciesMs: this.#replyLatencies.list,
      interruptions: this.#interruptions,
      badReception: (this.#parts.line.reception ?? [])
        .filter(({ received, recentLoss }) => received >= RECEPTION_PACKETS && recentLoss >= BAD_RECEPTION)
        .map(({ userId, recentLoss }) => ({ person: this.#person(userId), loss: recentLoss })),
      unheard: this.#parts.room.people().filter(({ userId }) => !this.#mayHear(userId)),
      rejoins: this.#rejoins,
      deafRejoins: this.#deafRejoins,
    };
  }

  ask(person: Person, text: string): void {
    if (this.#listens) return;
    this.#company.spoke(performance.now());
    this.#act(this.#floor.type(person.userId, text, performance.now()));
    this.#parts.ticker.wake();
  }

  announce(announcement: Announcement): Promise<boolean> {
    if (this.#listens) return Promise.resolve(false);
    const heard = this.#announcements.add(announcement);
    if (this.#closing) return heard;
    // Whoever waits for what was promised is not idle.
    this.#company.spoke(performance.now());
    this.#act(this.#floor.announce(announcement, performance.now()));
    this.#parts.ticker.wake();
    return heard;
  }

  cancelTool(cancelId: string, by: Person, keepsOrder: boolean): CancelOutcome {
    return this.#tools.cancelFor(cancelId, by, keepsOrder);
  }

  runAgain(call: Pick<ToolCall, 'name' | 'arguments'>, by: Person): AgainOutcome {
    const turn = { ...this.#floor.press(by.userId), name: by.name };
    this.#turns.add(turn);
    return this.#tools.runAgain(call, turn);
  }

  apply(settings: GuildSettings, chosen: readonly (keyof GuildSettings)[] = []): readonly (keyof GuildSettings)[] {
    this.#settings = settings;
    const waits = this.#model.apply(settings, chosen.includes('provider') || chosen.includes('model'));
    this.#floor.settings = this.#floorSettings();
    if (this.#listens) return waitsToTalk(chosen);
    return this.#model.takesOnAnswer ? waits : [...waits, 'answer'];
  }

  /** Nothing of what this person said or asked for so far is left here or in the session. Their notes are not told again. */
  forget(userId: UserId): void {
    if (this.#closing) return;
    const now = performance.now();
    this.#act(this.#floor.drop(userId, now));
    this.#answering.withdraw(this.#underWay.withdraw(userId, now).turns.map(({ id }) => id));
    this.#tools.forget(userId);
    const theirs = (replyId: string) =>
      this.#turns.behind(replyId).some((turn) => turn.userId === userId || turn.about === userId);
    if (this.#voice.replies.some(theirs)) this.#silence();
    const owed = this.#parts.session.forget(userId, this.#model.forget(userId));
    // Where not everybody is answered, the next tick asks for whoever waits.
    this.#answering.cut();
    if (!owed) this.#voice.givenUp();
    else if (this.#floor.quiet && !this.#listens && !this.#answering.chooses) {
      this.#parts.session.respond();
      this.#expectReply();
    }
    this.#updateBot();
  }

  /**
   * Who may be heard has changed: this person, or anybody (null). Of whoever may not, nothing that is under way is kept,
   * asked for or told.
   */
  consentChanged(changed: UserId | null): void {
    if (this.#closing) return;
    const people = changed === null ? new Set([...this.#floor.speakers, ...this.#underWay.people]) : [changed];
    for (const userId of people) if (!this.#mayHear(userId)) this.#withdraw(userId);
  }

  close(reason: EndReason): Promise<void> {
    this.#leaving ??= this.#leave(reason);
    return this.#leaving;
  }

  async #leave(reason: EndReason): Promise<void> {
    // Nothing waits where nothing is written down beside the answers.
    if (this.#listens && reason.kind !== 'session-lost') {
      for (const { userId } of this.#parts.room.people()) this.#act(this.#floor.left(userId, performance.now()));
      await this.#lastWords.all(LAST_TURNS_MS);
    }
    this.#closing = this.#close(reason);
    await this.#closing;
  }

  async #close(reason: EndReason): Promise<void> {
    this.#stopTicking();
    this.#tools.close();
    this.#announcements.close();
    this.#voice.cut();
    this.#parts.session.close();
    for (const { turnIds, ...rest } of this.#usage.unended()) {
      this.#parts.observe({ type: 'usage', turns: this.#turns.list(turnIds), ...rest });
    }
    if (reason.kind !== 'line-lost') await this.#takeLeave();
    await this.#parts.line.close();
    this.#parts.observe({ type: 'ended', reason });
  }

  async #takeLeave(): Promise<void> {
    const limit = new Promise<void>((resolve) => setTimeout(resolve, LAST_WORD_MS).unref());
    try {
      await Promise.race([this.#parts.beforeLeaving?.(), limit]);
    } catch (error) {
      this.#parts.log.warn({ err: error, guildId: this.guildId }, 'could not take leave');
    }
  }

  /** One leg's loop: ends with the leg, and takes the bridge down when the leg was lost. */
  async #read<Event>(events: AsyncIterable<Event>, handle: (event: Event) => void): Promise<void> {
    try {
      for await (const event of events) {
        if (this.#closing) return;
        handle(event);
      }
    } catch (error) {
      if (this.#closing) return;
      await this.close(this.#lossReason(error));
    }
  }

  #lossReason(error: unknown): EndReason {
    if (error instanceof LineLostError) return { kind: 'line-lost', message: error.message };
    if (error instanceof SessionLostError) return { kind: 'session-lost', message: error.message };
    this.#parts.log.error({ err: error, guildId: this.guildId }, 'a bridge broke');
    return { kind: 'session-lost', message: 'Something in me broke; the log of the bot says what.' };
  }

  #onLine(event: LineEvent): void {
    if (this.#leaving) return;
    const now = performance.now();
    switch (event.type) {
      case 'frame':
        // It may have waited here since before they said no.
        if (!this.#mayHear(event.userId)) return;
        this.#act(this.#floor.hear(event, now));
        if (this.#floor.busy) this.#parts.ticker.wake();
        return;
      case 'joined':
        this.#parts.observe({ type: 'joined', person: this.#person(event.userId) });
        return;
      case 'left':
        this.#act(this.#floor.left(event.userId, now));
        this.#parts.observe({ type: 'left', person: this.#person(event.userId) });
        return;
      case 'moved':
        this.#company.spoke(now);
        this.#parts.observe(event);
        return;
      case 'recovered':
        this.#rejoins += 1;
        if (event.cause === 'deaf') this.#deafRejoins += 1;
        this.#parts.observe(event);
        return;
      case 'unheard':
      case 'hindered':
        // That nobody hears it is nothing to people whom it does not answer.
        if (this.#listens && event.type === 'hindered' && event.by !== 'deaf') return;
        this.#parts.observe({ type: 'trouble', message: troubleOf(event, (id) => this.#parts.room.nameOf(id)) });
        return;
      default:
        event satisfies never;
    }
  }

  #onSession(event: SessionEvent): void {
    const { observe, log } = this.#parts;
    switch (event.type) {
      case 'reply-started':
        this.#voice.started(event.replyId);
        this.#usage.started(event.replyId, event.turnIds);
        this.#turns.replied(event.replyId, event.turnIds);
        this.#underWay.answered(event.turnIds);
        if (this.#isWithdrawn(event.turnIds)) {
          this.#cut();
          break;
        }
        observe({ type: 'reply-started', replyId: event.replyId, turns: this.#turns.list(event.turnIds) });
        break;
      case 'audio':
        this.#usage.sounded(event.replyId, event.pcm.length);
        // People come first: a reply that begins to sound while somebody has the floor gives way.
        if (!this.#voice.knows(event.replyId)) break;
        if (this.#floor.holder) this.#cut();
        else this.#voice.push(event.replyId, event.itemId, event.pcm);
        break;
      case 'audio-done':
        this.#voice.audioDone(event.replyId);
        break;
      case 'turn-transcript': {
        if (event.turnId !== null && this.#underWay.isWithdrawn(event.turnId)) break;
        if (event.turnId !== null && event.final) this.#underWay.written(event.turnId);
        const turn = event.turnId === null ? null : (this.#turns.get(event.turnId) ?? null);
        const { turnId: _, ...words } = event;
        if (event.final && event.turnId !== null) this.#lastWords.written(event.turnId);
        observe({ ...words, turn });
        this.#answering.heard(turn, words.text, words.final);
        this.#answerAddressed();
        break;
      }
      case 'reply-transcript':
        this.#voice.wrote(event.replyId);
        observe(event);
        break;
      case 'tool-call':
        this.#tools.run(event.call);
        break;
      case 'server-tool':
        this.#onServerTool(event.replyId, event.work);
        break;
      case 'approval-request':
        void this.#judge(event.call, event.server);
        break;
      case 'tool-cancelled':
        this.#tools.cancel(event.callIds);
        break;
      case 'interrupted':
        // Only what has begun is broken off: what was asked for since may already be on its way.
        this.#silence();
        break;
      case 'reply-done':
        this.#onReplyDone(event);
        break;
      case 'unheard-usage':
        observe({ ...event, type: 'usage', turns: this.#turns.list(event.turnIds) });
        break;
      case 'transcription-usage':
        observe({ ...event, turns: event.turnId === null ? [] : this.#turns.list([event.turnId]) });
        break;
      case 'turn-closed':
        this.#act(this.#floor.closeTurn(event.turnId, performance.now()));
        break;
      case 'refused':
        log.warn({ guildId: this.guildId, reason: event.message }, 'the model refused a request');
        break;
      case 'notice':
        observe({ type: 'trouble', message: event.message });
        break;
      case 'going-away':
        log.info({ guildId: this.guildId, timeLeftMs: event.timeLeftMs }, 'the model will close the session');
        break;
      case 'resumable':
        break;
      case 'paused':
      case 'resumed':
        this.#paused = event.type === 'paused';
        observe({ type: 'trouble', message: event.message });
        break;
      case 'model-changed':
        this.#paused = false;
        this.#model.changed(event.model);
        this.#usage.provider = event.model.provider;
        this.#floor.settings = this.#floorSettings();
        observe(event);
        break;
      default:
        event satisfies never;
    }
    this.#updateBot();
  }

  #onServerTool(replyId: string, work: ServerWork): void {
    // What a program printed is the model's own; pages, searches and other servers are not.
    const outside = work.kind === 'sources' || (work.kind === 'call' && work.result !== null);
    if (outside) this.#tools.outsideCame(this.#turns.behind(replyId).map(({ id }) => id));
    this.#tellServerTool(replyId, work);
  }

  #tellServerTool(replyId: string, work: ServerWork): void {
    const turns = this.#turns.behind(replyId);
    if (work.kind === 'sources') this.#usage.searched(replyId, work.searches);
    this.#voice.wrote(replyId);
    if (work.kind === 'call' && work.result === null) this.#tools.hostedBegan(replyId, work.callId);
    this.#parts.observe({ type: 'server-tool', replyId, turns, work });
    if (work.kind === 'call' && work.result !== null) this.#tools.hostedEnded(work.callId);
  }

  /** A call on a hosted MCP server may change anything, so everybody behind it has to be known and allowed to. */
  async #judge(call: ToolCall, server: string): Promise<void> {
    const verdict = await this.#tools.permit(call, server);
    if (!verdict || this.#closing) return;
    this.#parts.session.approve(call.callId, verdict.allowed, verdict.reason);
    if (verdict.allowed) return;
    const { callId, replyId, name } = call;
    const result = { ok: false, output: verdict.reason };
    const work = { kind: 'call', callId, server, name, arguments: call.arguments, result } as const;
    this.#tellServerTool(replyId, work);
  }

  #onReplyDone(event: SessionEvent & { type: 'reply-done' }): void {
    const { observe } = this.#parts;
    const { usage, turnIds } = this.#usage.ended(event.replyId, event.usage);
    if (usage) observe({ type: 'usage', replyId: event.replyId, turns: this.#turns.list(turnIds), usage });
    if (event.status === 'failed') observe({ type: 'trouble', message: 'The model could not finish its answer.' });
    const read = event.status === 'completed' && this.#model.options.replyForm === 'text';
    if (read) this.#announcements.answered(this.#turns.behind(event.replyId).map(({ id }) => id));
    if (read) this.#answering.audible(event.replyId, this.#turns.behind(event.replyId));
    this.#voice.done(event.replyId, event.status === 'cancelled');
    this.#tools.replyDone(event.replyId);
    if (!event.awaitsTools && event.status !== 'cancelled' && this.#voice.state === 'silent') this.#answering.over();
    this.#answerTools(performance.now());
  }

  /** Carries out what the floor decided, in its order. */
  #act(decisions: readonly FloorDecision[]): void {
    const { session, observe } = this.#parts;
    for (const decision of decisions) {
      switch (decision.type) {
        case 'speaking':
          this.#company.spoke(performance.now());
          observe({
            type: 'speaking',
            person: this.#person(decision.userId),
            speaking: decision.speaking,
            levelDb: decision.levelDb,
          });
          break;
        case 'level':
          observe({ type: 'level', person: this.#person(decision.userId), levelDb: decision.levelDb });
          break;
        case 'duck':
          this.#voice.duck(true);
          observe({ type: 'ducked', by: this.#person(decision.userId) });
          break;
        case 'unduck':
          this.#voice.duck(false);
          observe({ type: 'unducked' });
          break;
        case 'interrupt':
          this.#interrupt(decision.userId, decision.firstVoicedAt);
          break;
        case 'begin':
          this.#addTurn(decision.turn);
          this.#underWay.began(decision.turn, performance.now());
          observe({
            type: 'turn-began',
            turn: decision.turn,
            queuedMs: decision.queuedMs,
            soundStart: wallClock(decision.voicedFrom),
          });
          session.beginTurn(this.#answering.began(decision.turn, decision.voicedFrom));
          break;
        case 'audio':
          session.appendAudio(decision.pcm);
          break;
        case 'end':
          this.#endTurn(decision);
          break;
        case 'text':
          this.#addTurn(decision.turn);
          this.#underWay.typed(decision.turn, performance.now());
          if (decision.announcement) this.#announcements.given(decision.announcement, decision.turn.id);
          observe({ type: 'turn-began', turn: decision.turn, queuedMs: 0 });
          observe({ type: 'turn-transcript', turn: decision.turn, text: decision.text, final: true });
          this.#answering.wrote(decision.turn, performance.now());
          session.appendText(decision.turn, decision.text);
          this.#expectReply();
          break;
        case 'dropped':
          observe({ type: 'speech-dropped', person: this.#person(decision.userId), ms: decision.ms });
          break;
        default:
          decision satisfies never;
      }
    }
  }

  #mayHear(userId: UserId): boolean {
    return this.#parts.mayHear?.(userId) ?? true;
  }

  #withdraw(userId: UserId): void {
    const { session, observe } = this.#parts;
    const now = performance.now();
    const { turns, unanswered } = this.#underWay.withdraw(userId, now);
    if (unanswered && this.#voice.state === 'preparing') this.#cut();
    const turnIds = turns.map(({ id }) => id);
    this.#answering.withdraw(turnIds);
    session.withdraw(userId, turnIds);
    for (const turn of turns) observe({ type: 'turn-withdrawn', turn });
    this.#act(this.#floor.forget(userId, now));
    this.#updateBot();
    // The others waited for the end of what is taken back, or for the answer that was to be for all of them.
    if (!unanswered || !this.#floor.quiet || !this.#underWay.awaitsAnswer(now)) return;
    // Where not everybody is answered, the next tick asks for whoever waits.
    if (this.#listens || this.#answering.chooses) return;
    session.respond();
    this.#expectReply();
    this.#updateBot();
  }

  /** Whether what is answered are turns that were taken back, and nothing else. */
  #isWithdrawn(turnIds: readonly number[]): boolean {
    return turnIds.length > 0 && turnIds.every((id) => this.#underWay.isWithdrawn(id));
  }

  #endTurn(decision: FloorDecision & { type: 'end' }): void {
    const { turn, speechMs } = decision;
    const now = performance.now();
    const { respond, passed } = this.#answering.ended(turn.id, decision.respond && !this.#listens, now);
    this.#parts.session.endTurn(respond);
    if (passed) this.#parts.session.pass([turn.id]);
    this.#underWay.ended(turn.id, now);
    this.#usage.heard(turn.id, speechMs);
    if (this.#listens) this.#lastWords.said(turn.id);
    // Nobody answers it: it is over with its words, and not taken back with what its speaker says next.
    if (this.#listens) this.#underWay.answered([turn.id]);
    if (respond) this.#expectReply();
    // The floor counts on a reply; where none is asked for, the next tick tells it so.
    else this.#parts.ticker.wake();
    this.#parts.observe(turnEnded({ ...decision, respond }));
  }

  /** Asks for a reply where words show, after the end of their turn, that the bot was spoken to. */
  #answerAddressed(): void {
    const endedAt = this.#closing ? undefined : this.#answering.takeDue(this.#floor.quiet);
    if (endedAt === undefined) return;
    this.#parts.session.respond();
    this.#expectReply(endedAt);
  }

  #addTurn(turn: Turn): void {
    this.#turnCount += 1;
    this.#turns.add(turn);
    this.#tools.turnBegan();
  }

  /** A reply was asked for: it answers everything so far, results of tools included. `turnEndedAt`: since when people wait. */
  #expectReply(turnEndedAt = performance.now()): void {
    const now = performance.now();
    this.#turnEndedAt = turnEndedAt;
    this.#tools.covered();
    this.#voice.asked(now);
  }

  #onAudible(replyId: string): void {
    const since = this.#turnEndedAt;
    this.#turnEndedAt = undefined;
    const sinceTurnMs = since === undefined ? null : performance.now() - since;
    if (sinceTurnMs !== null) this.#replyLatencies.add(sinceTurnMs);
    this.#answering.audible(replyId, this.#turns.behind(replyId));
    this.#announcements.answered(this.#turns.behind(replyId).map(({ id }) => id));
    this.#parts.observe({ type: 'reply-audible', replyId, sinceTurnMs });
    this.#updateBot();
  }

  #interrupt(userId: UserId, firstVoicedAt: number): void {
    const wasSpeaking = this.#voice.state === 'speaking';
    this.#cut();
    this.#tools.interrupted();
    if (!wasSpeaking) return;
    this.#interruptions += 1;
    const afterMs = performance.now() - firstVoicedAt;
    this.#parts.observe({ type: 'interrupted', by: this.#person(userId), afterMs });
  }

  /** Somebody speaks: no reply is wanted any more, begun or not. */
  #cut(): void {
    this.#voice.givenUp();
    this.#answering.cut();
    this.#silence();
  }

  /** Silences the bot at once and tells the model how much of each reply was heard. */
  #silence(): void {
    const heard = this.#voice.cut();
    this.#parts.session.interrupt(heard.map(({ replyId, items }) => ({ replyId, items })));
  }

  #updateBot(): void {
    this.#act(this.#floor.setBot(this.#voice.state, performance.now()));
  }

  /** Gives whether the next tick is due in 20 ms. */
  #tick(now: number): boolean {
    this.#act(this.#floor.tick(now));
    this.#giveUpOnSilence(now);
    this.#answerTools(now);
    if (!this.#paused) this.#answering.tick(now);
    this.#answerAddressed();
    this.#updateBot();
    if (now - this.#checkedPeopleAt >= PEOPLE_CHECK_MS) this.#checkPeople(now);
    return this.#floor.busy;
  }

  /** Asks for the reply that tool results are for, once all are there and nobody speaks. */
  #answerTools(now: number): void {
    if (this.#closing) return;
    const bot = this.#voice.state;
    const floorQuiet = this.#floor.quiet && !this.#answering.holdsBack;
    const due = this.#tools.takeDue({ floorQuiet, bot });
    if (!this.#tools.wantsReply(floorQuiet) && due.length === 0) return;
    // Only a result that cuts in is due while the bot speaks.
    if (due.length > 0 && bot === 'speaking') this.#silence();
    for (const result of due) this.#parts.session.sendToolResult(result);
    this.#parts.session.respond();
    this.#voice.asked(now);
    this.#updateBot();
  }

  /** Nobody waits for ever for a reply that does not come or does not end. */
  #giveUpOnSilence(now: number): void {
    const { making } = this.#voice;
    const limitMs = making ? STALLED_MS : REPLY_WAIT_MS;
    if (this.#voice.silentMs(now, this.#paused || this.#tools.modelWaits) < limitMs) return;
    if (making) this.#cut();
    else this.#voice.givenUp();
    this.#answering.cut();
    this.#answering.over();
    const message = `The model has not answered for ${limitMs / 1000} s. Please say it again.`;
    this.#parts.observe({ type: 'trouble', message });
  }

  /** Leaves when nobody is there, or nobody spoke for long. */
  #checkPeople(now: number): void {
    this.#checkedPeopleAt = now;
    if (this.#voice.state === 'speaking') this.#company.spoke(now);
    const reason = this.#company.check(this.#parts.room.people().length, this.#settings, now);
    if (reason) void this.close(reason);
  }

  #person(userId: UserId): Person {
    return { userId, name: this.#parts.room.nameOf(userId) };
  }

  #floorSettings(): { silenceMs: number; interruptionMs: number; turnDetection: SessionOptions['turnDetection'] } {
    const { silenceMs, interruptionMs } = this.#settings;
    return { silenceMs, interruptionMs, turnDetection: this.#model.options.turnDetection };
  }
}

/** An instant of performance.now() in ms since 1970. */
function wallClock(at: number): number {
  return Math.round(Date.now() - performance.now() + at);
}

function turnEnded({ voicedFrom, voicedUntil, ...ended }: FloorDecision & { type: 'end' }): BridgeEvent {
  return { ...ended, type: 'turn-ended', soundStart: wallClock(voicedFrom), soundEnd: wallClock(voicedUntil) };
}
