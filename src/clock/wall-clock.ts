/** A server's word is to the second, and takes a while to come: nearer than this the machine's own clock is right. */
const RIGHT_MS = 30_000;
/** A clock that moved against the monotonic one by more than this was set, or the machine slept. */
const STEP_MS = 2_000;
/** Where nobody else tells the time, a clock that was set is believed once it has stood for so long. */
const STANDS_MS = 120_000;
/** Two answers that agree: within this. */
const AGREE_MS = 10_000;
/** The time is asked for at most so often … */
const MOST_ASKED = 3;
/** … in this. */
const ASKED_WITHIN_MS = 60_000;
/** A Date header is cut down to the second. */
const HALF_SECOND_MS = 500;

/** Where the time comes from; only tests need others. */
export interface ClockSources {
  /** Ms since 1970 by the machine's clock, which may be wrong and be set at any moment. */
  readonly machine: () => number;
  /** Ms that only ever grow, and that stand still while the machine sleeps. */
  readonly monotonic: () => number;
}

const SOURCES: ClockSources = { machine: () => Date.now(), monotonic: () => performance.now() };

/** What a server told, and where the machine's clock stood then; both against the monotonic clock. */
interface Told {
  readonly server: number;
  readonly machine: number;
}

/**
 * The time of day, in ms since 1970, for whatever people or the database are to see. The machine's clock may be an hour or
 * forty years off (a board without a battery starts in 1970) and be set while the process runs, so it is checked against
 * what Discord says with each answer: where the two differ, Discord is right. Between two answers the monotonic clock
 * counts. Where nobody tells the time, the machine's clock is followed, but not at once when it jumps.
 */
export class WallClock {
  readonly #sources: ClockSources;
  #told: Told | undefined;
  /** Told once, and not what was told before: it counts when it is told again. */
  #doubtful: number | undefined;
  /** Without anybody's word: how far the machine's clock was ahead of the monotonic one while it ran evenly. */
  #even: number;
  /** Where it went from there, and when. */
  #jump: { readonly to: number; readonly at: number } | undefined;
  #asked = { since: Number.NEGATIVE_INFINITY, times: 0 };
  #ask: (() => void) | undefined;

  constructor(sources: ClockSources = SOURCES) {
    this.#sources = sources;
    this.#even = this.#machine;
  }

  /** Now. Whole ms. */
  now(): number {
    return Math.round(this.#sources.monotonic() + this.#ahead());
  }

  /** An instant of the monotonic clock (performance.now()). */
  at(monotonic: number): number {
    return Math.round(monotonic + this.#ahead());
  }

  /** A server whose clock is right showed this just now. */
  heard(serverMs: number): void {
    if (!Number.isFinite(serverMs)) return;
    const server = serverMs + HALF_SECOND_MS - this.#sources.monotonic();
    const told = this.#told;
    const near = (other: number | undefined): boolean => other !== undefined && Math.abs(server - other) <= AGREE_MS;
    // An answer that took its time shows an old time: of several the latest is the best.
    if (!told) this.#told = { server, machine: this.#machine };
    else if (near(told.server)) this.#told = { server: Math.max(server, told.server), machine: this.#machine };
    else if (near(this.#doubtful)) this.#told = { server, machine: this.#machine };
    else {
      // One answer may be a cache's, or have been on the way for a minute.
      this.#doubtful = server;
      this.#wonder();
      return;
    }
    this.#doubtful = undefined;
  }

  /** `ask`: called where the time should be told anew; what is heard of it comes by heard(). Returns what ends it. */
  onDoubt(ask: () => void): () => void {
    this.#ask = ask;
    return () => {
      if (this.#ask === ask) this.#ask = undefined;
    };
  }

  /** Somebody told the time, and nothing has made it doubtful since. */
  get confirmed(): boolean {
    return this.#told !== undefined && Math.abs(this.#machine - this.#told.machine) <= STEP_MS;
  }

  /** By how much the machine's clock is ahead; negative: behind; 0: it is right, as far as anybody knows. */
  get wrongByMs(): number {
    if (!this.#told) return 0;
    const ahead = this.#machine - this.#told.server;
    return Math.abs(ahead) > RIGHT_MS ? Math.round(ahead) : 0;
  }

  get #machine(): number {
    return this.#sources.machine() - this.#sources.monotonic();
  }

  /** Of the monotonic clock. */
  #ahead(): number {
    const machine = this.#machine;
    const told = this.#told;
    if (!told) return this.#alone(machine);
    if (Math.abs(machine - told.machine) > STEP_MS) this.#wonder();
    return Math.abs(machine - told.server) <= RIGHT_MS ? machine : told.server;
  }

  #alone(machine: number): number {
    const jump = this.#jump;
    if (Math.abs(machine - this.#even) <= STEP_MS) {
      this.#even = machine;
      this.#jump = undefined;
    } else if (!jump || Math.abs(machine - jump.to) > STEP_MS) {
      this.#jump = { to: machine, at: this.#sources.monotonic() };
      this.#wonder();
    } else if (this.#sources.monotonic() - jump.at >= STANDS_MS) {
      this.#even = machine;
      this.#jump = undefined;
    }
    return this.#even;
  }

  #wonder(): void {
    const now = this.#sources.monotonic();
    if (now - this.#asked.since >= ASKED_WITHIN_MS) this.#asked = { since: now, times: 0 };
    if (!this.#ask || this.#asked.times >= MOST_ASKED) return;
    this.#asked.times += 1;
    this.#ask();
  }
}

/** The one of this process. */
export const wallClock = new WallClock();
