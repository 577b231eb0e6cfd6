import type { HistoryItem, KeptWords, SessionOptions } from '../../ports/capabilities.ts';
import { SessionLostError } from '../../ports/errors.ts';
import type { SessionEvent, SpeechModel, SpeechSession } from '../../ports/model.ts';
import type { PcmRate } from '../../ports/voice.ts';
import type { ModelLog } from '../connection/model-socket.ts';
import { Handover, type Successor } from './handover.ts';
import type { ModelChoice } from './model-choice.ts';
import { resampled } from './resampled-session.ts';
import { Resumption } from './resumption.ts';
import { Attempts } from './retry.ts';
import type { RetryPolicy } from './retry-policy.ts';
import { Rotation } from './rotation.ts';

/** The model in use, its first connection, and what the conversation knows. */
export interface FailoverDeps {
  readonly choice: ModelChoice;
  /** The first connection. */
  readonly session: SpeechSession;
  readonly log: ModelLog;
  readonly patience: RetryPolicy;
  readonly fallback: ((failed: SpeechModel) => ModelChoice | undefined) | undefined;
  readonly signal: AbortSignal;
  /** Nobody speaks or waits for an answer, and nothing is under way. */
  quiet(): boolean;
  /** What a session that is opened now is told of the conversation. */
  history(): readonly HistoryItem[];
  /** What of it came after a mark; undefined where that does not tell everything. */
  since(mark: number): readonly HistoryItem[] | undefined;
  /** Closes the present connection: the next one is due. */
  replace(): void;
  emit(event: SessionEvent): void;
}

type ModelChanged = SessionEvent & { readonly type: 'model-changed' };

/** A new connection, and what people are to be told of it. */
export interface Arrival {
  readonly session: SpeechSession;
  readonly changed: ModelChanged | undefined;
}

/** More history than this is given in fresh words instead of added to what a restored session was told before. */
const SEED_ITEMS = 60;

/** Which connection follows on which: with what model, opened when, restored by its server or told in words. */
export class Failover {
  readonly #deps: FailoverDeps;
  readonly #rate: PcmRate;
  readonly #rotation: Rotation;
  readonly #handover: Handover;
  readonly #resumption = new Resumption();
  #attempts: Attempts;
  #choice: ModelChoice;
  /** Asked for, and not gone over to yet. */
  #requested: ModelChoice | undefined;
  #successor: Successor | undefined;
  /** What sessions were told in words when they were opened. */
  readonly #told = new WeakMap<SpeechSession, readonly HistoryItem[]>();
  #present: SpeechSession;
  /** Its server heard what somebody took back: it is not to be restored. */
  #tainted: SpeechSession | undefined;

