import type { Announcements } from './announcements.ts';
import type { Answering } from './answering.ts';
import type { BridgeEvent } from './bridge-ports.ts';
import type { BotState, Floor } from './floor.ts';
import { Latencies } from './latencies.ts';
import type { ModelInUse } from './model-in-use.ts';
import type { Conversation, Person, SessionEvent, Turn, VoiceLine } from './ports.ts';
import type { ReplyUsage } from './reply-usage.ts';
import type { TurnBook } from './rights.ts';
import type { Ticker } from './ticker.ts';
import type { ToolRunner } from './tool-runner.ts';
import type { TurnsUnderWay } from './turns-under-way.ts';
import { VoiceOut } from './voice-out.ts';

type EventOf<Type extends SessionEvent['type']> = Extract<SessionEvent, { type: Type }>;

/** A reply that does not begin within this time is not coming. */
const REPLY_WAIT_MS = 15_000;
/** A reply that has begun and falls silent for this long is not going on; a model that reasons may think first. */
const STALLED_MS = 30_000;

/** What replies stand on. */
export interface RepliesParts {
  readonly line: VoiceLine;
  readonly session: Pick<Conversation, 'respond' | 'interrupt' | 'sendToolResult'>;
  readonly model: ModelInUse;
  readonly floor: Floor;
  readonly turns: TurnBook;
  readonly underWay: TurnsUnderWay;
  readonly answering: Answering;
  readonly announcements: Announcements;
  readonly usage: ReplyUsage;
  readonly tools: ToolRunner;
  readonly ticker: Ticker;
  readonly observe: (event: BridgeEvent) => void;
  /** The bot's own voice may be in another state now. */
  readonly onState: () => void;
}

/** The model's replies: which one is asked for and when, which sounds, which gives way to people, which is given up. */
export class Replies {
  /** The model is out of reach for the moment: nobody can expect an answer. */
  paused = false;
  readonly #parts: RepliesParts;
  readonly #voice: VoiceOut;
  readonly #latencies = new Latencies();
  /** Since when people wait for the reply that was asked for. */
  #turnEndedAt: number | undefined;
  #interruptions = 0;
  #closed = false;

