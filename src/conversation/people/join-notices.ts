import type { Person, UserId } from '../../ports/voice.ts';

/** Those who come within this time are told together. */
const TOGETHER_MS = 2_000;
/** The voice server may name somebody before the gateway says that they are there: so often they are looked for. */
const LOOKS = 3;

/** Who comes into the channel and does not know yet that the bot listens. Each is told once in a conversation. */
export class JoinNotices {
  readonly #people: () => readonly Person[];
  readonly #tell: (people: readonly Person[]) => Promise<void>;
  readonly #togetherMs: number;
  readonly #told = new Set<UserId>();
  readonly #waiting = new Map<UserId, { looks: number }>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** `people`: who is there now, no bots. `tell` must not reject. */
  constructor(options: {
    people: () => readonly Person[];
    tell: (people: readonly Person[]) => Promise<void>;
    togetherMs?: number;
  }) {
    this.#people = options.people;
    this.#tell = options.tell;
    this.#togetherMs = options.togetherMs ?? TOGETHER_MS;
  }

  /** Everybody who is there now is told by somebody else. */
  presentTold(): void {
    for (const { userId } of this.#people()) {
      this.#told.add(userId);
      this.#waiting.delete(userId);
    }
  }

  joined(userId: UserId): void {
    if (this.#closed || this.#told.has(userId)) return;
    this.#waiting.set(userId, { looks: 0 });
    this.#wait();
  }

  /** Whoever is gone before they are told is told when they come back. */
  left(userId: UserId): void {
    this.#waiting.delete(userId);
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, this.#togetherMs).unref();
  }

  #look(): void {
    const here = this.#people().filter(({ userId }) => this.#waiting.has(userId));
    for (const { userId } of here) {
      this.#waiting.delete(userId);
      this.#told.add(userId);
    }
    for (const [userId, one] of this.#waiting) {
      one.looks += 1;
      if (one.looks >= LOOKS) this.#waiting.delete(userId);
    }
    if (this.#waiting.size > 0) this.#wait();
    if (here.length > 0) void this.#tell(here);
  }
}
