import type { LiveServerContent } from '@google/genai';
import type { Heard, Pcm, ServerWork, SessionEvent, ToolCall, Usage } from '../bridge/ports.ts';
import { GeminiAsked } from './gemini-asked.ts';
import { type Generation, type GenerationOutlets, heardPart, newGeneration } from './gemini-generation.ts';
import { merged } from './turn-ids.ts';

/** Held events of an answer that waits; more than any has. Beyond it the oldest is dropped. */
const HELD_EVENTS = 5_000;
const REMEMBERED = 16;

/**
 * The generations of one Gemini session: which turns each answers (the Live API has no response ids), which of them the
 * bridge gets to know, and what becomes of one that has to give way. Doubt only ever adds turns.
 */
export class GeminiGenerations {
  readonly #out: GenerationOutlets;
  #current: Generation | undefined;
  readonly #finished: Generation[] = [];
  readonly #asked = new GeminiAsked();
  readonly #callOwner = new Map<string, Generation>();
  /** Calls whose results come later, with the turns that they were made for. */
  readonly #later = new Map<string, readonly number[]>();
  readonly #turnsOfCall = new Map<string, readonly number[]>();
  /** The server has something to answer and has not begun to. */
  #awaited = false;
  /** The last turn ended with `respond` false and nobody asked for an answer since. */
  #waits = false;
  /** Nobody is to hear the answer that the server has not begun yet. */
  #passed = false;
  /** A turn is open, or about to be: what the server begins now it will break off. */
  #speaking = false;
  #wanted = false;
  /** Somebody waits for the answer to results that the generation under way may use, or may end without a word. */
  #expected = false;
  #strayCompletes = 0;
  #usage: Usage | null = null;
  #count = 0;
  #cutOff: string | undefined;

  constructor(out: GenerationOutlets) {
    this.#out = out;
  }

  /** A generation that the server works on or will begin. */
  get busy(): boolean {
    return this.#awaited || (this.#current !== undefined && !this.#current.over);
  }

  /** Somebody is about to speak, or speaks: what begins now gives way. Not used where the server draws the turns. */
  turnBegan(): void {
    this.#speaking = true;
    this.#dropHeld();
  }

  /** Who was about to speak took it back, and nobody else is. */
  turnGone(): void {
    this.#speaking = false;
  }

  /** See SpeechSession.pass: nobody is to hear what is held back, or would be. */
  pass(): void {
    this.#passed = this.#awaited && this.#waits;
    this.#dropHeld();
  }

