import type { SessionOptions } from '../../ports/capabilities.ts';
import { SessionLostError } from '../../ports/errors.ts';
import type { SessionEvent, SpeechModel } from '../../ports/model.ts';
import type { Pcm, PcmRate, Turn, UserId } from '../../ports/voice.ts';
import type { ModelLog } from '../connection/model-socket.ts';
import { DurableSession } from '../durable/durable-session.ts';
import { resampled } from '../durable/resampled-session.ts';
import { Attempts } from '../durable/retry.ts';
import type { RetryPolicy } from '../durable/retry-policy.ts';

/** The transcriber, at what rate it gets sound, and where its events go. */
export interface ParallelTranscriberDeps {
  /** One that only listens. */
  readonly model: SpeechModel;
  /** Of the sound that it is given. */
  readonly rate: PcmRate;
  readonly options: SessionOptions;
  readonly log: ModelLog;
  readonly patience: RetryPolicy;
  /** Words of turns, what they cost, and notices. */
  readonly emit: (event: SessionEvent) => void;
  /** From now on, and until it is back, others have to write down. */
  readonly onAway: () => void;
  /** What stands in for it meanwhile, as a sentence goes on that begins with “until then” or “from now on”. */
  readonly standIn: () => string;
}

type State =
  | { readonly status: 'opening' }
  /** `away`: the connection is lost, and what is said is kept for the next one. */
  | { readonly status: 'there'; readonly session: DurableSession; readonly away: boolean }
  | { readonly status: 'gone' };

/**
 * Writes down beside a conversation, which never notices how it fares: it is opened until it is there, and again for as
 * long as that takes. Only what cannot help, such as a rejected key, ends it. People are told once of each absence.
 */
export class ParallelTranscriber {
  readonly #deps: ParallelTranscriberDeps;
  readonly #model: SpeechModel;
  readonly #closing = new AbortController();
  /** Settled with the first connection, or with the first failure. */
  readonly opened: Promise<void>;
  #options: SessionOptions;
  #state: State = { status: 'opening' };
  #told = false;

  constructor(deps: ParallelTranscriberDeps) {
    const { model, rate } = deps;
    this.#deps = deps;
    this.#options = deps.options;
    this.#model = {
      ...model,
      inputRate: rate,
      connect: async (options, signal) => resampled(await model.connect(options, signal), rate, model.inputRate),
    };
    const { promise, resolve } = Promise.withResolvers<void>();
    this.opened = promise;
    void this.#run(resolve);
  }

  /** It takes turns, even if it is away: their words come later then. */
  get takes(): boolean {
    return this.#state.status === 'there';
  }

  get away(): boolean {
    return this.#state.status !== 'there' || this.#state.away;
  }

  beginTurn(turn: Turn): void {
    if (this.#state.status === 'there') this.#state.session.beginTurn(turn);
  }

  appendAudio(pcm: Pcm): void {
    if (this.#state.status === 'there') this.#state.session.appendAudio(pcm);
  }

  endTurn(): void {
    if (this.#state.status === 'there') this.#state.session.endTurn(false);
  }

  /** See DurableSession.erase. */
  erase(userId: UserId): void {
    if (this.#state.status === 'there') this.#state.session.erase(userId, '');
  }

  /** See SpeechSession.withdraw. */
  withdraw(userId: UserId, turnIds: readonly number[]): void {
    if (this.#state.status === 'there') this.#state.session.withdraw(userId, turnIds);
  }

  update({ language }: Pick<SessionOptions, 'language'>): void {
    this.#options = { ...this.#options, language };
    if (this.#state.status === 'there') this.#state.session.update(this.#options);
  }

  /** Idempotent. */
  close(): void {
    this.#closing.abort();
    if (this.#state.status === 'there') this.#state.session.close();
    this.#state = { status: 'gone' };
  }

  async #run(opened: () => void): Promise<void> {
    const { log } = this.#deps;
    const { signal } = this.#closing;
    const patience = { ...this.#deps.patience, giveUpMs: Number.POSITIVE_INFINITY };
    try {
      const first = await new Attempts({ patience, log, signal }).again(undefined, () =>
        this.#model.connect(this.#options, signal).catch((error: unknown) => {
          if (error instanceof SessionLostError && error.retryable) this.#absent(error.message);
          opened();
          throw error;
        }),
      );
      if (signal.aborted) {
        first.close();
        return;
      }
      const choice = { model: this.#model, options: this.#options };
      const session = new DurableSession({ choice, log, patience, session: first, fallback: undefined });
      this.#present(session, false);
      opened();
      for await (const event of session.events) this.#handle(event, session);
    } catch (error) {
      if (signal.aborted) return;
      this.#state = { status: 'gone' };
      this.#deps.onAway();
      const said = error instanceof SessionLostError ? error.message : 'Something in me broke; the log says what.';
      if (!(error instanceof SessionLostError)) log.warn({ err: error }, 'the transcriber broke');
      this.#deps.emit({
        type: 'notice',
        message: `${said} From now on ${this.#deps.standIn()}.`,
      });
    } finally {
      opened();
    }
  }

  #handle(event: SessionEvent, session: DurableSession): void {
    switch (event.type) {
      case 'paused':
        this.#state = { status: 'there', session, away: true };
        this.#deps.onAway();
        this.#absent(`I lost ${this.#model.label}, which writes down what is said.`);
        return;
      case 'resumed':
        this.#present(session, true);
        return;
      case 'turn-transcript':
      case 'transcription-usage':
      case 'refused':
      case 'notice':
        this.#deps.emit(event);
        return;
      default:
    }
  }

  #present(session: DurableSession, again: boolean): void {
    this.#state = { status: 'there', session, away: false };
    this.#told = false;
    if (again) this.#deps.log.warn({ model: this.#model.name }, 'the transcriber is back');
  }

  #absent(why: string): void {
    if (this.#told) return;
    this.#told = true;
    const rest = `The conversation goes on; until it is back ${this.#deps.standIn()}.`;
    this.#deps.emit({ type: 'notice', message: `${why} ${rest}` });
  }
}
