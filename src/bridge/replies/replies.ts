import type { Logger } from 'pino';
import type { BridgeEvent } from '../../ports/bridge-events.ts';
import type { DurableSession, SessionEvent, Shortfall } from '../../ports/model.ts';
import type { Person, Turn, VoiceLine } from '../../ports/voice.ts';
import type { ActiveModel } from '../active-model.ts';
import type { ResponsePolicy } from '../addressing/response-policy.ts';
import type { ToolRunner } from '../calls/tool-runner.ts';
import type { Ticker } from '../ticker.ts';
import type { ActiveTurns } from '../turns/active-turns.ts';
import type { Floor } from '../turns/floor.ts';
import type { BotState } from '../turns/floor-decision.ts';
import type { TurnRegistry } from '../turns/turn-registry.ts';
import type { Announcements } from './announcements.ts';
import { ReplyPlayer } from './reply-player.ts';
import type { ReplyUsage } from './reply-usage.ts';
import { Shortfalls } from './shortfalls.ts';

type EventOf<Type extends SessionEvent['type']> = Extract<SessionEvent, { type: Type }>;

/** A reply that does not begin within this time is not coming. */
const REPLY_WAIT_MS = 15_000;
/** A reply that has begun and falls silent for this long is not going on; a model that reasons may think first. */
const STALLED_MS = 30_000;
const UNFINISHED = 'The model could not finish its answer.';

/** What replies stand on. */
export interface RepliesDeps {
  readonly guildId: string;
  readonly line: VoiceLine;
  readonly session: Pick<DurableSession, 'respond' | 'interrupt' | 'sendToolResult' | 'pass'>;
  readonly model: ActiveModel;
  readonly floor: Floor;
  readonly turns: TurnRegistry;
  readonly underWay: ActiveTurns;
  readonly answering: ResponsePolicy;
  readonly announcements: Announcements;
  readonly usage: ReplyUsage;
  readonly tools: ToolRunner;
  readonly ticker: Ticker;
  readonly observe: (event: BridgeEvent) => void;
  /** The bot's own voice may be in another state now. */
  readonly onState: () => void;
  readonly log: Pick<Logger, 'warn'>;
}

/** The model's replies: which one is asked for and when, which sounds, which gives way to people, which is given up. */
export class Replies {
  /** The model is out of reach for the moment: nobody can expect an answer. */
  paused = false;
  readonly #deps: RepliesDeps;
  /** Answers that were none. */
  readonly shortfalls: Shortfalls;
  readonly #voice: ReplyPlayer;
  readonly #latencies = new Latencies();
  /** Since when people wait for the reply that was asked for. */
  #turnEndedAt: number | undefined;
  #interruptions = 0;
  #closed = false;

