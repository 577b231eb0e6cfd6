import type { LiveServerContent } from '@google/genai';
import type { Heard } from '../../../ports/model.ts';
import type { ServerWork, ToolCall } from '../../../ports/tool-calls.ts';
import type { Usage } from '../../../ports/usage.ts';
import type { Pcm } from '../../../ports/voice.ts';
import { merged } from '../../connection/turn-ids.ts';
import { GeminiCallOwners } from '../calls/call-owners.ts';
import { GeminiTeller } from '../teller.ts';
import type { GenerationOutlets } from './generation.ts';
import { GeminiGenerations } from './generations.ts';
import { GeminiNextAnswer } from './next-answer.ts';

/** A call that comes so soon behind the end of another answer may be that one's: nobody's rights but what all share. */
const LATE_CALL_MS = 1_500;

/**
 * The generations of one Gemini session: which turns each answers (the Live API has no response ids), which of them the
 * bridge gets to know, and what becomes of one that has to give way. Doubt only ever adds turns.
 */
export class GeminiReplies {
  readonly #out: GenerationOutlets;
  readonly #teller: GeminiTeller;
  readonly #calls = new GeminiCallOwners();
  readonly #next: GeminiNextAnswer;
  readonly #generations: GeminiGenerations;

  constructor(out: GenerationOutlets) {
    this.#out = out;
    this.#teller = new GeminiTeller((event) => out.emit(event));
    this.#next = new GeminiNextAnswer(out);
    this.#generations = new GeminiGenerations({
      out,
      teller: this.#teller,
      calls: this.#calls,
      next: this.#next,
      askAgain: () => this.respond(),
    });
  }

  /** A generation that the server works on or will begin. */
  get busy(): boolean {
    return this.#generations.busy;
  }

  /** Somebody is about to speak, or speaks: what begins now gives way. Not used where the server draws the turns. */
  turnBegan(): void {
    this.#next.turnBegan();
    this.#generations.dropHeld();
    this.#generations.endTrailing();
  }

  /** Who was about to speak took it back, and nobody else is. */
  turnGone(): void {
    this.#next.turnGone();
  }

  /** See SpeechSession.pass: nobody is to hear what is held back, or would be. */
  pass(): void {
    this.#next.pass();
    this.#generations.dropHeld();
  }

  /**
   * The end was sent. `another`: the next turn already waits to be sent. `mayBeSilent`: the model chooses whether it
   * answers. What came before is over, whether or not its end ever comes.
   */
  turnEnded(turnId: number, respond: boolean, another: boolean, mayBeSilent = false): void {
    this.#next.turnEnded(respond, another);
    this.#next.owe([turnId], this.busy);
    this.#next.pending.open([turnId]);
    this.#next.await(respond && !mayBeSilent);
    this.#generations.supersede();
  }

  resultSent(callId: string): void {
    const { generation: owner, turnIds = [] } = this.#calls.answered(callId) ?? {};
    if (!owner) return;
    owner.lastAt = this.#out.now();
    this.#next.pending.result(turnIds);
    if (owner === this.#generations.underWay) return;
    this.#next.owe(turnIds, this.busy);
    this.#next.await(true);
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
    const told = this.#next.pending.tell(turnIds, !this.busy);
    this.#out.echo(() => this.#next.pending.reached(told, !this.busy));
  }

  /** An answer to these turns may come though nothing shows that one will. */
  mayAnswer(turnIds: readonly number[]): void {
    this.#next.pending.doubt(turnIds);
  }

  /** The model was given something about these turns that it answers by itself. */
  promptedFor(turnIds: readonly number[]): void {
    this.#next.owe(turnIds, this.busy);
    this.#next.await(false);
  }

  /** See SpeechSession.respond. */
  respond(): void {
    const { pending, awaited } = this.#next;
    if (this.#next.isDropped) {
      // Not what the server is about to say: it is asked anew then.
      this.#next.askAgainAfter = true;
      return;
    }
    this.#next.want();
    const { current } = this.#generations;
    if (current?.mode === 'held') {
      this.#generations.release(current);
      return;
    }
    if (this.busy) {
      this.#next.askAgainAfter = pending.anyUnanswered && !awaited.is;
      if (this.#next.askAgainAfter || awaited.is) return;
      // The reply under way covers it: without a word, nobody would know that none follows.
      if (pending.resultTurns.length === 0) this.#teller.nothing();
      else this.#next.owesAnEnd = true;
      return;
    }
    if (!pending.anyUnanswered) {
      this.#teller.nothing();
      return;
    }
    this.#next.await(true);
    pending.oweAgain();
    this.#out.nudge();
  }

  /** See SpeechSession.interrupt. `known`: the newest reply that the bridge knows of; it can mean no other. */
  interrupt(heard: readonly Heard[], known: string | undefined): void {
    this.#next.askAgainAfter = false;
    const { current, cutOff } = this.#generations;
    const under = current?.mode === 'live' && current.replyId === known ? current : undefined;
    if (under) {
      under.mode = 'dropped';
      this.#out.mute(under.replyId);
    }
    cutOff.cut(heard, under, ({ turnIds }) => this.#next.pending.open(turnIds));
  }

  /** What the model should be told of its last answer, once: the part of it that was heard. */
  takeCutOff(): string | undefined {
    const { current, cutOff } = this.#generations;
    if (current) cutOff.noteUnheard(current);
    return cutOff.take();
  }

  /** Whether a turnComplete now would be an answer of silence that no ended turn and no tool result asked for. */
  get completesUnasked(): boolean {
    return this.#generations.completesUnasked;
  }

  /** Whether an output now would begin an answer that no ended turn and no tool result asked for. */
  get beginsUnasked(): boolean {
    return this.#generations.beginsUnasked;
  }

  /** `base64`: sound, 24 kHz. */
  sound(base64: string, also: readonly number[]): void {
    const current = this.#generations.output(also, true);
    const pcm: Pcm = current.decoder.decode(base64);
    if (pcm.length === 0) return;
    if (current.samples === 0) current.soundFrom = current.lastAt;
    current.samples += pcm.length;
    const itemId = `${current.replyId}.0`;
    this.#teller.tell(current, { type: 'audio', replyId: current.replyId, itemId, pcm });
  }

  said(delta: string, also: readonly number[]): void {
    const { last } = this.#generations.cutOff;
    if (!this.#generations.underWay && !this.#generations.isOwed(also)) {
      // Behind its end they are the last words of it (pipecat-ai/pipecat#4148).
      if (!this.#next.turnIsOpen && !this.#generations.current && last?.mode === 'live')
        this.#out.emit({ type: 'reply-transcript', replyId: last.replyId, delta });
      return;
    }
    const current = this.#generations.output(also, false);
    current.said += delta;
    this.#teller.tell(current, { type: 'reply-transcript', replyId: current.replyId, delta });
  }

  /** One of Google's own tools did something. */
  worked(work: ServerWork, also: readonly number[]): void {
    const current = this.#generations.output(also, true);
    current.works = true;
    this.#teller.tell(current, { type: 'server-tool', replyId: current.replyId, work });
  }

  /** Sources of the answer under way, or of the one just given: it begins none. */
  grounded(content: LiveServerContent): void {
    const { current: open, cutOff } = this.#generations;
    const current = open ?? cutOff.last;
    const work = current?.work.sourcesIn(content);
    if (!current || !work) return;
    if (current === open) this.#teller.tell(current, { type: 'server-tool', replyId: current.replyId, work });
    else if (current.announced) this.#out.emit({ type: 'server-tool', replyId: current.replyId, work });
  }

  toolCall(call: Pick<ToolCall, 'callId' | 'name' | 'arguments'>, also: readonly number[]): void {
    const current = this.#generations.output(also, true);
    this.#calls.seen(call.callId);
    if (current.mode === 'dropped') return;
    // A result that came in meanwhile may be what it acts on. It may also be a late call of an answer that just ended:
    // nobody speaks as fast as that; but it is no late one behind other work of this answer.
    const asked = merged(current.turnIds, this.#next.pending.resultTurns);
    const lateMs = current.works && !this.#generations.trails ? 0 : LATE_CALL_MS;
    const turnIds = lateMs > 0 ? merged(asked, this.#generations.cutOff.since(this.#out.now() - lateMs)) : asked;
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

  /** What the generation under way used. */
  usage(usage: Usage): void {
    this.#generations.usage(usage);
  }

  /** No more sound comes of the generation under way. */
  generated(): void {
    this.#generations.generated();
  }

  /** The server broke off what it was at. */
  interrupted(): void {
    this.#generations.interrupted();
  }

  /** See GeminiGenerations.turnComplete. */
  turnComplete(also: readonly number[], goesOn = false): void {
    this.#generations.turnComplete(also, goesOn);
  }

  /** When expire() has something to do; undefined: nothing is waited for. */
  get deadline(): number | undefined {
    if (this.#generations.underWay) return this.#generations.endLimit;
    return this.#next.turnIsOpen ? undefined : this.#next.awaited.deadline;
  }

  /** What was waited for long enough is freed: an answer without an end ends, one that does not begin is asked for. */
  expire(): void {
    const { deadline } = this;
    if (deadline === undefined || this.#out.now() < deadline) return;
    const { pending, awaited } = this.#next;
    const { underWay } = this.#generations;
    if (underWay) {
      const results = pending.resultTurns.length > 0;
      this.#generations.finishWithoutEnd(underWay);
      if (results && !awaited.is) this.#next.await(true);
      return;
    }
    const overdue = pending.anyUnanswered || pending.resultTurns.length > 0 ? awaited.expire() : 'free';
    if (overdue === 'free') awaited.end();
    else if (overdue === 'give-up') this.#out.unanswered();
    else {
      pending.oweAgain();
      this.#out.nudge();
    }
  }
}