  constructor(parts: RepliesParts) {
    this.#parts = parts;
    this.#voice = new VoiceOut(parts.line, {
      onAudible: (replyId) => this.#onAudible(replyId),
      onEnded: (ended) => {
        parts.observe({ type: 'reply-ended', ...ended });
        parts.answering.soundEnded(ended.replyId, performance.now());
        // Who waited for the end of it need not wait for the next slow tick.
        parts.ticker.wake();
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
    this.#parts.tools.covered();
    this.#voice.asked(now);
  }

  /** Asks for a reply to everything so far. */
  ask(turnEndedAt?: number): void {
    this.#parts.session.respond();
    this.expect(turnEndedAt);
  }

  /** Asks for a reply where words show, after the end of their turn, that the bot was spoken to. */
  askAddressed(): void {
    const { answering, floor } = this.#parts;
    const endedAt = this.#closed ? undefined : answering.takeDue(floor.quiet);
    if (endedAt !== undefined) this.ask(endedAt);
  }

  /** Asks for the reply that tool results are for, once all are there and nobody speaks. */
  askForTools(now: number): void {
    if (this.#closed) return;
    const { floor, answering, tools, session, onState } = this.#parts;
    const bot = this.#voice.state;
    const floorQuiet = floor.quiet && !answering.holdsBack;
    const due = tools.takeDue({ floorQuiet, bot });
    if (!tools.wantsReply(floorQuiet) && due.length === 0) return;
    // Only a result that cuts in is due while the bot speaks.
    if (due.length > 0 && bot === 'speaking') this.silence();
    for (const result of due) session.sendToolResult(result);
    session.respond();
    this.#voice.asked(now);
    onState();
  }

  started({ replyId, turnIds }: EventOf<'reply-started'>): void {
    const { usage, turns, underWay, observe } = this.#parts;
    this.#voice.started(replyId);
    usage.started(replyId, turnIds);
    turns.replied(replyId, turnIds);
    underWay.answered(turnIds);
    // It answers what was taken back, and nothing else.
    if (underWay.areWithdrawn(turnIds)) this.cut();
    else observe({ type: 'reply-started', replyId, turns: turns.list(turnIds) });
  }

  sounded({ replyId, itemId, pcm }: EventOf<'audio'>): void {
    this.#parts.usage.sounded(replyId, pcm.length);
    if (!this.#voice.knows(replyId)) return;
    // People come first: a reply that begins to sound while somebody has the floor gives way.
    if (this.#parts.floor.holder) this.cut();
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

  done({ replyId, usage: reported, status, awaitsTools }: EventOf<'reply-done'>): void {
    const { usage, turns, model, announcements, answering, tools, observe } = this.#parts;
    const used = usage.ended(replyId, reported);
    if (used.usage) observe({ type: 'usage', replyId, turns: turns.list(used.turnIds), usage: used.usage });
    if (status === 'failed') observe({ type: 'trouble', message: 'The model could not finish its answer.' });
    if (status === 'completed' && model.options.replyForm === 'text') {
      const read = turns.behind(replyId);
      announcements.answered(read.map(({ id }) => id));
      answering.audible(replyId, read);
    }
    this.#voice.done(replyId, status === 'cancelled');
    tools.replyDone(replyId);
    if (!awaitsTools && status !== 'cancelled' && this.#voice.state === 'silent') answering.over();
    this.askForTools(performance.now());
  }

  duck(on: boolean): void {
    this.#voice.duck(on);
  }

  /** Somebody cut in; their first voiced packet came at `firstVoicedAt`. */
  interrupt(by: Person, firstVoicedAt: number): void {
    const wasSpeaking = this.#voice.state === 'speaking';
    this.cut();
    this.#parts.tools.interrupted();
    if (!wasSpeaking) return;
    this.#interruptions += 1;
    this.#parts.observe({ type: 'interrupted', by, afterMs: performance.now() - firstVoicedAt });
  }

  /** Somebody speaks: no reply is wanted any more, begun or not. */
  cut(): void {
    this.#voice.givenUp();
    this.#parts.answering.cut();
    this.silence();
  }

  /** Silences the bot at once and tells the model how much of each reply was heard. */
  silence(): void {
    const heard = this.#voice.cut();
    this.#parts.session.interrupt(heard.map(({ replyId, items }) => ({ replyId, items })));
  }

  /** Silences the bot if a reply that has begun is to such turns. */
  silenceTo(such: (turns: readonly Turn[]) => boolean): void {
    if (this.#voice.replies.some((replyId) => such(this.#parts.turns.behind(replyId)))) this.silence();
  }

  /** No reply is awaited any more. */
  givenUp(): void {
    this.#voice.givenUp();
  }

  tick(now: number): void {
    this.#giveUpOnSilence(now);
    this.askForTools(now);
    if (!this.paused) this.#parts.answering.tick(now);
    this.askAddressed();
  }

  /** Silences the bot for good. What was used for replies that have not ended is estimated and told. */
  close(): void {
    const { usage, turns, observe } = this.#parts;
    this.#closed = true;
    this.#voice.cut();
    for (const { turnIds, ...rest } of usage.unended()) {
      observe({ type: 'usage', turns: turns.list(turnIds), ...rest });
    }
  }

  #onAudible(replyId: string): void {
    const { turns, answering, announcements, observe, onState } = this.#parts;
    const since = this.#turnEndedAt;
    this.#turnEndedAt = undefined;
    const sinceTurnMs = since === undefined ? null : performance.now() - since;
    if (sinceTurnMs !== null) this.#latencies.add(sinceTurnMs);
    const answered = turns.behind(replyId);
    answering.audible(replyId, answered);
    announcements.answered(answered.map(({ id }) => id));
    observe({ type: 'reply-audible', replyId, sinceTurnMs });
    onState();
  }

  /** Nobody waits for ever for a reply that does not come or does not end. */
  #giveUpOnSilence(now: number): void {
    const { tools, answering, observe } = this.#parts;
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
