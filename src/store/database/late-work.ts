import type { StorageHealth, Unwritten } from '../../ports/storage.ts';

/** What late work is made of. */
export interface LateWorkParts<T> {
  /** What waits, such as `cards of rules`, for the log. */
  readonly what: string;
  /** Does one piece. Rejects where the database does not work. */
  readonly act: (piece: T) => Promise<void>;
  /** So many pieces wait at most; past it the oldest is given up, which `lost` is told. */
  readonly most: number;
  readonly lost: (piece: T, error: unknown) => void;
  /** Without it nothing is tried again. */
  readonly health?: StorageHealth | undefined;
}

/** Work of which each piece counts, in its order: what the database's trouble kept from being done is done after it. */
export class LateWork<T> {
  readonly #parts: LateWorkParts<T>;
  readonly #waiting: { readonly piece: T; readonly error: unknown }[] = [];

  /** It is done after what others have to write. */
  constructor(parts: LateWorkParts<T>) {
    this.#parts = parts;
    const waiting = this.#waiting;
    const unwritten: Unwritten = {
      what: parts.what,
      last: true,
      get waiting() {
        return waiting.length;
      },
      catchUp: () => this.#catchUp(),
    };
    parts.health?.join(unwritten);
  }

  /** Does it now or later. Rejects where it failed and is not tried again. */
  async run(piece: T): Promise<void> {
    const { act, health } = this.#parts;
    try {
      await act(piece);
    } catch (error) {
      if (!health?.failed(error)) throw error;
      this.#keep(piece, error);
    }
  }

  /** Pieces that wait and are wanted no more. */
  drop(unwanted: (piece: T) => boolean): void {
    const kept = this.#waiting.filter(({ piece }) => !unwanted(piece));
    this.#waiting.splice(0, this.#waiting.length, ...kept);
  }

  #keep(piece: T, error: unknown): void {
    this.#waiting.push({ piece, error });
    if (this.#waiting.length <= this.#parts.most) return;
    const oldest = this.#waiting.shift();
    if (oldest) this.#parts.lost(oldest.piece, oldest.error);
  }

  async #catchUp(): Promise<void> {
    for (;;) {
      const [first] = this.#waiting;
      if (!first) return;
      await this.#parts.act(first.piece).catch((error: unknown) => {
        if (this.#parts.health?.failed(error)) throw error;
        this.#parts.lost(first.piece, error);
      });
      const at = this.#waiting.indexOf(first);
      if (at >= 0) this.#waiting.splice(at, 1);
    }
  }
}