  constructor(deps: FailoverDeps) {
    const { patience, log, signal } = deps;
    this.#deps = deps;
    this.#choice = deps.choice;
    this.#present = deps.session;
    this.#rate = deps.choice.model.inputRate;
    this.#attempts = this.#ownAttempts();
    this.#rotation = new Rotation(deps, (byAt) => {
      if (!this.#requested) this.#handover.begin(this.#choice, byAt);
    });
    this.#handover = new Handover({
      patience,
      log,
      signal,
      quiet: deps.quiet,
      knows: () => JSON.stringify(deps.history()),
      restores: (choice) => choice !== this.#requested && this.#resumable() !== undefined,
      connect: (choice, until) => this.#fresh(choice, until),
      ready: (_, successor) => {
        this.#successor = successor;
        deps.replace();
      },
      failed: (choice, error) => this.#failed(choice, error),
    });
    this.#serves(deps.session);
  }

  get model(): SpeechModel {
    return this.#choice.model;
  }

  /** Why there is no connection; undefined: there is one, or nothing is known. */
  get failing(): SessionLostError | undefined {
    return this.#attempts.failing;
  }

  /** The present connection answers, or writes down what it is given. */
  worked(): void {
    this.#attempts.worked();
  }

  update(options: SessionOptions): void {
    // A restored session would still know the notes that it was told.
    if (JSON.stringify(options.notes ?? []) !== JSON.stringify(this.#choice.options.notes ?? [])) this.withdrawn();
    this.#choice = { ...this.#choice, options };
  }

  /** See DurableSession.switchTo. `connected`: there is a connection that can serve until then. */
  switchTo(choice: ModelChoice, connected: boolean): void {
    this.#requested = choice;
    if (connected) this.#handover.begin(choice, performance.now() + this.#deps.patience.switchMs);
  }

  endsAt(at: number): void {
    this.#rotation.endsAt(at);
  }

  /** The connection is of no use any more: it is replaced by then (performance.now()), sooner in a quiet moment. */
  replaceBy(at: number): void {
    this.#rotation.replaceBy(at);
  }

  /** The next session is told anew, and none that knew of what is erased is restored or taken. */
  startOver(instructions: string, kept: (notes: readonly KeptWords[]) => readonly KeptWords[]): void {
    const told = ({ model, options }: ModelChoice): ModelChoice => {
      return { model, options: { ...options, instructions, notes: kept(options.notes ?? []) } };
    };
    this.#choice = told(this.#choice);
    if (this.#requested) this.#requested = told(this.#requested);
    this.#handover.stop();
    this.#resumption.evict();
    this.#successor?.session.close();
    this.#successor = undefined;
  }

  /** Somebody took back what the present connection's server has: the next one is told in words, and not restored. */
  withdrawn(): void {
    this.#tainted = this.#present;
    this.#resumption.evict();
  }

  /** The server can restore the present session as it is now. */
  resumable(handle: string, mark: number): void {
    if (this.#tainted === this.#present) return;
    const { keepsTold = false } = this.#present;
    const seed = keepsTold ? [] : (this.#told.get(this.#present) ?? []);
    this.#resumption.offered({ handle, mark, seed, keepsTold, at: performance.now() });
  }

  /** Idempotent. */
  close(): void {
    this.#rotation.stop();
    this.#handover.stop();
    this.#successor?.session.close();
  }

  /** A session that knows nothing and can do nothing: it only hears. */
  async aside(signal: AbortSignal): Promise<SpeechSession> {
    const { model, options } = this.#choice;
    const silent = {
      ...options,
      instructions: 'Listen, and say nothing.',
      notes: [],
      tools: [],
      turnDetection: 'manual' as const,
    };
    return resampled(await model.connect(silent, signal), this.#rate, model.inputRate);
  }

  /** The present connection is gone; `loss`: against our will. */
  ended(loss: SessionLostError | undefined): void {
    this.#rotation.ended(loss !== undefined);
    this.#handover.stop();
    // What the provider itself broke is not mended by restoring it (yagudaev/voiceclaw#53, kazunori279/adk-streaming-guide#11).
    if (loss && loss.kind !== 'network' && loss.kind !== 'expired') this.#resumption.evict();
  }

  /** The next connection. Throws SessionLostError where there is none to be had, and the signal's reason. */
  async next(loss: SessionLostError | undefined): Promise<Arrival> {
    const successor = this.#successor;
    this.#successor = undefined;
    if (successor && successor.knows === JSON.stringify(this.#deps.history())) {
      const wasRequested = successor.choice === this.#requested;
      if (wasRequested) this.#activate(successor.choice);
      return this.#arrival(successor.session, wasRequested ? usesNow(successor.choice) : undefined);
    }
    successor?.session.close();
    const requested = this.#requested;
    if (!requested) return this.#back(loss, undefined);
    try {
      const giveUpMs = Math.min(this.#deps.patience.giveUpMs, this.#deps.patience.switchMs);
      const attempts = new Attempts({ ...this.#deps, patience: { ...this.#deps.patience, giveUpMs } });
      const session = await attempts.again(undefined, () => this.#fresh(requested, this.#deps.signal));
      if (this.#requested === requested) this.#activate(requested);
      return this.#arrival(session, usesNow(requested));
    } catch (error) {
      if (this.#deps.signal.aborted || !(error instanceof SessionLostError)) throw error;
      if (this.#requested === requested) this.#requested = undefined;
      return this.#back(loss, `${error.message} I go on with ${this.#choice.model.label}.`);
    }
  }

  /** The present model again; `message`: why it is not the other one. */
  async #back(loss: SessionLostError | undefined, message: string | undefined): Promise<Arrival> {
    try {
      const session = await this.#attempts.again(loss, () => this.#connect());
      return this.#arrival(session, message);
    } catch (error) {
      if (this.#deps.signal.aborted || !(error instanceof SessionLostError)) throw error;
      return this.#fallBack(error);
    }
  }

  async #fallBack(final: SessionLostError): Promise<Arrival> {
    const fallback = this.#deps.fallback?.(this.#choice.model);
    if (!fallback) throw final;
    // What people had kept: as the conversation is told now, and not as when it began.
    const { notes } = this.#choice.options;
    const choice = { ...fallback, options: { ...fallback.options, ...(notes && { notes }) } };
    this.#deps.log.warn(
      { kind: final.kind, reason: final.message, provider: choice.model.provider },
      'the conversation goes to the fallback',
    );
    try {
      const attempts = new Attempts(this.#deps);
      const session = await attempts.again(undefined, () => this.#fresh(choice, this.#deps.signal));
      this.#activate(choice);
      return this.#arrival(session, `${final.message} The conversation goes on with ${choice.model.label}.`);
    } catch (error) {
      if (this.#deps.signal.aborted || !(error instanceof SessionLostError)) throw error;
      this.#deps.log.warn({ kind: error.kind }, 'the fallback cannot be had either');
      throw final;
    }
  }

  #arrival(session: SpeechSession, message: string | undefined): Arrival {
    this.#attempts.succeeded();
    this.#serves(session);
    // Another one was requested while this one was carried out.
    if (this.#requested) this.switchTo(this.#requested, true);
    const changed = message === undefined ? undefined : this.#changed(message);
    return { session, changed };
  }

  #serves(session: SpeechSession): void {
    this.#present = session;
    this.#rotation.serves(session.expiresAt);
  }

  #changed(message: string): ModelChanged {
    return { type: 'model-changed', model: this.#choice.model, message };
  }

  #activate(choice: ModelChoice): void {
    this.#choice = choice;
    this.#requested = undefined;
    // A handle belongs to its model.
    this.#resumption.evict();
    this.#attempts = this.#ownAttempts();
  }

  #failed(choice: ModelChoice, error: SessionLostError): void {
    const { kind, message: reason } = error;
    this.#deps.log.warn({ kind, reason, provider: choice.model.provider }, 'no other connection could be opened');
    if (this.#requested !== choice) return;
    this.#requested = undefined;
    // Its end had to wait for the other model.
    this.#rotation.resume();
    this.#deps.emit(this.#changed(`${error.message} I go on with ${this.#choice.model.label}.`));
  }

  /** For the model in use, which has had a connection. */
  #ownAttempts(): Attempts {
    return new Attempts({ ...this.#deps, worked: true });
  }

  /**
   * Restored where its server can do that, else told in words: also where it does not answer to the handle, or says no,
   * for whatever reason. A service that cannot be reached, or has too much to do, says nothing of the handle.
   */
  async #connect(): Promise<SpeechSession> {
    const state = this.#resumable();
    if (!state) return this.#fresh(this.#choice, this.#deps.signal);
    try {
      const { model, options } = this.#choice;
      const told = state.keepsTold ? { ...options, notes: [] } : options;
      const session = await model.connect(told, this.#deps.signal, state.history, state.handle);
      return this.#opened(session, model, state.history);
    } catch (error) {
      if (this.#deps.signal.aborted || !(error instanceof SessionLostError)) throw error;
      const elsewhere = error.kind === 'network' || error.kind === 'limit';
      if (elsewhere && this.#resumption.broke()) throw error;
      this.#deps.log.warn(
        { kind: error.kind, reason: error.message },
        'the session could not be restored: it is told in words',
      );
      this.#resumption.evict();
      return this.#fresh(this.#choice, this.#deps.signal);
    }
  }

  async #fresh({ model, options }: ModelChoice, signal: AbortSignal): Promise<SpeechSession> {
    const history = this.#deps.history();
    const session = await model.connect(options, signal, history);
    return this.#opened(session, model, history);
  }

  #opened(own: SpeechSession, { inputRate }: SpeechModel, told: readonly HistoryItem[]): SpeechSession {
    const session = resampled(own, this.#rate, inputRate);
    this.#told.set(session, told);
    return session;
  }

  /**
   * The handle, and all that the restored session has to be told in words: its server knows what it heard and said
   * until then, while instructions are those of the new setup (ai.google.dev/api/live: everything but the model may
   * change when a session is resumed).
   */
  #resumable():
    | { readonly handle: string; readonly history: readonly HistoryItem[]; readonly keepsTold: boolean }
    | undefined {
    const state = this.#resumption.usable(performance.now());
    const since = state && this.#deps.since(state.mark);
    if (!state || !since || state.seed.length + since.length > SEED_ITEMS) return undefined;
    return { handle: state.handle, history: [...state.seed, ...since], keepsTold: state.keepsTold };
  }
}

function usesNow({ model }: ModelChoice): string {
  return `I now use ${model.label}.`;
}
