import { setTimeout as wait } from 'node:timers/promises';
import { SessionLostError } from '../../ports/errors.ts';
import type { SpeechSession } from '../../ports/model.ts';
import type { ModelLog } from '../connection/model-socket.ts';
import type { ModelChoice } from './model-choice.ts';
import { Attempts } from './retry.ts';
import type { RetryPolicy } from './retry-policy.ts';

const LOOK_EVERY_MS = 50;

/** A connection that was opened while another one still served. `knows`: the conversation that it was told of. */
export interface Successor {
  readonly choice: ModelChoice;
  readonly session: SpeechSession;
  readonly knows: string;
}

/** How a successor is opened, and when one may take over. */
export interface HandoverDeps {
  readonly patience: RetryPolicy;
  readonly log: ModelLog;
  readonly signal: AbortSignal;
  /** Nobody speaks or waits for an answer, and nothing is under way. */
  quiet(): boolean;
  /** What a session that is opened now would be told; it may take over for as long as this stays the same. */
  knows(): string;
  /** Whether the server restores the session itself, which it does only once the old connection is closed. */
  restores(choice: ModelChoice): boolean;
  connect(choice: ModelChoice, signal: AbortSignal): Promise<SpeechSession>;
  /** The moment has come to close the old connection; undefined: the next one is to be opened then. */
  ready(choice: ModelChoice, successor: Successor | undefined): void;
  /** The other model cannot be had; the old one still serves. */
  failed(choice: ModelChoice, error: SessionLostError): void;
}

/**
 * Makes before it breaks: in a quiet moment the next connection is opened while the old one still serves, and only
 * when it can hear, and nothing was said that it does not know of, the old one gives way. Otherwise it is opened
 * anew in a quiet moment after a while. When time is up it happens in any case.
 */
export class Handover {
  readonly #deps: HandoverDeps;
  #running: { readonly choice: ModelChoice; readonly stopping: AbortController; byAt: number } | undefined;

  constructor(deps: HandoverDeps) {
    this.#deps = deps;
  }

  /** `byAt`: performance.now(). What was begun before is given up, unless it is the same: then it only hastens. */
  begin(choice: ModelChoice, byAt: number): void {
    if (this.#running?.choice === choice) {
      this.#running.byAt = Math.min(byAt, this.#running.byAt);
      return;
    }
    this.stop();
    const running = { choice, byAt, stopping: new AbortController() };
    this.#running = running;
    const signal = AbortSignal.any([running.stopping.signal, this.#deps.signal]);
    this.#run(running, signal).catch((error: unknown) => {
      if (signal.aborted) return;
      this.#running = undefined;
      if (error instanceof SessionLostError) this.#deps.failed(choice, error);
      else this.#deps.log.warn({ err: error }, 'a handover broke');
    });
  }

  /** Idempotent. */
  stop(): void {
    this.#running?.stopping.abort();
    this.#running = undefined;
  }

  async #run(running: { readonly choice: ModelChoice; readonly byAt: number }, signal: AbortSignal): Promise<void> {
    const { patience, log, quiet, knows, restores, connect, ready } = this.#deps;
    const { choice } = running;
    const giveUpMs = Math.min(patience.giveUpMs, patience.switchMs);
    const attempts = new Attempts({ patience: { ...patience, giveUpMs }, log, signal });
    // Where people hardly ever pause, each pause would be a connection that comes too late.
    let pauseMs = Math.min(patience.renewalMs, (running.byAt - performance.now()) / 4);
    for (let from = 0; ; pauseMs *= 2) {
      while (performance.now() < running.byAt && (performance.now() < from || !quiet())) {
        await wait(LOOK_EVERY_MS, undefined, { signal, ref: false });
      }
      if (restores(choice)) return ready(choice, undefined);
      const known = knows();
      from = performance.now() + pauseMs;
      const session = await attempts.again(undefined, () => connect(choice, signal));
      if (signal.aborted) return session.close();
      const successor = { choice, session, knows: known };
      if (performance.now() >= running.byAt || (quiet() && knows() === known)) return ready(choice, successor);
      session.close();
    }
  }
}
