// Whether what people say, choose and spend can be written down, as those see it who tell people. Types only.

/** Why the database does not take what it is given. */
export interface StorageTrouble {
  /** For people, such as `the disk is full`. */
  readonly reason: string;
  /** Since when, in ms of performance.now(). */
  readonly since: number;
}

/** Something that keeps in memory what could not be written. */
export interface Unwritten {
  /** What waits, such as `utterances`. */
  readonly what: string;
  /** How much of it waits; what is given up is not counted. */
  readonly waiting: number;
  /** Whose it is; absent: everybody's. */
  readonly guildId?: string;
  /** It can only be written after all others. */
  readonly last?: true;
  /** Writes what waits. Rejects where it cannot be written (yet). */
  catchUp(): Promise<void>;
}

/** How the database is, and who waits for it. */
export interface StorageHealth {
  /** undefined: it takes everything. */
  readonly trouble: StorageTrouble | undefined;
  /** Whether a write has a chance now; while it has none, what is written waits for catchUp(). */
  readonly writable: boolean;
  /** A write failed. Gives whether that is the database's trouble: then who joined is asked to catch up later. */
  failed(error: unknown): boolean;
  /** `unwritten` is asked to catch up whenever that may work again. Gives what ends that. */
  join(unwritten: Unwritten): () => void;
  /** How many utterances of a guild wait to be written. */
  waiting(guildId: string): number;
}
