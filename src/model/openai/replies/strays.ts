import type { Usage } from '../../../ports/usage.ts';

/** More than ever are under way. */
const REMEMBERED = 32;

/** Responses of one session that nobody waits for, and requests that nothing came of so far. */
export class OpenAIStrays {
  /** By response id. */
  readonly #strays = new Map<string, { readonly turnIds: readonly number[]; billed: boolean }>();
  /** By the number in their metadata. */
  readonly #stale = new Map<string, readonly number[]>();

  /** A request came to nothing; it may still be carried out. */
  stale(number: number, turnIds: readonly number[]): void {
    remember(this.#stale, String(number), turnIds);
  }

  /** A response begins that nobody waits for; `number`: of its request, where it says one. */
  add(responseId: string, number: unknown): void {
    remember(this.#strays, responseId, { turnIds: this.#stale.get(String(number)) ?? [], billed: false });
    this.#stale.delete(String(number));
  }

  has(responseId: string): boolean {
    return this.#strays.has(responseId);
  }

  /** It has ended, and is billed all the same, once. Gives what for; undefined: it is not one of these. */
  ended(
    responseId: string,
    usage: Usage | null,
  ): { readonly turnIds: readonly number[]; readonly usage: Usage } | undefined {
    const stray = this.#strays.get(responseId);
    if (!stray || !usage || stray.billed) return undefined;
    stray.billed = true;
    return { turnIds: stray.turnIds, usage };
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value);
  if (map.size > REMEMBERED) map.delete(map.keys().next().value as string);
}
