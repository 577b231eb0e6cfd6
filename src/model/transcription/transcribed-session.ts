import type { KeptWords, SessionOptions } from '../../ports/capabilities.ts';
import type { DurableSession, Heard, SessionEvent, SpeechModel } from '../../ports/model.ts';
import type { Acknowledged, ToolResult } from '../../ports/tool-calls.ts';
import type { Pcm, PcmRate, Turn, UserId } from '../../ports/voice.ts';
import type { ModelLog } from '../connection/model-socket.ts';
import { EventMerger } from '../durable/event-merger.ts';
import type { RetryPolicy } from '../durable/retry-policy.ts';
import { ParallelTranscriber } from './parallel-transcriber.ts';

/** The session that answers, and the transcriber beside it. */
export interface TranscribedSessionDeps {
  readonly session: DurableSession;
  /** The one that the session was opened with. */
  readonly model: SpeechModel;
  readonly options: SessionOptions;
  /** The one that writes down beside models whose own transcripts depend on their answers. */
  readonly transcriber: SpeechModel;
  readonly log: ModelLog;
  readonly patience: RetryPolicy;
}

type Transcript = SessionEvent & { readonly type: 'turn-transcript' };

/** Whose words of a turn count. */
interface Written {
  /** Whose turn, or for whom. */
  readonly userId: UserId | undefined;
  readonly beganAt: number;
  /** The transcriber was given the turn, and may still bring its words. */
  beside: boolean;
  /** What the speech model wrote down, held back. */
  own: Transcript | undefined;
  /** The final words were told. */
  done: boolean;
}

const ITSELF = 'I write down what the speech model itself hears';
const NOTHING_ELSE = 'nothing of what you say is written down';

/** Turns that late words still find. */
const REMEMBERED = 256;
/** Where the transcriber could not write a turn down, the words of the speech model are waited for so long. */
const OWN_WORDS_MS = 2_000;
/** Words of the speech model do not come later than this after the turn began. */
const OWN_WORDS_LATEST_MS = 60_000;

/**
 * A conversation whose people are written down by another model, whatever the speech model hears, answers or leaves
 * out. Both are given the sound of each turn. While the transcriber is away, the speech model's own words stand in;
 * each turn gets final words once.
 */
export class TranscribedSession implements DurableSession {
  readonly #deps: TranscribedSessionDeps;
  readonly #rate: PcmRate;
  readonly #merger = new EventMerger();
  readonly #turns = new Map<number, Written>();
  readonly #events: AsyncGenerator<SessionEvent>;
  #options: SessionOptions;
  #model: SpeechModel;
  #side: ParallelTranscriber | undefined;
  /** The open turn goes to the transcriber as well. */
  #beside = false;

  constructor(deps: TranscribedSessionDeps) {
    this.#deps = deps;
    this.#rate = deps.model.inputRate;
    this.#options = deps.options;
    this.#model = deps.model;
    this.#openSide();
    this.#events = this.#run();
  }

  /** Resolves when the transcriber is there, or is known not to be there at once. */
  get ready(): Promise<void> {
    return this.#side?.opened ?? Promise.resolve();
  }

  get transcribes(): boolean {
    return this.#wanted && this.#side?.away === false;
  }

  get events(): AsyncIterable<SessionEvent> {
    return this.#events;
  }

