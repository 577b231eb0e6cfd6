import type { Generation } from '../replies/generation.ts';

interface OwnedCall {
  readonly generation: Generation;
  readonly turnIds: readonly number[];
}

/** Calls that are remembered so that one that comes twice is not made twice. */
const REMEMBERED = 256;

/** Which answer each function call belongs to, and which turns are behind it. */
export class GeminiCallOwners {
  readonly #calls = new Map<string, OwnedCall>();
  /** Calls whose results come later, with the turns that they were made for. */
  readonly #later = new Map<string, readonly number[]>();
  readonly #seen = new Set<string>();

  made(callId: string, generation: Generation, turnIds: readonly number[]): void {
    generation.calls += 1;
    generation.waiting.add(callId);
    this.#calls.set(callId, { generation, turnIds });
  }

  /** It came. */
  seen(callId: string): void {
    this.#seen.add(callId);
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.values().next().value as string);
  }

  /** Whether this call came before, whatever became of it. */
  knows(callId: string): boolean {
    return this.#seen.has(callId);
  }

  /** Whether a result for this call is still wanted. */
  wants(callId: string): boolean {
    return this.#calls.has(callId) || this.#later.has(callId);
  }

  /** Its result was sent. Gives the answer that made it, and the turns behind it; undefined: nobody waits for it. */
  answered(callId: string): OwnedCall | undefined {
    const call = this.#calls.get(callId);
    this.#calls.delete(callId);
    call?.generation.waiting.delete(callId);
    return call;
  }

  /** Its result comes later. `beside`: the model goes on by itself and waits for nothing. */
  acknowledged(callId: string, beside: boolean): void {
    const call = this.#calls.get(callId);
    if (!call) return;
    this.#later.set(callId, call.turnIds);
    if (!beside) return;
    this.answered(callId);
    call.generation.calls -= 1;
  }

  /** Its result comes later, beside the conversation. False: it is not known as one that is waited for. */
  detach(callId: string): boolean {
    if (!this.#calls.has(callId)) return false;
    this.acknowledged(callId, true);
    return true;
  }

  /** A later result came. Gives the turns behind its call; undefined: it is not wanted. */
  takeLater(callId: string): readonly number[] | undefined {
    const turnIds = this.#later.get(callId);
    this.#later.delete(callId);
    return turnIds;
  }

  /** The server takes these back. Gives those for which somebody worked. */
  cancelled(callIds: readonly string[]): readonly string[] {
    const known = callIds.filter((callId) => this.wants(callId));
    for (const callId of known) {
      this.#later.delete(callId);
      this.answered(callId);
    }
    return known;
  }

  /** Nobody is to hear this answer: its calls are not made. */
  dropOwner({ waiting }: Generation): void {
    for (const callId of waiting) this.#calls.delete(callId);
  }
}
