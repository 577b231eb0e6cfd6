/** How often the place that Discord shows is looked at. Ms. */
const EVERY_MS = 60_000;

/** What a place check asks, and whom it tells. */
export interface PlaceCheckDeps {
  /** The voice channel in which Discord shows the bot: null: none; undefined: it cannot be said now. Never rejects. */
  readonly ask: () => Promise<string | null | undefined>;
  readonly tell: (channelId: string | null) => void;
  readonly everyMs?: number;
}

/** Compares, now and then, where Discord shows the bot with where it believes to be: events may be lost. Close it. */
export class PlaceCheck {
  readonly #deps: PlaceCheckDeps;
  readonly #timer: NodeJS.Timeout;
  #asking = false;
  #closed = false;

  constructor(deps: PlaceCheckDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => void this.look(), deps.everyMs ?? EVERY_MS);
  }

  /** Looks now, unless it does already. */
  async look(): Promise<void> {
    if (this.#asking || this.#closed) return;
    this.#asking = true;
    const shownIn = await this.#deps.ask();
    this.#asking = false;
    if (shownIn !== undefined && !this.#closed) this.#deps.tell(shownIn);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }
}