  beginTurn(turn: Turn): void {
    this.#beside = this.#wanted && this.#side?.takes === true;
    this.#turns.set(turn.id, {
      beganAt: performance.now(),
      userId: turn.userId ?? turn.about,
      beside: this.#beside,
      own: undefined,
      done: false,
    });
    const oldest = this.#turns.keys().next();
    if (this.#turns.size > REMEMBERED && !oldest.done) this.#turns.delete(oldest.value);
    this.#deps.session.beginTurn(turn);
    if (this.#beside) this.#side?.beginTurn(turn);
  }

  appendAudio(pcm: Pcm): void {
    this.#deps.session.appendAudio(pcm);
    if (this.#beside) this.#side?.appendAudio(pcm);
  }

  endTurn(respond: boolean): void {
    this.#deps.session.endTurn(respond);
    if (this.#beside) this.#side?.endTurn();
    this.#beside = false;
  }

  appendText(turn: Turn, text: string): void {
    this.#deps.session.appendText(turn, text);
  }

  respond(): void {
    this.#deps.session.respond();
  }

  pass(turnIds: readonly number[]): void {
    this.#deps.session.pass(turnIds);
  }

  interrupt(heard: readonly Heard[]): void {
    this.#deps.session.interrupt(heard);
  }

  withdraw(userId: UserId, turnIds: readonly number[]): void {
    this.#deps.session.withdraw(userId, turnIds);
    this.#side?.withdraw(userId, turnIds);
    const dropped = { beganAt: 0, userId, beside: false, own: undefined, done: true };
    for (const id of turnIds) this.#turns.set(id, { ...dropped });
  }

  acknowledge(call: Acknowledged): boolean {
    return this.#deps.session.acknowledge(call);
  }

  sendToolResult(result: ToolResult): void {
    this.#deps.session.sendToolResult(result);
  }

  tell(result: ToolResult, turnIds: readonly number[]): void {
    this.#deps.session.tell(result, turnIds);
  }

  approve(callId: string, approved: boolean, reason: string): void {
    this.#deps.session.approve(callId, approved, reason);
  }

  erase(userId: UserId, instructions: string): boolean {
    this.#side?.erase(userId);
    for (const [id, written] of this.#turns) {
      if (written.userId === userId)
        this.#turns.set(id, { beganAt: 0, userId, beside: false, own: undefined, done: true });
    }
    return this.#deps.session.erase(userId, instructions);
  }

  beginAnew(instructions: string, notes: readonly KeptWords[] = []): void {
    // Whoever only writes down is told of nothing anyway, and still owes the last words.
    this.#deps.session.beginAnew(instructions, notes);
  }

  update(options: SessionOptions): void {
    this.#options = options;
    this.#deps.session.update(options);
    this.#side?.update(options);
  }

  switchTo(model: SpeechModel, options: SessionOptions): void {
    this.#options = options;
    this.#deps.session.switchTo(model, options);
  }

  close(): void {
    this.#deps.session.close();
    this.#side?.close();
  }

  /** The model in use does not write down by itself whatever is said. */
  get #wanted(): boolean {
    return this.#model.capabilities.unprompted !== 'waits';
  }

  #openSide(): void {
    if (this.#side || !this.#wanted) return;
    const { transcriber: model, log, patience } = this.#deps;
    this.#side = new ParallelTranscriber({
      model,
      rate: this.#rate,
      options: { ...this.#options, instructions: '', voice: null, tools: [], serverTools: [], mcpServers: [] },
      log,
      patience,
      emit: (event) => this.#merger.push(event.type === 'turn-transcript' ? { ...event, exact: true } : event),
      onAway: () => this.#fallBack(),
      standIn: () => (this.#model.capabilities.unprompted === null ? NOTHING_ELSE : ITSELF),
    });
  }

  async *#run(): AsyncGenerator<SessionEvent> {
    try {
      for await (const { event } of this.#merger.beside(this.#deps.session.events)) {
        const told = event.type === 'turn-transcript' ? this.#judge(event) : this.#follow(event);
        if (told) yield told;
      }
    } finally {
      this.#side?.close();
    }
  }

  /** Whoever is heard is told of everybody who gets the sound. */
  #follow(event: SessionEvent): SessionEvent {
    if (event.type !== 'model-changed') return event;
    const wanted = this.#wanted;
    this.#model = event.model;
    this.#openSide();
    if (wanted || !this.#wanted) return event;
    const { label } = this.#deps.transcriber;
    return { ...event, message: `${event.message} ${label} hears you as well, and writes it down.` };
  }

  /** What of the words of a turn is told now. */
  #judge(words: Transcript): Transcript | undefined {
    // Whose these are the transcriber knows, where it was given all that they may be.
    if (words.turnId === null) return this.transcribes && this.#besideAll ? undefined : words;
    const written = this.#turns.get(words.turnId);
    if (!written) return words;
    if (written.done) return undefined;
    if (words.missing && written.beside) return this.#standIn(words, written);
    if (!words.exact) written.own = words;
    if (!words.exact && written.beside && this.#side?.away === false) return undefined;
    written.done = words.final;
    return words.missing && written.own ? { ...written.own, final: true } : words;
  }

  /** The transcriber could not write a turn down: what the speech model heard counts, even if it comes later. */
  #standIn(missing: Transcript, written: Written): Transcript | undefined {
    const { own } = written;
    if (this.#model.capabilities.unprompted === null) {
      written.done = true;
      return missing;
    }
    written.beside = false;
    written.done = own?.final ?? false;
    // Once nothing else comes.
    if (!written.done) setTimeout(() => this.#merger.push(missing), OWN_WORDS_MS).unref();
    return own;
  }

  /** The transcriber was given every turn of which the speech model may still bring words. */
  get #besideAll(): boolean {
    const since = performance.now() - OWN_WORDS_LATEST_MS;
    return [...this.#turns.values()].every(({ beganAt, beside, done }) => beside || done || beganAt < since);
  }

  /** The transcriber is away: what was held back is told. */
  #fallBack(): void {
    for (const { own, done } of this.#turns.values()) if (own && !done) this.#merger.push(own);
  }
}
