import type { LiveServerContent } from '@google/genai';
import type { Heard } from '../../../ports/model.ts';
import type { ServerWork, ToolCall } from '../../../ports/tool-calls.ts';
import type { Usage } from '../../../ports/usage.ts';
import type { Pcm } from '../../../ports/voice.ts';
import { merged } from '../../connection/turn-ids.ts';
import { GeminiCallOwners } from '../calls/call-owners.ts';
import { GeminiTeller } from '../teller.ts';
import { GeminiAwaited } from './awaited.ts';
import { GeminiCutOff } from './cut-off.ts';
import { endLimit, type Generation, type GenerationOutlets, newGeneration, playedOutAt } from './generation.ts';
import { GeminiPendingAnswers } from './pending-answers.ts';

/** Of an answer that streams no two messages are that far apart: behind such a gap, something new begins. */
const GAP_MS = 500;
/** A call that comes so soon behind the end of another answer may be that one's: nobody's rights but what all share. */
const LATE_CALL_MS = 1_500;
/** An answer that paused for so long and was not ended is not the one that goes on behind somebody else's turn. */
const LONG_GAP_MS = 2_000;

/**
 * The generations of one Gemini session: which turns each answers (the Live API has no response ids), which of them the
 * bridge gets to know, and what becomes of one that has to give way. Doubt only ever adds turns.
 */
export class GeminiReplies {
  readonly #out: GenerationOutlets;
  readonly #teller: GeminiTeller;
  #current: Generation | undefined;
  readonly #cutOff = new GeminiCutOff();
  readonly #asked = new GeminiPendingAnswers();
  readonly #calls = new GeminiCallOwners();
  readonly #awaited = new GeminiAwaited();
  /** The last turn ended with `respond` false and nobody asked for an answer since. */
  #waits = false;
  /** Nobody is to hear the answer that the server has not begun yet. */
  #passed = false;
  /** A turn is open, or about to be: what the server begins now it will break off. */
  #speaking = false;
  #wanted = false;
  /** Somebody waits for the answer to results that the generation under way may use, or may end without a word. */
  #expected = false;
  /** Sound or a call was seen to come behind the end of an answer. */
  #trails = false;
  #strayCompletes = 0;
  /** Ends of answers that were taken for ended: they may come after all. */
  #lateEnds = 0;
  #usage: Usage | null = null;

  constructor(out: GenerationOutlets) {
    this.#out = out;
    this.#teller = new GeminiTeller((event) => out.emit(event));
  }

  /** A generation that the server works on or will begin. */
  get busy(): boolean {
    return this.#awaited.is || (this.#current !== undefined && !this.#current.over);
  }

  /** Somebody is about to speak, or speaks: what begins now gives way. Not used where the server draws the turns. */
  turnBegan(): void {
    this.#speaking = true;
    this.#dropHeld();
    // No end of it is to come.
    if (this.#current?.trailing && !this.#current.over) this.#finish(this.#current);
  }

  /** Who was about to speak took it back, and nobody else is. */
  turnGone(): void {
    this.#speaking = false;
  }

  /** See SpeechSession.pass: nobody is to hear what is held back, or would be. */
  pass(): void {
    this.#passed = this.#awaited.is && this.#waits;
    this.#dropHeld();
  }

  #dropHeld(): void {
    const current = this.#current;
    if (current?.mode !== 'held') return;
    this.#teller.drop(current);
    this.#calls.forget(current);
    if (!current.over) return;
    this.#current = undefined;
    this.#cutOff.noteUnheard(current);
  }

