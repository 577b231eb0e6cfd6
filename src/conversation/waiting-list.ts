import type { BridgeHandle, OpenRequest } from '../ports/conversation.ts';

/** Nobody waits longer than this; people forget that they asked. Ms. */
const LONGEST_WAIT_MS = 60 * 60_000;
const MOST_WAITING = 1_000;

/** What a waiting list goes by. */
export interface WaitingListDeps {
  /** Conversations at a time; absent: no limit. */
  readonly most?: number | undefined;
  /** Those that are there or about to be. */
  readonly count: () => number;
  /** Whether who waits may still have it; says so where not. */
  readonly admit: (request: OpenRequest) => Promise<boolean>;
  /** Opens what was waited for. Never rejects. */
  readonly open: (request: OpenRequest) => Promise<BridgeHandle | undefined>;
}

/** Servers that wait for a conversation because there are as many as there may be: one request a server, in their order. */
export class WaitingList {
  readonly #deps: WaitingListDeps;
  readonly #waiting = new Map<string, { readonly request: OpenRequest; readonly since: number }>();
  #serving: Promise<void> | undefined;
  #served: string | undefined;
  #closed = false;

  constructor(deps: WaitingListDeps) {
    this.#deps = deps;
  }

  /** Whether a request of this server has to wait: there is no room, or others were there before. */
  mustWait(guildId: string): boolean {
    const { most } = this.#deps;
    if (most === undefined) return false;
    if (this.#deps.count() >= most) return true;
    return this.#served !== guildId && [...this.#waiting.keys()].some((id) => id !== guildId);
  }

  /** Puts a request on the list, in the place of an earlier one of the same server. Gives its place, from 1 on. */
  add(request: OpenRequest): number {
    const since = this.#waiting.get(request.guildId)?.since ?? performance.now();
    this.#waiting.set(request.guildId, { request, since });
    if (this.#waiting.size > MOST_WAITING) this.#waiting.delete(this.#waiting.keys().next().value as string);
    return this.placeOf(request.guildId) ?? this.#waiting.size;
  }

  /** The place of this server, from 1 on; undefined: it does not wait. */
  placeOf(guildId: string): number | undefined {
    const at = [...this.#waiting.keys()].indexOf(guildId);
    return at < 0 ? undefined : at + 1;
  }

  /** False where it did not wait. */
  remove(guildId: string): boolean {
    return this.#waiting.delete(guildId);
  }

  /** There may be room: whoever is first has it. Resolves when nobody more can be served. */
  serve(): Promise<void> {
    this.#serving ??= this.#serve().finally(() => {
      this.#serving = undefined;
      this.#served = undefined;
    });
    return this.#serving;
  }

  close(): void {
    this.#closed = true;
    this.#waiting.clear();
  }

  async #serve(): Promise<void> {
    const { most = Number.POSITIVE_INFINITY, count, admit, open } = this.#deps;
    for (;;) {
      const [first] = this.#waiting;
      if (!first || this.#closed || count() >= most) return;
      const [guildId, { request, since }] = first;
      // It keeps its place until it is decided: nobody slips in.
      this.#served = guildId;
      const isWanted = performance.now() - since < LONGEST_WAIT_MS && (await admit(request));
      // It may have been given up, or changed, meanwhile.
      if (this.#waiting.get(guildId)?.request !== request) continue;
      this.#waiting.delete(guildId);
      if (isWanted) await open(request);
    }
  }
}
