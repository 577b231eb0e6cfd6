import type {
  Acknowledged,
  Conversation,
  Heard,
  Pcm,
  PcmRate,
  SessionEvent,
  SessionOptions,
  SpeechModel,
  ToolResult,
  Turn,
  UserId,
} from '../bridge/ports.ts';
import { Asides } from './asides.ts';
import type { Patience } from './back-off.ts';
import { NOT_WRITTEN } from './scribe.ts';
import { SideTranscriber } from './side-transcriber.ts';
import type { ModelLog } from './wire.ts';

export interface TranscribedSessionParts {
  readonly session: Conversation;
  /** The one that the session was opened with. */
  readonly model: SpeechModel;
  readonly options: SessionOptions;
  /** The one that writes down beside models whose own transcripts depend on their answers. */
  readonly transcriber: SpeechModel;
  readonly log: ModelLog;
  readonly patience: Patience;
}

type Transcript = SessionEvent & { readonly type: 'turn-transcript' };

/** Whose words of a turn count. */
interface Written {
  /** Whose turn, or for whom. */
  readonly userId: UserId | undefined;
  /** The transcriber was given the turn. */
  readonly beside: boolean;
  /** What the speech model wrote down, held back. */
  own: Transcript | undefined;
  /** The final words were told. */
  done: boolean;
}

/** Turns that late words still find. */
const REMEMBERED = 256;

/**
 * A conversation whose people are written down by another model, whatever the speech model hears, answers or leaves
 * out. Both are given the sound of each turn. While the transcriber is away, the speech model's own words stand in;
 * each turn gets final words once.
 */
export class TranscribedSession implements Conversation {
  readonly #parts: TranscribedSessionParts;
  readonly #rate: PcmRate;
  readonly #asides = new Asides();
  readonly #turns = new Map<number, Written>();
  readonly #events: AsyncGenerator<SessionEvent>;
  #options: SessionOptions;
  #model: SpeechModel;
  #side: SideTranscriber | undefined;
  /** The open turn goes to the transcriber as well. */
  #beside = false;

  constructor(parts: TranscribedSessionParts) {
    this.#parts = parts;
    this.#rate = parts.model.inputRate;
    this.#options = parts.options;
    this.#model = parts.model;
    this.#openSide();
    this.#events = this.#run();
  }

  /** Resolves when the transcriber is there, or is known not to be there at once. */
  get ready(): Promise<void> {
    return this.#side?.opened ?? Promise.resolve();
  }

  get events(): AsyncIterable<SessionEvent> {
    return this.#events;
  }

  beginTurn(turn: Turn): void {
    this.#beside = this.#wanted && this.#side?.takes === true;
    const userId = turn.userId ?? turn.about;
    this.#turns.set(turn.id, { userId, beside: this.#beside, own: undefined, done: false });
    const oldest = this.#turns.keys().next();
    if (this.#turns.size > REMEMBERED && !oldest.done) this.#turns.delete(oldest.value);
    this.#parts.session.beginTurn(turn);
    if (this.#beside) this.#side?.beginTurn(turn);
  }

  appendAudio(pcm: Pcm): void {
    this.#parts.session.appendAudio(pcm);
    if (this.#beside) this.#side?.appendAudio(pcm);
  }

  endTurn(respond: boolean): void {
    this.#parts.session.endTurn(respond);
    if (this.#beside) this.#side?.endTurn();
    this.#beside = false;
  }

  appendText(turn: Turn, text: string): void {
    this.#parts.session.appendText(turn, text);
  }

  respond(): void {
    this.#parts.session.respond();
  }

  pass(turnIds: readonly number[]): void {
    this.#parts.session.pass(turnIds);
  }

  interrupt(heard: readonly Heard[]): void {
    this.#parts.session.interrupt(heard);
  }

  withdraw(userId: UserId, turnIds: readonly number[]): void {
    this.#parts.session.withdraw(userId, turnIds);
    this.#side?.withdraw(userId, turnIds);
    for (const id of turnIds) this.#turns.set(id, { userId, beside: false, own: undefined, done: true });
  }

  acknowledge(call: Acknowledged): boolean {
    return this.#parts.session.acknowledge(call);
  }

  sendToolResult(result: ToolResult): void {
    this.#parts.session.sendToolResult(result);
  }

  tell(result: ToolResult, turnIds: readonly number[]): void {
    this.#parts.session.tell(result, turnIds);
  }

  approve(callId: string, approved: boolean, reason: string): void {
    this.#parts.session.approve(callId, approved, reason);
  }

  forget(userId: UserId, instructions: string): boolean {
    this.#side?.forget(userId);
    for (const [id, written] of this.#turns) {
      if (written.userId === userId) this.#turns.set(id, { userId, beside: false, own: undefined, done: true });
    }
    return this.#parts.session.forget(userId, instructions);
  }

  update(options: SessionOptions): void {
    this.#options = options;
    this.#parts.session.update(options);
    this.#side?.update(options);
  }

  switchTo(model: SpeechModel, options: SessionOptions): void {
    this.#options = options;
    this.#parts.session.switchTo(model, options);
  }

  close(): void {
    this.#parts.session.close();
    this.#side?.close();
  }

  /** The model in use does not write down by itself whatever is said. */
  get #wanted(): boolean {
    return this.#model.capabilities.unasked !== 'waits';
  }

  #openSide(): void {
    if (this.#side || !this.#wanted) return;
    const { transcriber: model, log, patience } = this.#parts;
    this.#side = new SideTranscriber({
      model,
      rate: this.#rate,
      options: { ...this.#options, instructions: '', voice: null, tools: [], serverTools: [], mcpServers: [] },
      log,
      patience,
      tell: (event) => this.#asides.push(event),
      onAway: () => this.#fallBack(),
    });
  }

  async *#run(): AsyncGenerator<SessionEvent> {
    try {
      for await (const { event, aside } of this.#asides.beside(this.#parts.session.events)) {
        if (event.type === 'model-changed') {
          this.#model = event.model;
          this.#openSide();
        }
        const told = event.type === 'turn-transcript' ? this.#judge(event, aside) : event;
        if (told) yield told;
      }
    } finally {
      this.#side?.close();
    }
  }

  /** What of the words of a turn is told now. */
  #judge(words: Transcript, fromSide: boolean): Transcript | undefined {
    // Whose these are the transcriber knows: to it, every turn is somebody's.
    if (words.turnId === null) return this.#wanted && this.#side?.away === false ? undefined : words;
    const written = this.#turns.get(words.turnId);
    if (!written) return words;
    if (written.done) return undefined;
    const other = fromSide && words.text === NOT_WRITTEN ? written.own : undefined;
    if (!fromSide) written.own = words;
    if (!fromSide && written.beside && this.#side?.away === false) return undefined;
    written.done = words.final;
    return other ? { ...other, final: words.final } : words;
  }

  /** The transcriber is away: what was held back is told. */
  #fallBack(): void {
    for (const { own, done } of this.#turns.values()) if (own && !done) this.#asides.push(own);
  }
}