  /**
   * The end was sent. `another`: the next turn already waits to be sent. `mayBeSilent`: the model chooses whether it
   * answers. What came before is over, whether or not its end ever comes.
   */
  turnEnded(turnId: number, respond: boolean, another: boolean, mayBeSilent = false): void {
    this.#speaking = another;
    this.#owe([turnId]);
    this.#asked.open([turnId]);
    this.#waits = !respond;
    this.#passed = false;
    this.#await(respond && !mayBeSilent);
    const current = this.#current;
    if (!current || current.over) return;
    current.superseded = true;
    // One whose calls are under way is broken off by the service, and that is told.
    if (current.waiting.size > 0) return;
    if (current.soundEnded || this.#idleMs(current) >= GAP_MS) this.#finishWithoutEnd(current);
  }

  #await(wanted: boolean): void {
    this.#awaited.begin(this.#out.now(), wanted);
  }

  resultSent(callId: string): void {
    const { generation: owner, turnIds = [] } = this.#calls.answered(callId) ?? {};
    if (!owner) return;
    owner.lastAt = this.#out.now();
    this.#asked.result(turnIds);
    if (owner === this.#current && !owner.over) return;
    this.#owe(turnIds);
    this.#await(true);
  }

  /** The result of this call comes later. `beside`: the model goes on by itself and waits for nothing. */
  acknowledged(callId: string, beside: boolean): void {
    this.#calls.acknowledged(callId, beside);
  }

  /** The server took this call back, and it goes on: its result comes later. False: it is not known as one that is waited for. */
  detach(callId: string): boolean {
    return this.#calls.detach(callId);
  }

  /** A later result came. Gives the turns behind its call; undefined: it is not wanted. */
  takeLater(callId: string): readonly number[] | undefined {
    return this.#calls.takeLater(callId);
  }

  /** The model knows of later results of these turns from now on. */
  told(turnIds: readonly number[]): void {
    const told = this.#asked.tell(turnIds, !this.busy);
    this.#out.echo(() => this.#asked.reached(told, !this.busy));
  }

  /** An answer to these turns may come though nothing shows that one will. */
  mayAnswer(turnIds: readonly number[]): void {
    this.#asked.doubt(turnIds);
  }

  /** The model was given something about these turns that it answers by itself. */
  promptedFor(turnIds: readonly number[]): void {
    this.#owe(turnIds);
    this.#await(false);
  }

  /** See SpeechSession.respond. */
  respond(): void {
    if (this.#passed) {
      // Not what the server is about to say: it is asked anew then.
      this.#wanted = true;
      return;
    }
    this.#waits = false;
    this.#awaited.want();
    const current = this.#current;
    if (current?.mode === 'held') {
      this.#release(current);
      return;
    }
    if (this.busy) {
      this.#wanted = this.#asked.anyUnanswered && !this.#awaited.is;
      if (this.#wanted || this.#awaited.is) return;
      // The reply under way covers it: without a word, nobody would know that none follows.
      if (this.#asked.resultTurns.length === 0) this.#teller.nothing();
      else this.#expected = true;
      return;
    }
    if (!this.#asked.anyUnanswered) {
      this.#teller.nothing();
      return;
    }
    this.#await(true);
    this.#asked.oweAgain();
    this.#out.nudge();
  }

  /** See SpeechSession.interrupt. `known`: the newest reply that the bridge knows of; it can mean no other. */
  interrupt(heard: readonly Heard[], known: string | undefined): void {
    this.#wanted = false;
    const current = this.#current;
    const under = current?.mode === 'live' && current.replyId === known ? current : undefined;
    if (under) {
      under.mode = 'dropped';
      this.#out.mute(under.replyId);
    }
    this.#cutOff.cut(heard, under, ({ turnIds }) => this.#asked.open(turnIds));
  }

  /** What the model should be told of its last answer, once: the part of it that was heard. */
  takeCutOff(): string | undefined {
    if (this.#current) this.#cutOff.noteUnheard(this.#current);
    return this.#cutOff.take();
  }

  /** Whether a turnComplete now would be an answer of silence that no ended turn and no tool result asked for. */
  get completesUnasked(): boolean {
    return (!this.#current || this.#current.over) && !this.#awaited.is && this.#strayCompletes + this.#lateEnds === 0;
  }

  /** Whether an output now would begin an answer that no ended turn and no tool result asked for. */
  get beginsUnasked(): boolean {
    const current = this.#current;
    return (!current || current.over || current.interrupted) && !this.#awaited.is;
  }

  /** `base64`: sound, 24 kHz. */
  sound(base64: string, also: readonly number[]): void {
    const current = this.#output(also, true);
    const pcm: Pcm = current.decoder.decode(base64);
    if (pcm.length === 0) return;
    if (current.samples === 0) current.soundFrom = current.lastAt;
    current.samples += pcm.length;
    const itemId = `${current.replyId}.0`;
    this.#teller.tell(current, { type: 'audio', replyId: current.replyId, itemId, pcm });
  }

  said(delta: string, also: readonly number[]): void {
    const { last } = this.#cutOff;
    if ((!this.#current || this.#current.over) && !this.#isOwed(also)) {
      // Behind its end they are the last words of it (pipecat-ai/pipecat#4148).
      if (!this.#speaking && !this.#current && last?.mode === 'live')
        this.#out.emit({ type: 'reply-transcript', replyId: last.replyId, delta });
      return;
    }
    const current = this.#output(also, false);
    current.said += delta;
    this.#teller.tell(current, { type: 'reply-transcript', replyId: current.replyId, delta });
  }

  /** One of Google's own tools did something. */
  worked(work: ServerWork, also: readonly number[]): void {
    const current = this.#output(also, true);
    current.works = true;
    this.#teller.tell(current, { type: 'server-tool', replyId: current.replyId, work });
  }

  /** Sources of the answer under way, or of the one just given: it begins none. */
  grounded(content: LiveServerContent): void {
    const current = this.#current ?? this.#cutOff.last;
    const work = current?.work.sourcesIn(content);
    if (!current || !work) return;
    if (current === this.#current) this.#teller.tell(current, { type: 'server-tool', replyId: current.replyId, work });
    else if (current.announced) this.#out.emit({ type: 'server-tool', replyId: current.replyId, work });
  }

  toolCall(call: Pick<ToolCall, 'callId' | 'name' | 'arguments'>, also: readonly number[]): void {
    const current = this.#output(also, true);
    this.#calls.seen(call.callId);
    if (current.mode === 'dropped') return;
    // A result that came in meanwhile may be what it acts on. It may also be a late call of an answer that just ended:
    // nobody speaks as fast as that; but it is no late one behind other work of this answer.
    const asked = merged(current.turnIds, this.#asked.resultTurns);
    const lateMs = current.works && !this.#trails ? 0 : LATE_CALL_MS;
    const turnIds = lateMs > 0 ? merged(asked, this.#cutOff.since(this.#out.now() - lateMs)) : asked;
    this.#calls.made(call.callId, current, turnIds);
    this.#teller.tell(current, { type: 'tool-call', call: { ...call, replyId: current.replyId, turnIds } });
  }

  /** Whether this call came before: it is not made once more. */
  knows(callId: string): boolean {
    return this.#calls.knows(callId);
  }

  /** Whether a result for this call is still wanted. */
  wants(callId: string): boolean {
    return this.#calls.wants(callId);
  }

  cancelled(callIds: readonly string[]): void {
    const known = this.#calls.cancelled(callIds);
    if (known.length > 0) this.#out.emit({ type: 'tool-cancelled', callIds: known });
  }

  usage(usage: Usage): void {
    this.#usage = usage;
  }

  /** No more sound comes of the generation under way. */
  generated(): void {
    const current = this.#current;
    if (!current || current.over || current.soundEnded) return;
    current.soundEnded = true;
    current.lastAt = this.#out.now();
    this.#teller.tell(current, { type: 'audio-done', replyId: current.replyId });
  }

  /** Always passed on: it may come when everything was already generated and is only playing. */
  interrupted(): void {
    this.#out.emit({ type: 'interrupted' });
    const current = this.#current;
    if (current && !current.over) {
      current.interrupted = true;
      current.lastAt = this.#out.now();
    }
    // A generation that had not begun is broken off too, and its turnComplete follows.
    else if (this.#lateEnds === 0) this.#strayCompletes = 1;
  }

  /**
   * `also`: turns that this answer may belong to, though they are not ended. `goesOn`: the server works on what it answers,
   * and more replies to it may follow (interactionStatus): the next one counts for these turns as well.
   */
  turnComplete(also: readonly number[], goesOn = false): void {
    const { owed } = this.#asked;
    if ((!this.#current || this.#current.over) && this.#lateEnds > 0) {
      this.#lateEnds -= 1;
      this.#asked.completed();
      return;
    }
    const under = this.#current;
    this.#complete(also);
    if (goesOn) {
      this.#await(false);
      this.#asked.doubt(under?.turnIds ?? this.#cutOff.last?.turnIds ?? []);
      this.#asked.completed();
      return;
    }
    // Only what was owed before: another answer may have been asked for right now.
    if (owed > 0) this.#asked.given();
    this.#asked.completed();
  }

  #complete(also: readonly number[]): void {
    const current = this.#current;
    if (current && !current.over) this.#finish(current);
    else if (this.#strayCompletes > 0) this.#strayCompletes -= 1;
    // An answer of silence.
    else if (this.#awaited.is && !this.#speaking) this.#finish(this.#begin(also));
  }

  /** When expire() has something to do; undefined: nothing is waited for. */
  get deadline(): number | undefined {
    const current = this.#current;
    if (current && !current.over) return endLimit(current);
    return this.#speaking ? undefined : this.#awaited.deadline;
  }

  /** What was waited for long enough is freed: an answer without an end ends, one that does not begin is asked for. */
  expire(): void {
    const { deadline } = this;
    if (deadline === undefined || this.#out.now() < deadline) return;
    const current = this.#current;
    if (current && !current.over) {
      const results = this.#asked.resultTurns.length > 0;
      this.#finishWithoutEnd(current);
      if (results && !this.#awaited.is) this.#await(true);
      return;
    }
    const overdue = this.#asked.anyUnanswered || this.#asked.resultTurns.length > 0 ? this.#awaited.expire() : 'free';
    if (overdue === 'free') this.#awaited.end();
    else if (overdue === 'give-up') this.#out.unanswered();
    else {
      this.#asked.oweAgain();
      this.#out.nudge();
    }
  }

  #idleMs({ lastAt }: Generation): number {
    return this.#out.now() - lastAt;
  }

  /** The generation that an output belongs to; begins one where none is under way. */
  #output(also: readonly number[], counts: boolean): Generation {
    const generation = this.#generationOf(also, counts);
    generation.lastAt = this.#out.now();
    return generation;
  }

  #generationOf(also: readonly number[], counts: boolean): Generation {
    const current = this.#current;
    if (!current || current.over) return this.#isOwed(also) ? this.#begin(also) : this.#trail();
    if (current.interrupted) {
      // What still comes of it while somebody speaks is nobody's, and no new answer.
      if (this.#speaking && !this.#awaited.is) return this.#unheard(current.turnIds);
      this.#strayCompletes = 0;
      this.#finish(current);
      return this.#isOwed(also) ? this.#begin(also) : this.#trail();
    }
    // What nobody is to hear ends with generationComplete at the latest: what follows is something new.
    const renewed = current.mode === 'dropped' && current.soundEnded && counts && !this.#speaking;
    if (renewed || this.#goesOn(current)) {
      this.#finish(current);
      return this.#begin(also);
    }
    const idleMs = this.#idleMs(current);
    const over = current.soundEnded || idleMs >= GAP_MS;
    if (!current.superseded || this.#speaking || !over) return current;
    // A turn ended since, and the end of this never came. Where it only paused, it may be what goes on.
    const apart = current.soundEnded || current.mode === 'dropped' || idleMs >= LONG_GAP_MS;
    const doubted = apart ? [] : current.turnIds;
    this.#finishWithoutEnd(current);
    return this.#begin(merged(also, doubted));
  }

  /** Whether what comes now is an answer that the server owes, and not the rest of one. */
  #isOwed(also: readonly number[]): boolean {
    const isHeld = this.#current?.mode === 'held';
    return this.#awaited.is || also.length > 0 || (this.#asked.owed > 0 && !isHeld);
  }

  /**
   * Behind the end of an answer, owed by nobody: it belongs to what just ended (livekit/agents#7195), or to nobody where
   * that is not to be heard, or somebody speaks.
   */
  #trail(): Generation {
    const last = this.#current ?? this.#cutOff.last;
    this.#trails ||= last !== undefined;
    const turnIds = merged(this.#asked.all([]).turnIds, last?.turnIds ?? []);
    if (this.#speaking || (last && last.mode !== 'live')) return this.#unheard(turnIds);
    const generation = newGeneration(this.#teller.nextId(), turnIds, [], 'live', this.#out.now(), true);
    this.#current = generation;
    this.#announce(generation);
    return generation;
  }

  /** One that is nobody's, and stands in the way of none. */
  #unheard(turnIds: readonly number[]): Generation {
    return newGeneration('', turnIds, [], 'dropped', this.#out.now(), true);
  }

  /** Its end may still come; it then ends nothing else. */
  #finishWithoutEnd(generation: Generation): void {
    if (!generation.trailing) {
      this.#lateEnds = 1;
      this.#asked.given();
    }
    // The server may have ended it as late as this: it waits until all is played.
    this.#finish(generation, playedOutAt(generation));
  }

  /** To be called when what the server is to answer is on the line already. */
  #owe(turnIds: readonly number[]): void {
    const owe = this.#asked.owe(turnIds, this.#out.caughtUpTo(), this.busy);
    this.#out.echo((now) => this.#asked.known(owe, now));
  }

  /** All its calls have results: what comes now is the answer that uses them. */
  #goesOn(current: Generation): boolean {
    return current.calls > 0 && current.waiting.size === 0 && this.#asked.resultTurns.length > 0 && !current.over;
  }

  #begin(also: readonly number[]): Generation {
    const { turnIds, doubtful } = this.#asked.all(also);
    const mode = this.#speaking || this.#passed ? 'dropped' : this.#waits ? 'held' : 'live';
    this.#passed = false;
    const generation = newGeneration(this.#teller.nextId(), turnIds, doubtful, mode, this.#out.now());
    this.#current = generation;
    this.#lateEnds = 0;
    this.#awaited.end();
    this.#expected = false;
    if (generation.mode === 'live') this.#announce(generation);
    return generation;
  }

  #announce(generation: Generation): void {
    this.#asked.answered(generation);
    this.#teller.announce(generation);
  }

  #release(generation: Generation): void {
    this.#asked.answered(generation);
    this.#teller.release(generation);
    if (generation.over) this.#current = undefined;
  }

  /** `endedAt`: when it surely was over. */
  #finish(generation: Generation, endedAt = this.#out.now()): void {
    if (!generation.interrupted) this.generated();
    const usage = this.#usage;
    this.#usage = null;
    generation.over = true;
    this.#teller.done(generation, usage);
    // What waits to be asked for stays.
    if (generation.mode === 'held') return;
    this.#current = undefined;
    this.#cutOff.noteUnheard(generation);
    this.#cutOff.finished(generation, endedAt);
    if (this.#expected) {
      this.#expected = false;
      this.#teller.nothing();
    }
    if (!this.#wanted || this.#speaking || this.#awaited.is) return;
    this.#wanted = false;
    this.respond();
  }
}
