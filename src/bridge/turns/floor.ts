import { SpeakerQueue } from '../../audio/speaker-queue.ts';
import type { Announcement } from '../../ports/conversation.ts';
import type { Frame, Turn, UserId } from '../../ports/voice.ts';
import { type Claim, ClaimQueue, type SpeechClaim } from './claim-queue.ts';
import { Ducking } from './ducking.ts';
import type { BotState, FloorDecision, FloorSettings } from './floor-decision.ts';
import { mayInterrupt, onsetMs, silenceLimitMs } from './floor-limits.ts';
import { Holding } from './holding.ts';
import { Patience, type Waiting } from './patience.ts';
import { TurnMaker } from './turn-maker.ts';

/** Nobody who speaks for less than this is stopped for the sake of somebody who waits. */
const SENTENCE_MS = 3_000;
/** A person who is not voiced for this long has stopped, as far as ducking is concerned. */
const COUGH_OVER_MS = 200;
/** A turn is cut here and goes on as another one: no provider likes endless turns, and others wait. */
const LONGEST_TURN_MS = 30_000;
/** What one person may have waiting. */
const QUEUE_LIMIT_MS = 60_000;
const LEVEL_EVERY_MS = 200;

/**
 * Who is heard. One holder at a time: only the holder's sound is given out, between `begin` and `end`, so a turn has
 * exactly one speaker by construction. Everybody else is queued whole and becomes a later turn. Pure: time comes in.
 */
export class Floor {
  readonly #rate: number;
  readonly #turns: TurnMaker;
  readonly #evenVoices: boolean;
  #settings: FloorSettings;
  readonly #speakers = new Map<UserId, SpeakerQueue>();
  readonly #patience = new Patience();
  #answerable = true;
  readonly #claims = new ClaimQueue(this.#patience);
  #holding: Holding | undefined;
  #bot: BotState = 'silent';
  readonly #ducking = new Ducking();
  /** Those who wait for the model to speak about what a tool brought. */
  work: readonly Waiting[] = [];
  #levelAt = Number.NEGATIVE_INFINITY;

  /**
   * `rate` of the frames in Hz. `nameOf` gives the label of a turn at its beginning. `evenVoices`: what is given out is
   * brought to a common level; who speaks and who interrupts is decided on what really came.
   */
  constructor(options: {
    rate: number;
    settings: FloorSettings;
    nameOf: (userId: UserId) => string;
    evenVoices?: boolean;
  }) {
    this.#rate = options.rate;
    this.#evenVoices = options.evenVoices ?? false;
    this.#settings = options.settings;
    this.#turns = new TurnMaker(options.nameOf);
  }

  get holder(): Turn | undefined {
    return this.#holding?.turn;
  }

  /** The people who wait for their turn, in order, each once. */
  get waiting(): UserId[] {
    return this.#claims.people;
  }

  /** Nobody holds the floor and nobody waits, but for those who have to wait for somebody else's answer. */
  get quiet(): boolean {
    return !this.#holding && this.#claims.noneFree;
  }

