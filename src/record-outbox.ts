import type { UserId } from './bridge/ports.ts';
import type {
  PostedIn,
  RecordedConversation,
  RecordedLine,
  RecordedTurn,
  RecordWriter,
} from './bridge/record-ports.ts';
import type { Log } from './log.ts';

/** What nobody posts is written this long after it happened at the latest. */
const WRITE_AFTER_MS = 500;
/** A write that failed is tried again after this. */
const RETRY_MS = 5_000;
/** Lines that are remembered, so that late words still find theirs. */
const REMEMBERED = 400;
/** While nothing can be written: past it the oldest line is dropped. Hours of talk. */
const WAITING_LIMIT = 10_000;

/**
 * What is known of a running conversation, on its way into the record: batches of what changed, one write at a time. A
 * write that fails is tried again. Whoever made it closes it.
 */
export class RecordOutbox {
  readonly #writer: RecordWriter;
  readonly #log: Pick<Log, 'error'>;
  #conversation: RecordedConversation;
  readonly #turns = new Map<number, RecordedTurn>();
  readonly #lines = new Map<string, RecordedLine>();
  #dirtyTurns = new Set<number>();
  #dirtyLines = new Set<string>();
  /** Turns that have to be taken out of the database. */
  #withdrawn = new Set<number>();
  #dirty = true;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;
  #closed = false;

  constructor(options: { writer: RecordWriter; conversation: RecordedConversation; log: Pick<Log, 'error'> }) {
    this.#writer = options.writer;
    this.#conversation = options.conversation;
    this.#log = options.log;
    this.#wake();
  }

  get conversation(): RecordedConversation {
    return this.#conversation;
  }

  set conversation(conversation: RecordedConversation) {
    this.#conversation = conversation;
    this.#touch();
  }

  /** Those that are remembered. */
  get turns(): readonly RecordedTurn[] {
    return [...this.#turns.values()];
  }

  /** Those that are remembered, by their keys. */
  get lines(): readonly (readonly [key: string, line: RecordedLine])[] {
    return [...this.#lines];
  }

  turn(id: number): RecordedTurn | undefined {
    return this.#turns.get(id);
  }

  line(key: string): RecordedLine | undefined {
    return this.#lines.get(key);
  }

  /** A turn as it is now. */
  putTurn(turn: RecordedTurn): void {
    this.#turns.set(turn.turnId, turn);
    this.#dirtyTurns.add(turn.turnId);
    this.#touch();
    bound(this.#turns, this.#dirtyTurns);
  }

  /** A line as it is now. */
  putLine(key: string, line: RecordedLine): void {
    this.#lines.set(key, line);
    this.#dirtyLines.add(key);
    this.#touch();
    bound(this.#lines, this.#dirtyLines);
  }

  /** These lines stand in this message. */
  posted(keys: readonly string[], post: PostedIn): void {
    for (const key of keys) {
      const line = this.#lines.get(key);
      if (!line || line.posts.some((one) => one.messageId === post.messageId)) continue;
      this.putLine(key, { ...line, posts: [...line.posts, post] });
    }
  }

  /** The turn and its line are not written, or taken out where they were, without waiting for anything else. */
  withdraw(turnId: number, key: string): void {
    this.#turns.delete(turnId);
    this.#dirtyTurns.delete(turnId);
    this.#lines.delete(key);
    this.#dirtyLines.delete(key);
    this.#withdrawn.add(turnId);
    this.#touch();
    this.flush().catch(() => {});
  }

  /** Resolves when all that is known now is written. Rejects when it could not be; it is tried again later. */
  async flush(): Promise<void> {
    // What is being written now may be older than what the caller is about to post.
    while (this.#writing) await this.#writing;
    if (!this.#dirty) return;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  /** The last write. Does not reject; what cannot be written then is lost, and the log says so. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.flush().catch(() => {
      this.#log.error({ lines: this.#dirtyLines.size }, 'the end of a conversation could not be recorded');
    });
  }

  /**
   * Writes nothing any more of what this person said, asked for or was told alone, came or left so far. Resolves when no
   * write is under way.
   */
  async forget(userId: UserId): Promise<void> {
    const turns = new Set([...this.#turns.values()].filter((one) => one.userId === userId).map(({ turnId }) => turnId));
    for (const [key, line] of this.#lines) {
      if (!concerns(line, userId, turns)) continue;
      this.#lines.delete(key);
      this.#dirtyLines.delete(key);
    }
    for (const id of turns) {
      this.#turns.delete(id);
      this.#dirtyTurns.delete(id);
    }
    await this.#writing?.catch(() => {});
  }

  #touch(): void {
    this.#dirty = true;
    this.#wake();
  }

  #wake(afterMs = WRITE_AFTER_MS): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.flush().catch(() => {});
    }, afterMs).unref();
  }

  async #write(): Promise<void> {
    const turns = this.#dirtyTurns;
    const lines = this.#dirtyLines;
    const withdrawn = this.#withdrawn;
    this.#withdrawn = new Set();
    this.#dirtyTurns = new Set();
    this.#dirtyLines = new Set();
    this.#dirty = false;
    try {
      await this.#writer.write({
        conversation: this.#conversation,
        turns: [...turns].flatMap((id) => this.#turns.get(id) ?? []),
        lines: [...lines].flatMap((key) => this.#lines.get(key) ?? []),
        ...(withdrawn.size > 0 && { withdrawn: [...withdrawn] }),
      });
      this.#failing = false;
    } catch (error) {
      for (const id of turns) this.#dirtyTurns.add(id);
      for (const key of lines) this.#dirtyLines.add(key);
      for (const id of withdrawn) this.#withdrawn.add(id);
      this.#dirty = true;
      const message = 'what is said cannot be recorded, so it is not posted either: is the disk full? Trying again';
      if (!this.#failing) this.#log.error({ err: error, guildId: this.#conversation.guildId }, message);
      this.#failing = true;
      this.#wake(RETRY_MS);
      throw error;
    }
  }
}

/** Whether the line is to go with this person, whose turns these are. */
function concerns(line: RecordedLine, userId: UserId, turns: ReadonlySet<number>): boolean {
  switch (line.kind) {
    case 'utterance':
      if (line.by === 'person') return line.userId === userId;
      return line.turnIds.length > 0 && line.turnIds.every((id) => turns.has(id));
    case 'tool-call':
      return line.askers.some((asker) => asker.userId === userId);
    case 'joined':
    case 'left':
      return line.userId === userId;
    case 'notice':
      return line.about === userId;
    default:
      return line satisfies never;
  }
}

/** Forgets the oldest that is written. */
function bound<K>(known: Map<K, unknown>, dirty: Set<K>): void {
  if (known.size <= REMEMBERED) return;
  for (const key of known.keys()) {
    if (dirty.has(key) && known.size <= WAITING_LIMIT) continue;
    known.delete(key);
    dirty.delete(key);
    return;
  }
}