  constructor(deps: RepliesDeps) {
    this.#deps = deps;
    const { guildId, model, answering, session, observe, log } = deps;
    this.shortfalls = new Shortfalls({
      guildId,
      unwritten: () => model.unprompted === null,
      mayStaySilent: (turnId) => answering.mayStaySilent(turnId),
      ask: () => this.ask(),
      pass: (turnIds, noQuestions) => {
        session.pass(turnIds);
        deps.turns.over(noQuestions);
      },
      tell: (message) => observe({ type: 'trouble', message }),
      log,
    });
    this.#voice = new ReplyPlayer(deps.line, {
      onAudible: (replyId) => this.#onAudible(replyId),
      onEnded: (ended) => {
        if (ended.heardMs > 0 && !ended.interrupted) deps.turns.heard(ended.replyId);
        deps.observe({ type: 'reply-ended', ...ended });
        deps.answering.soundEnded(ended.replyId, performance.now());
        // Who waited for the end of it need not wait for the next slow tick.
        deps.ticker.wake();
      },
    });
  }

  /** What the bot's own voice does. */
  get state(): BotState {
    return this.#voice.state;
  }

  /** From the end of a turn to the first sound of its reply, of the last ones. */
  get latenciesMs(): readonly number[] {
    return this.#latencies.list;
  }

  /** How often somebody cut the bot off while it spoke. */
  get interruptions(): number {
    return this.#interruptions;
  }

  /** A reply was asked for: it answers everything so far, results of tools included. `turnEndedAt`: since when people wait. */
  expect(turnEndedAt = performance.now()): void {
    const now = performance.now();
    this.#turnEndedAt = turnEndedAt;
    this.shortfalls.asked();
    this.#deps.tools.covered();
    this.#voice.asked(now);
  }

  /** Asks for a reply to everything so far. */
  ask(turnEndedAt?: number): void {
    this.#deps.session.respond();
    this.expect(turnEndedAt);
  }

  /** Asks for a reply where words show, after the end of their turn, that the bot was spoken to. */
  askAddressed(): void {
    const { answering, floor } = this.#deps;
    const endedAt = this.#closed ? undefined : answering.takeDue(floor.quiet);
    if (endedAt !== undefined) this.ask(endedAt);
  }

  /** Asks for the reply that tool results are for, once all are there and nobody speaks. */
  askForTools(now: number): void {
    if (this.#closed) return;
    const { floor, answering, tools, session, onState } = this.#deps;
    const bot = this.#voice.state;
    const floorQuiet = floor.quiet && !answering.holdsBack;
    const due = tools.takeDue({ floorQuiet, bot });
    if (!tools.wantsReply(floorQuiet) && due.length === 0) return;
    // Only a result that cuts in is due while the bot speaks.
    if (due.length > 0 && bot === 'speaking') this.silence();
    for (const result of due) session.sendToolResult(result);
    session.respond();
    this.shortfalls.asked();
    this.#voice.asked(now);
    onState();
  }

  started({ replyId, turnIds, doubtful }: EventOf<'reply-started'>): void {
    const { usage, turns, underWay, observe } = this.#deps;
    this.#voice.started(replyId);
    // Whoever is only overheard pays for nothing.
    usage.started(replyId, turns.asked(turnIds));
    turns.replied(replyId, turnIds, doubtful);
    underWay.answered(turnIds);
    // It answers what was taken back, and nothing else.
    if (underWay.areWithdrawn(turnIds)) this.cut();
    else observe({ type: 'reply-started', replyId, turns: turns.behind(replyId) });
  }

  sounded({ replyId, itemId, pcm }: EventOf<'audio'>): void {
    this.#deps.usage.sounded(replyId, pcm.length);
    if (!this.#voice.knows(replyId)) return;
    // People come first: a reply that begins to sound while somebody has the floor gives way.
    if (this.#deps.floor.holder) this.cut();
    else this.#voice.push(replyId, itemId, pcm);
  }

  /** No more sound comes for this reply. */
  soundDone(replyId: string): void {
    this.#voice.audioDone(replyId);
  }

  /** Words or work of a reply came: it is going on, with or without sound. */
  wrote(replyId: string): void {
    this.#voice.wrote(replyId);
  }

  done({ replyId, usage: reported, status, awaitsTools, shortfall }: EventOf<'reply-done'>): void {
    const { usage, turns, model, floor, announcements, answering, tools, observe } = this.#deps;
    const used = usage.ended(replyId, reported);
    if (used.usage) observe({ type: 'usage', replyId, turns: turns.list(used.turnIds), usage: used.usage });
    if (status === 'failed' && !shortfall) observe({ type: 'trouble', message: UNFINISHED });
    // The model may take up what it did not finish, for whoever is answered next.
    if (shortfall && !shortfall.empty) turns.brokeOff(replyId);
    const expected = status !== 'cancelled' && shortfall !== undefined && this.#fellShort(replyId, shortfall);
    if (status === 'completed' && !shortfall?.empty && model.options.replyForm === 'text') {
      const read = turns.behind(replyId);
      turns.heard(replyId);
      announcements.answered(read.map(({ id }) => id));
      answering.audible(replyId, read);
      this.#settle(read);
    }
    this.#voice.done(replyId, status === 'cancelled');
    tools.replyDone(replyId);
    const over = !awaitsTools && !expected && status !== 'cancelled' && this.#voice.state === 'silent';
    if (over) answering.over();
    const answered = turns.behind(replyId);
    // What the model says of a tool's result is their answer, too; for a person's yes nobody else has to wait.
    const waits = awaitsTools && !tools.asksAbout(replyId) ? turns.answeredBy(replyId) : [];
    for (const turn of waits) floor.owe(turn, performance.now());
    if (over) this.#settle(answered);
    this.askForTools(performance.now());
  }

  /** Gives whether it is asked for once more. */
  #fellShort(replyId: string, shortfall: Shortfall): boolean {
    const { turns, ticker } = this.#deps;
    ticker.wake();
    return this.shortfalls.ended(turns.behind(replyId), shortfall, performance.now());
  }

  duck(on: boolean): void {
    this.#voice.duck(on);
  }

  /** Somebody cut in; their first voiced packet came at `firstVoicedAt`. */
  interrupt(by: Person, firstVoicedAt: number): void {
    const wasSpeaking = this.#voice.state === 'speaking';
    this.cut();
    this.#deps.tools.interrupted();
    if (!wasSpeaking) return;
    this.#interruptions += 1;
    this.#deps.observe({ type: 'interrupted', by, afterMs: performance.now() - firstVoicedAt });
  }

  /** Somebody speaks: no reply is wanted any more, begun or not. */
  cut(): void {
    this.#voice.givenUp();
    this.#deps.answering.cut();
    this.silence();
  }

  /**
   * Silences the bot at once and tells the model how much of each reply was heard. What people heard a part of is over for
   * whoever asked, unless they ask again, or it `goesOn`.
   */
  silence(goesOn = false): void {
    const heard = this.#voice.cut();
    for (const { replyId, heardMs } of heard) if (heardMs > 0 && !goesOn) this.#deps.turns.cut(replyId);
    this.#deps.session.interrupt(heard.map(({ replyId, items }) => ({ replyId, items })));
  }

  /** Silences the bot if a reply that has begun is to such turns. */
  silenceTo(such: (turns: readonly Turn[]) => boolean): void {
    if (this.#voice.replies.some((replyId) => such(this.#deps.turns.behind(replyId)))) this.silence();
  }

  /** No reply is awaited any more. */
  givenUp(): void {
    this.#voice.givenUp();
  }

  tick(now: number): void {
    this.#giveUpOnSilence(now);
    this.#deps.floor.work = this.#deps.tools.resultWaits;
    this.askForTools(now);
    if (!this.paused) this.#deps.answering.tick(now);
    this.shortfalls.tick(now, this.#deps.floor.quiet && !this.#deps.answering.holdsBack);
    this.askAddressed();
  }

  /** Silences the bot for good. What was used for replies that have not ended is estimated and told. */
  close(): void {
    const { usage, turns, observe } = this.#deps;
    this.#closed = true;
    this.#voice.cut();
    for (const { turnIds, ...rest } of usage.unended()) {
      observe({ type: 'usage', turns: turns.list(turnIds), ...rest });
    }
  }

  #onAudible(replyId: string): void {
    const { turns, answering, announcements, observe, onState } = this.#deps;
    const since = this.#turnEndedAt;
    this.#turnEndedAt = undefined;
    const sinceTurnMs = since === undefined ? null : performance.now() - since;
    if (sinceTurnMs !== null) this.#latencies.add(sinceTurnMs);
    const answered = turns.behind(replyId);
    this.shortfalls.answered(answered);
    answering.audible(replyId, answered);
    this.#settle(answered);
    announcements.answered(answered.map(({ id }) => id));
    observe({ type: 'reply-audible', replyId, sinceTurnMs });
    onState();
  }

  #settle(turns: readonly Turn[]): void {
    this.#deps.floor.settle(turns.map(({ id }) => id));
  }

  /** Nobody waits for ever for a reply that does not come or does not end. */
  #giveUpOnSilence(now: number): void {
    const { tools, answering, observe } = this.#deps;
    const { making } = this.#voice;
    const limitMs = making ? STALLED_MS : REPLY_WAIT_MS;
    if (this.#voice.silentMs(now, this.paused || tools.modelWaits) < limitMs) return;
    if (making) this.cut();
    else this.#voice.givenUp();
    answering.cut();
    answering.over();
    const message = `The model has not answered for ${limitMs / 1000} s. Please say it again.`;
    observe({ type: 'trouble', message });
  }
}

/** The last latencies of one kind, in ms, newest last. */
class Latencies {
  readonly #limit: number;
  readonly #values: number[] = [];

  constructor(limit = 20) {
    this.#limit = limit;
  }

  add(ms: number): void {
    this.#values.push(ms);
    if (this.#values.length > this.#limit) this.#values.shift();
  }

  get list(): readonly number[] {
    return [...this.#values];
  }
}