  /** Time matters: somebody speaks, may be beginning to, or is waited for. While this is false, tick() may be called rarely. */
  get busy(): boolean {
    if (this.#holding || this.#ducking.ducked || this.#claims.list.length > 0) return true;
    for (const speaker of this.#speakers.values()) if (speaker.talking || speaker.undecidedMs > 0) return true;
    return false;
  }

  set settings(settings: FloorSettings) {
    this.#settings = settings;
  }

  /** Tells what the bot does; when it falls silent, whoever waited for that may begin. */
  setBot(state: BotState, now: number): FloorDecision[] {
    this.#bot = state;
    const out: FloorDecision[] = [];
    if (state !== 'speaking') out.push(...this.#ducking.end());
    if (this.#patience.bot(state, this.#holding !== undefined, now)) {
      const waits = this.#claims.list.find((claim) => claim.kind === 'speech')?.userId;
      if (waits !== undefined) this.#cutFor(out, waits, now);
    }
    this.#advance(out, now);
    return out;
  }

  /** Whether answers can come: false while the model is away. */
  get answerable(): boolean {
    return this.#answerable;
  }

  /** Where the model is away for a while, nobody is let first for an answer that does not come. */
  setAnswerable(answerable: boolean): void {
    this.#answerable = answerable;
    if (!answerable) this.#patience.reset();
  }

  /** Takes one frame of one person. */
  hear(frame: Frame, now: number): FloorDecision[] {
    const out: FloorDecision[] = [];
    const speaker = this.#speaker(frame.userId);
    const wasUndecided = speaker.undecidedMs > 0;
    const gapMs = Math.min(frame.gapMs, silenceLimitMs(this.#settings));
    const update = speaker.push(
      frame.pcm,
      this.#holds(speaker) ? this.#unfilledGap(gapMs, now) : gapMs,
      now,
      onsetMs(this.#settings, this.#bot),
      frame.receivedAt,
    );
    if (update.droppedMs > 0) out.push({ type: 'dropped', userId: frame.userId, ms: update.droppedMs });
    const barred = this.#patience.bars(frame.userId);
    if (update.voiced && !wasUndecided && !speaker.talking && !barred) this.#duck(out, frame.userId);
    if (speaker.talking && now - this.#levelAt >= LEVEL_EVERY_MS) {
      this.#levelAt = now;
      out.push({ type: 'level', userId: frame.userId, levelDb: update.levelDb });
    }
    if (update.started) {
      out.push({ type: 'speaking', userId: frame.userId, speaking: true, levelDb: update.levelDb });
      this.#claims.add({ kind: 'speech', speaker, userId: frame.userId, utterance: update.started });
      if (this.#patience.spoke(frame.userId)) this.#cutFor(out, frame.userId, speaker.runStartedAt);
    }
    if (this.#holding && this.#holds(speaker)) out.push(...this.#holding.stream(now));
    else this.#advance(out, now);
    return out;
  }

  /** Time passes: call it every 20 ms. Ends turns, forgets coughs. */
  tick(now: number): FloorDecision[] {
    const out: FloorDecision[] = [];
    let undecided = false;
    for (const [userId, speaker] of this.#speakers) {
      speaker.settle(now, COUGH_OVER_MS);
      undecided ||= speaker.undecidedMs > 0 && now - speaker.lastVoicedAt < COUGH_OVER_MS;
      if (!speaker.talking) continue;
      if (now - speaker.lastVoicedAt >= silenceLimitMs(this.#settings)) this.#stop(out, userId, speaker, now);
      else if ((speaker.last?.totalMs ?? 0) >= LONGEST_TURN_MS) this.#split(out, userId, speaker, now);
    }
    if (!undecided) out.push(...this.#ducking.end());
    if (this.#settings.turnDetection !== 'manual') out.push(...(this.#holding?.fillSilence(now) ?? []));
    this.#patience.bot(this.#bot, this.#holding !== undefined, now);
    this.#advance(out, now);
    this.#letWait(out, now);
    return out;
  }

  /** This turn is over and is to be answered: nobody who goes on speaking keeps its speaker waiting for long. */
  owe(turn: Turn, now: number): void {
    const heardAt = this.#speakers.get(turn.userId ?? '')?.lastVoicedAt ?? now;
    this.#patience.owe(turn, Number.isFinite(heardAt) ? Math.min(heardAt, now) : now);
  }

  /** These turns are answered, or get no answer. */
  settle(turnIds: readonly number[]): void {
    this.#patience.settle(turnIds);
  }

  /** The person left: what they said stays queued, what they were saying ends here. */
  left(userId: UserId, now: number): FloorDecision[] {
    const out: FloorDecision[] = [];
    const speaker = this.#speakers.get(userId);
    if (!speaker) return out;
    if (speaker.talking) this.#stop(out, userId, speaker, now);
    this.#speakers.delete(userId);
    this.#patience.forget(userId);
    this.#advance(out, now);
    return out;
  }

  /** Nothing is left of what this person said: what waits is dropped, and their turn ends here. They can go on at once. */
  erase(userId: UserId, now: number): FloorDecision[] {
    const out: FloorDecision[] = [];
    this.#claims.dropWhere((claim) =>
      claim.kind === 'announcement' ? claim.announcement.about === userId : claim.userId === userId,
    );
    this.#patience.forget(userId);
    const speaker = this.#speakers.get(userId);
    if (speaker?.talking) this.#stop(out, userId, speaker, now);
    if (this.#holding?.userId === userId) this.#end(out, now);
    this.#speakers.delete(userId);
    this.#advance(out, now);
    return out;
  }

  /** What waits of this person is dropped. Who has the floor keeps it: that is on its way already. */
  dropWaiting(userId: UserId, now: number): FloorDecision[] {
    const out: FloorDecision[] = [];
    this.#claims.dropWhere((claim) => claim.kind !== 'announcement' && claim.userId === userId);
    const speaker = this.#speakers.get(userId);
    if (this.#holding?.userId === userId) return out;
    if (speaker?.talking) this.#stop(out, userId, speaker, now);
    this.#speakers.delete(userId);
    this.#advance(out, now);
    return out;
  }

  /** Everybody is left behind: whoever has the floor stops, and nobody waits any more. Gives no answer to ask for. */
  leaveAll(now: number): FloorDecision[] {
    const out: FloorDecision[] = [];
    this.#claims.dropWhere(() => true);
    this.#patience.reset();
    for (const [userId, speaker] of this.#speakers) {
      if (speaker.talking) this.#stop(out, userId, speaker, now);
    }
    this.#end(out, now);
    this.#speakers.clear();
    this.#bot = 'silent';
    return out.map((decision) => (decision.type === 'end' ? { ...decision, respond: false } : decision));
  }

  /** The people of whom there is sound, or was, or of whom the bot itself has something to say. */
  get speakers(): UserId[] {
    const held = this.#holding ? [this.#holding.userId] : [];
    const about = this.#claims.list.flatMap((claim) =>
      claim.kind === 'announcement' ? (claim.announcement.about ?? []) : [],
    );
    return [...new Set([...this.#speakers.keys(), ...this.waiting, ...about, ...held])];
  }

  /**
   * The person does not want to be heard: nothing of their sound is kept, nor what waits to be said of them, and their turn
   * ends without an `end`.
   */
  withdraw(userId: UserId, now: number): FloorDecision[] {
    const out: FloorDecision[] = [];
    const speaker = this.#speakers.get(userId);
    this.#claims.dropWhere((claim) =>
      claim.kind === 'announcement'
        ? claim.announcement.about === userId
        : claim.kind === 'speech' && claim.userId === userId,
    );
    this.#patience.forget(userId);
    if (this.#holding?.userId === userId) this.#holding = undefined;
    this.#speakers.delete(userId);
    if (speaker?.talking) out.push({ type: 'speaking', userId, speaking: false, levelDb: 0 });
    this.#advance(out, now);
    return out;
  }

  /** Whether this person has typed as much as may wait. */
  hasTypedEnough(userId: UserId): boolean {
    return this.#claims.hasTypedEnough(userId);
  }

  /** A typed turn; it waits until nobody speaks, the bot included. */
  type(userId: UserId, text: string, now: number): FloorDecision[] {
    return this.#write({ kind: 'text', userId, text, at: now }, now);
  }

  /** A turn of the bot's own, nobody's; it waits like a typed one. */
  announce(announcement: Announcement, now: number): FloorDecision[] {
    return this.#write({ kind: 'announcement', announcement, at: now }, now);
  }

  /** A go of somebody who neither speaks nor types, such as by a button: it never has the floor. */
  press(userId: UserId): Turn {
    return this.#turns.of(userId);
  }

  /** The provider's own detector closed the open turn (turn detection other than manual). */
  closeTurn(turnId: number, now: number): FloorDecision[] {
    const out: FloorDecision[] = [];
    const holding = this.#holding;
    if (!holding || holding.turn.id !== turnId) return out;
    if (now - holding.speaker.lastVoicedAt < COUGH_OVER_MS && holding.speaker.talking) {
      this.#split(out, holding.userId, holding.speaker, now);
    } else this.#stop(out, holding.userId, holding.speaker, now);
    this.#advance(out, now);
    return out;
  }

  #write(claim: Claim, now: number): FloorDecision[] {
    this.#claims.add(claim);
    const out: FloorDecision[] = [];
    this.#advance(out, now);
    return out;
  }

  #speaker(userId: UserId): SpeakerQueue {
    let speaker = this.#speakers.get(userId);
    if (!speaker) {
      speaker = new SpeakerQueue({ rate: this.#rate, limitMs: QUEUE_LIMIT_MS, evenLevel: this.#evenVoices });
      this.#speakers.set(userId, speaker);
    }
    return speaker;
  }

  #holds(speaker: SpeakerQueue): boolean {
    const holding = this.#holding;
    return holding?.speaker === speaker && !holding.utterance.closed;
  }

  #duck(out: FloorDecision[], userId: UserId): void {
    if (this.#bot === 'speaking' && this.#settings.interruptionMs > 0) out.push(...this.#ducking.begin(userId));
  }

  /** The person stopped: their utterance closes, and their turn ends if they hold the floor. */
  #stop(out: FloorDecision[], userId: UserId, speaker: SpeakerQueue, now: number): void {
    const holds = this.#holds(speaker);
    speaker.close();
    out.push({ type: 'speaking', userId, speaking: false, levelDb: 0 });
    if (holds) this.#end(out, now);
  }

  /** Speech goes on, but in another turn, behind those who wait. */
  #split(out: FloorDecision[], userId: UserId, speaker: SpeakerQueue, now: number): void {
    const holds = this.#holds(speaker);
    speaker.split(now);
    const utterance = speaker.last;
    if (utterance) this.#claims.add({ kind: 'speech', speaker, userId, utterance });
    if (holds) this.#end(out, now);
  }

  /** Gives the floor to whoever has waited longest, as often as it falls free. */
  #advance(out: FloorDecision[], now: number): void {
    while (!this.#holding) {
      // While nobody may cut the bot off, it finishes first. What is typed waits for speech and for the bot.
      if (this.#bot === 'speaking' && this.#settings.interruptionMs === 0) return;
      const claim = this.#claims.take(this.#bot === 'silent');
      if (!claim) return;
      if (claim.kind === 'speech') {
        this.#begin(out, claim, now);
      } else {
        this.#bot = 'preparing';
        out.push(this.#turns.written(claim));
      }
    }
  }

  /** This person cuts the bot off, where that is possible. */
  #cutFor(out: FloorDecision[], userId: UserId, firstVoicedAt: number): void {
    if (!mayInterrupt(this.#settings, this.#bot)) return;
    out.push({ type: 'interrupt', userId, firstVoicedAt });
    this.#bot = 'silent';
    this.#ducking.interrupted();
  }

  /** Whoever has waited too long is answered now; those who go on speaking wait for it, whole. */
  #letWait(out: FloorDecision[], now: number): void {
    // The bot finishes first where it answers, unless somebody was let first already.
    if (!this.#answerable || (this.#bot === 'speaking' && !this.#patience.guards)) return;
    // A sentence is heard out.
    const speaker = this.#holding?.speaker;
    if (speaker?.talking && now - speaker.runStartedAt < SENTENCE_MS) return;
    const speaks = (userId: UserId): boolean => this.#speakers.get(userId)?.talking ?? false;
    const waiting = [...this.#claims.waiting(this.#settings.answers ?? false), ...this.work];
    const first = this.#patience.due(waiting, speaks, now);
    if (!first) return;
    if (first.userId !== null && this.#bot === 'speaking') this.#cutFor(out, first.userId, now);
    const spoke = [...this.#speakers].filter(([, { lastVoicedAt }]) => lastVoicedAt > first.since).map(([id]) => id);
    this.#patience.letFirst(first, spoke, now);
    this.#claims.letFirst(first, speaks);
    const holding = this.#holding;
    if (holding?.speaker.talking) this.#split(out, holding.userId, holding.speaker, now);
    else this.#end(out, now);
    this.#advance(out, now);
  }

  #begin(out: FloorDecision[], claim: SpeechClaim, now: number): void {
    const turn = this.#turns.of(claim.userId);
    const { utterance } = claim;
    const holding = new Holding(turn, claim, { rate: this.#rate, now });
    this.#holding = holding;
    out.push({ type: 'begin', turn, queuedMs: utterance.queuedMs, voicedFrom: utterance.voicedFrom });
    out.push(...holding.stream(now));
    if (utterance.closed) this.#end(out, now);
  }

  #end(out: FloorDecision[], now: number): void {
    const holding = this.#holding;
    if (!holding) return;
    out.push(...holding.stream(now));
    holding.speaker.dropFirst();
    this.#holding = undefined;
    const respond = this.#claims.noneFree;
    if (respond) this.#bot = 'preparing';
    const { totalMs, voicedFrom, voicedUntil } = holding.utterance;
    out.push({ type: 'end', turn: holding.turn, speechMs: totalMs, respond, voicedFrom, voicedUntil });
  }

  /** Of a gap in the holder's sound, the part that was not given out as silence already. */
  #unfilledGap(gapMs: number, now: number): number {
    if (this.#settings.turnDetection === 'manual') return gapMs;
    return this.#holding?.unfilled(gapMs, now) ?? gapMs;
  }
}
