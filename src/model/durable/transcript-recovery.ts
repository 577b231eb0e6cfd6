import { setTimeout as wait } from 'node:timers/promises';
import type { SessionEvent, SpeechSession } from '../../ports/model.ts';
import type { ModelLog } from '../connection/model-socket.ts';
import { NOT_WRITTEN } from '../connection/prompt-text.ts';
import type { UntranscribedTurn } from './untranscribed-turns.ts';

const TRIES = 3;
/** For all that is to be written in one session. */
const LIMIT_MS = 10_000;
const RETRY_MS = 500;

/**
 * Writes down turns that were answered and whose session ended before their words came. Neither protocol
 * transcribes sound without taking it for a turn, so this is done in a session of its own: it has no tools, is not
 * asked for an answer, and ends with the last word. What it may have begun to answer is heard by nobody.
 */
export class TranscriptRecovery {
  readonly #deps: {
    readonly log: ModelLog;
    readonly signal: AbortSignal;
    readonly connect: (signal: AbortSignal) => Promise<SpeechSession>;
    readonly emit: (event: SessionEvent) => void;
    readonly erased: (turnId: number) => boolean;
  };
  #count = 0;
  /** Turns that are being written down and have no words yet, by the call of write() that they are of. */
  readonly #writing = new Set<Map<number, UntranscribedTurn>>();

  constructor(deps: {
    readonly log: ModelLog;
    readonly signal: AbortSignal;
    /** A session without tools, at the rate of the turns' sound. */
    readonly connect: (signal: AbortSignal) => Promise<SpeechSession>;
    readonly emit: (event: SessionEvent) => void;
    /** Whether nobody is to know any more what was said in this turn. */
    readonly erased: (turnId: number) => boolean;
  }) {
    this.#deps = deps;
  }

  /** Tells the final words of each of these turns once, or that they could not be written down. Never rejects. */
  async write(turns: readonly UntranscribedTurn[]): Promise<void> {
    const { log, signal } = this.#deps;
    const missing = new Map(turns.map((one) => [one.turn.id, one]));
    this.#writing.add(missing);
    for (const [id, { sound }] of missing) if (sound.chunks.length === 0) this.#giveUp(missing, id);
    for (let tries = 0; tries < TRIES && missing.size > 0 && !signal.aborted; tries += 1) {
      try {
        if (tries > 0) await wait(RETRY_MS, undefined, { signal });
        await this.#try(missing);
      } catch {
        log.debug({ turns: missing.size }, 'words of turns could not be written down yet');
      }
    }
    this.#writing.delete(missing);
    if (signal.aborted) return;
    for (const id of missing.keys()) this.#giveUp(missing, id);
    log.debug({ turns: turns.length }, 'words of turns were written down after their session');
  }

  /** Nobody is to write these turns down any more; one that is on its way comes to nothing. */
  withdraw(turnIds: readonly number[]): void {
    for (const missing of this.#writing) for (const id of turnIds) missing.delete(id);
  }

  async #try(missing: Map<number, UntranscribedTurn>): Promise<void> {
    const signal = AbortSignal.any([this.#deps.signal, AbortSignal.timeout(LIMIT_MS)]);
    const session = await this.#deps.connect(signal);
    const name = `aside-${++this.#count}/`;
    const close = () => session.close();
    signal.addEventListener('abort', close);
    try {
      const events = session.events[Symbol.asyncIterator]();
      // One after the other: Gemini's transcription names no turn.
      for (const one of [...missing.values()]) {
        if (signal.aborted) return;
        if (!missing.has(one.turn.id)) continue;
        if (this.#deps.erased(one.turn.id)) {
          missing.delete(one.turn.id);
          continue;
        }
        session.beginTurn(one.turn);
        for (const pcm of one.sound.chunks) session.appendAudio(pcm);
        session.endTurn(false);
        while (missing.has(one.turn.id)) {
          const { value, done } = await events.next();
          if (done) return;
          this.#handle(value, missing, name);
        }
      }
    } finally {
      signal.removeEventListener('abort', close);
      session.close();
    }
  }

  #handle(event: SessionEvent, missing: Map<number, UntranscribedTurn>, name: string): void {
    const { emit } = this.#deps;
    if (event.type === 'transcription-usage') emit(event);
    if (event.type === 'unheard-usage') emit({ ...event, replyId: name + event.replyId });
    if (event.type !== 'turn-transcript' || !event.final || event.turnId === null) return;
    if (missing.delete(event.turnId))
      emit(event.text.trim() === '' ? { ...event, text: NOT_WRITTEN, missing: true } : event);
  }

  #giveUp(missing: Map<number, UntranscribedTurn>, turnId: number): void {
    const text = missing.get(turnId)?.text.trim();
    missing.delete(turnId);
    const words = text ? { text } : ({ text: NOT_WRITTEN, missing: true } as const);
    this.#deps.emit({ type: 'turn-transcript', turnId, ...words, final: true });
  }
}