  #dropHeld(): void {
    const current = this.#current;
    if (current?.mode !== 'held') return;
    current.mode = 'dropped';
    for (const event of current.held) {
      if (event.type === 'reply-done' && event.usage) this.#tellUnheard(current, event.usage);
    }
    current.held.length = 0;
    for (const callId of current.waiting) this.#callOwner.delete(callId);
    if (!current.over) return;
    this.#current = undefined;
    this.#noteUnheard(current);
  }

  /** The end was sent. `another`: the next turn already waits to be sent. */
  turnEnded(turnId: number, respond: boolean, another: boolean): void {
    this.#speaking = another;
    this.#owe([turnId]);
    this.#asked.open([turnId]);
    this.#waits = !respond;
    this.#passed = false;
    this.#awaited = true;
  }

  resultSent(callId: string): void {
    const owner = this.#callOwner.get(callId);
    this.#callOwner.delete(callId);
    this.#turnsOfCall.delete(callId);
    if (!owner) return;
    owner.waiting.delete(callId);
    this.#asked.result(owner.turnIds);
    if (owner === this.#current && !owner.over) return;
    this.#owe(owner.turnIds);
    this.#awaited = true;
  }

  /** The result of this call comes later. `beside`: the model goes on by itself and waits for nothing. */
  acknowledged(callId: string, beside: boolean): void {
    const owner = this.#callOwner.get(callId);
    if (!owner) return;
    this.#later.set(callId, this.#turnsOfCall.get(callId) ?? owner.turnIds);
    if (!beside) return;
    this.#callOwner.delete(callId);
    this.#turnsOfCall.delete(callId);
    owner.waiting.delete(callId);
    owner.calls -= 1;
  }

  /** A later result came. Gives the turns behind its call; undefined: it is not wanted. */
  takeLater(callId: string): readonly number[] | undefined {
    const turnIds = this.#later.get(callId);
    this.#later.delete(callId);
    return turnIds;
  }

  /** The model knows of later results of these turns from now on. */
  told(turnIds: readonly number[]): void {
    const told = this.#asked.tell(turnIds);
    this.#out.echo(() => this.#asked.reached(told, !this.busy));
  }

  /** An answer to these turns may come though nothing shows that one will. */
  mayAnswer(turnIds: readonly number[]): void {
    this.#asked.doubt(turnIds);
  }

  /** The model was given something about these turns that it answers by itself. */
  promptedFor(turnIds: readonly number[]): void {
    this.#owe(turnIds);
    this.#awaited = true;
  }

  /** See SpeechSession.respond. */
  respond(): void {
    if (this.#passed) {
      // Not what the server is about to say: it is asked anew then.
      this.#wanted = true;
      return;
    }
    this.#waits = false;
    const current = this.#current;
    if (current?.mode === 'held') {
      this.#release(current);
      return;
    }
    if (this.busy) {
      this.#wanted = this.#asked.anyUnanswered && !this.#awaited;
      if (this.#wanted || this.#awaited) return;
      // The reply under way covers it: without a word, nobody would know that none follows.
      if (this.#asked.resultTurns.length === 0) this.#nothing();
      else this.#expected = true;
      return;
    }
    this.#awaited = this.#asked.anyUnanswered;
    if (!this.#awaited) {
      this.#nothing();
      return;
    }
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
    const replies = under ? [...this.#finished, under] : this.#finished;
    const cut = replies.filter((one) => one === under || heard.some(({ replyId }) => replyId === one.replyId));
    for (const one of cut) {
      const items = heard.find(({ replyId }) => replyId === one.replyId)?.items ?? [];
      const heardMs = items.reduce((sum, item) => sum + item.heardMs, 0);
      if (heardMs <= 0) this.#asked.open(one.turnIds);
      this.#cutOff = heardPart(one, heardMs) ?? this.#cutOff;
    }
  }

  /** What the model should be told of its last answer, once: the part of it that was heard. */
  takeCutOff(): string | undefined {
    if (this.#current?.mode === 'dropped') this.#noteUnheard(this.#current);
    const text = this.#cutOff;
    this.#cutOff = undefined;
    return text;
  }

  /** Whether a turnComplete now would be an answer of silence that no ended turn and no tool result asked for. */
  get completesUnasked(): boolean {
    return (!this.#current || this.#current.over) && !this.#awaited && this.#strayCompletes === 0;
  }

  /** Whether an output now would begin an answer that no ended turn and no tool result asked for. */
  get beginsUnasked(): boolean {
    const current = this.#current;
    return (!current || current.over || current.interrupted) && !this.#awaited;
  }

  /** `base64`: sound, 24 kHz. */
  sound(base64: string, also: readonly number[]): void {
    const current = this.#output(also, true);
    const pcm: Pcm = current.decoder.decode(base64);
    if (pcm.length === 0) return;
    current.samples += pcm.length;
    const itemId = `${current.replyId}.0`;
    this.#tell(current, { type: 'audio', replyId: current.replyId, itemId, pcm });
  }

  said(delta: string, also: readonly number[]): void {
    const current = this.#output(also, false);
    current.said += delta;
    this.#tell(current, { type: 'reply-transcript', replyId: current.replyId, delta });
  }

  /** One of Google's own tools did something. */
  worked(work: ServerWork, also: readonly number[]): void {
    const current = this.#output(also, true);
    this.#tell(current, { type: 'server-tool', replyId: current.replyId, work });
  }

  /** Sources of the answer under way, or of the one just given: it begins none. */
  grounded(content: LiveServerContent): void {
    const current = this.#current ?? this.#finished.at(-1);
    const work = current?.work.sourcesIn(content);
    if (!current || !work) return;
    if (current === this.#current) this.#tell(current, { type: 'server-tool', replyId: current.replyId, work });
    else if (current.announced) this.#out.emit({ type: 'server-tool', replyId: current.replyId, work });
  }

  toolCall(call: Pick<ToolCall, 'callId' | 'name' | 'arguments'>, also: readonly number[]): void {
    const current = this.#output(also, true);
    if (current.mode === 'dropped') return;
    current.calls += 1;
    current.waiting.add(call.callId);
    this.#callOwner.set(call.callId, current);
    // A result that came in meanwhile may be what it acts on.
    const turnIds = merged(current.turnIds, this.#asked.resultTurns);
    this.#turnsOfCall.set(call.callId, turnIds);
    this.#tell(current, { type: 'tool-call', call: { ...call, replyId: current.replyId, turnIds } });
  }

  /** Whether a result for this call is still wanted. */
  wants(callId: string): boolean {
    return this.#callOwner.has(callId) || this.#later.has(callId);
  }

  cancelled(callIds: readonly string[]): void {
    const known = callIds.filter((callId) => this.wants(callId));
    for (const callId of known) {
      this.#later.delete(callId);
      this.#turnsOfCall.delete(callId);
      this.#callOwner.get(callId)?.waiting.delete(callId);
      this.#callOwner.delete(callId);
    }
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
    this.#tell(current, { type: 'audio-done', replyId: current.replyId });
  }

  /** Always passed on: it may come when everything was already generated and is only playing. */
  interrupted(): void {
    this.#out.emit({ type: 'interrupted' });
    const current = this.#current;
    if (current && !current.over) current.interrupted = true;
    // A generation that had not begun is broken off too, and its turnComplete follows.
    else this.#strayCompletes = 1;
  }

  /** `also`: turns that this answer may belong to, though they are not ended. */
  turnComplete(also: readonly number[]): void {
    const { owed } = this.#asked;
    this.#complete(also);
    // Only what was owed before: another answer may have been asked for right now.
    if (owed > 0) this.#asked.given();
    this.#asked.completed();
  }

  #complete(also: readonly number[]): void {
    const current = this.#current;
    if (current && !current.over) this.#finish(current);
    else if (this.#strayCompletes > 0) this.#strayCompletes -= 1;
    // An answer of silence.
    else if (this.#awaited && !this.#speaking) this.#finish(this.#begin(also));
  }

  /** Nothing came after `interrupted`: it is over. */
  giveUpWaiting(): void {
    const current = this.#current;
    if (!current?.interrupted || current.over) return;
    this.#strayCompletes = 1;
    this.#finish(current);
  }

  /** The generation that an output belongs to; begins one where none is under way. */
  #output(also: readonly number[], counts: boolean): Generation {
    const current = this.#current;
    if (!current || current.over) return this.#begin(also);
    if (current.interrupted) {
      this.#strayCompletes = 0;
      this.#finish(current);
      return this.#begin(also);
    }
    // What nobody is to hear ends with generationComplete at the latest: what follows is something new.
    const renewed = current.mode === 'dropped' && current.soundEnded && counts && !this.#speaking;
    if (!renewed && !this.#goesOn(current)) return current;
    this.#finish(current);
    return this.#begin(also);
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
    const generation = newGeneration(`reply-${++this.#count}`, turnIds, doubtful, mode);
    this.#current = generation;
    this.#awaited = false;
    this.#expected = false;
    if (generation.mode === 'live') this.#announce(generation);
    return generation;
  }

  #announce(generation: Generation): void {
    generation.announced = true;
    this.#asked.answered(generation);
    this.#out.emit({ type: 'reply-started', replyId: generation.replyId, turnIds: generation.turnIds });
  }

  #release(generation: Generation): void {
    generation.mode = 'live';
    this.#announce(generation);
    for (const event of generation.held.splice(0)) this.#out.emit(event);
    if (generation.over) this.#current = undefined;
  }

  #tell(generation: Generation, event: SessionEvent): void {
    const { mode, held, announced } = generation;
    if (mode === 'live' || (mode === 'dropped' && announced && event.type === 'reply-done')) this.#out.emit(event);
    if (mode === 'held' && held.push(event) > HELD_EVENTS) held.shift();
  }

  #tellUnheard({ replyId, turnIds }: Generation, usage: Usage): void {
    this.#out.emit({ type: 'unheard-usage', replyId, turnIds, usage });
  }

  #finish(generation: Generation): void {
    if (!generation.interrupted) this.generated();
    const usage = this.#usage;
    this.#usage = null;
    generation.over = true;
    const cut = generation.interrupted || generation.mode === 'dropped';
    const status = cut ? 'cancelled' : 'completed';
    const awaitsTools = generation.calls > 0;
    this.#tell(generation, { type: 'reply-done', replyId: generation.replyId, status, awaitsTools, usage });
    if (generation.mode === 'dropped' && !generation.announced && usage) this.#tellUnheard(generation, usage);
    // What waits to be asked for stays.
    if (generation.mode === 'held') return;
    this.#current = undefined;
    this.#noteUnheard(generation);
    this.#finished.push(generation);
    if (this.#finished.length > REMEMBERED) this.#finished.shift();
    if (this.#expected) {
      this.#expected = false;
      this.#nothing();
    }
    if (!this.#wanted || this.#speaking || this.#awaited) return;
    this.#wanted = false;
    this.respond();
  }

  /** Nothing is open: says so as a reply that ends at once. */
  #nothing(): void {
    const replyId = `reply-${++this.#count}`;
    this.#out.emit({ type: 'reply-done', replyId, status: 'completed', awaitsTools: false, usage: null });
  }

  /** The model believes to have said it; nobody was even told that it began. */
  #noteUnheard(generation: Generation): void {
    if (generation.mode !== 'dropped' || generation.announced || generation.said === '') return;
    this.#cutOff = '';
    generation.said = '';
  }
}
