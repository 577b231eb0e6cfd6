import type { Log } from '../lib/log.ts';
import type { PostedIn, RecordedConversation, RecordedLine, RecordedTurn, RecordWriter } from '../ports/record.ts';
import type { StorageHealth, Unwritten } from '../ports/storage.ts';
import type { UserId } from '../ports/voice.ts';
import { DatabaseTrouble } from '../store/database/trouble.ts';

/** What nobody posts is written this long after it happened at the latest. */
const WRITE_AFTER_MS = 500;
/** A write that failed is tried again after this. */
const RETRY_MS = 5_000;
/** Lines that are remembered, so that late words still find theirs. */
const REMEMBERED = 400;
/** Lines of a conversation that wait while nothing can be written; past it the oldest is lost. An hour of talk and more. */
export const WAITING_LIMIT = 2_000;
/** What is over by then is nobody's trouble. */
const GRACE_MS = 1_500;
/** A write that takes longer is as good as failed; it may still come to its end. */
const SLOW_MS = 2_500;

/** What people should know of their record. `written`, `lost`, `ofOthers` (of conversations before): utterances. */
export type RecordNews =
  | { readonly kind: 'behind'; readonly ofOthers: number }
  | { readonly kind: 'caught-up'; readonly written: number; readonly lost: number };

/** What an outbox is made with. */
export interface OutboxDeps {
  readonly writer: RecordWriter;
  readonly conversation: RecordedConversation;
  readonly log: Pick<Log, 'error'>;
  /** Says when a write has a chance again, also after close(). Absent: it is tried every 5 s until close(). */
  readonly health?: StorageHealth;
  /** Told when nothing could be written for a moment, and when that is over. */
  readonly tell?: (news: RecordNews) => void;
}

/**
 * What is known of a running conversation, on its way into the record: batches of what changed, one write at a time. A
 * write that fails is tried again. Whoever made it closes it.
 */
export class RecordOutbox {
  readonly #deps: OutboxDeps;
  readonly #unwritten: Unwritten;
  readonly #leave: (() => void) | undefined;
  readonly #allWritten = Promise.withResolvers<void>();
  #conversation: RecordedConversation;
  readonly #turns = new Map<number, RecordedTurn>();
  readonly #lines = new Map<string, RecordedLine>();
  #dirtyTurns = new Set<number>();
  #dirtyLines = new Set<string>();
  /** Turns that have to be taken out of the database. */
  #withdrawn = new Set<number>();
  /** Lines that have to be taken out of the database. */
  #withdrawnLines = new Set<number>();
  #dirty = true;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #state: 'well' | 'failing' | 'told' = 'well';
  #telling: NodeJS.Timeout | undefined;
  /** Utterances that were given up. */
  #lost = 0;
  /** Lines that stand in the record, as they are or as they were. */
  readonly #recorded = new Set<string>();
  #closed = false;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    this.#conversation = deps.conversation;
    this.#unwritten = this.#waiting();
    this.#leave = deps.health?.join(this.#unwritten);
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
    this.#bound(this.#turns, this.#dirtyTurns);
  }

  /** A line as it is now. */
  putLine(key: string, line: RecordedLine): void {
    this.#lines.set(key, line);
    this.#dirtyLines.add(key);
    this.#touch();
    this.#bound(this.#lines, this.#dirtyLines);
  }

  /** These lines stand in this message. */
  posted(keys: readonly string[], post: PostedIn): void {
    for (const key of keys) {
      const line = this.#lines.get(key);
      if (!line || line.posts.some((one) => one.messageId === post.messageId)) continue;
      this.putLine(key, { ...line, posts: [...line.posts, post] });
    }
  }

  /** These lines were deleted or emptied in the database: what is remembered of them is not written again. */
  dropLines(ids: ReadonlySet<number>): void {
    for (const [key, { id }] of this.#lines) {
      if (!ids.has(id)) continue;
      this.#lines.delete(key);
      this.#dirtyLines.delete(key);
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

  /** The line is not written, or taken out where it was. */
  withdrawLine(key: string): void {
    const line = this.#lines.get(key);
    if (!line) return;
    this.#lines.delete(key);
    this.#dirtyLines.delete(key);
    this.#withdrawnLines.add(line.id);
    this.#touch();
  }

  /**
   * Resolves when all that is known now is written. Rejects when it could not be, at once where no write has a chance; it
   * is tried again later.
   */
  async flush(): Promise<void> {
    // What is being written now may be older than what the caller is about to post.
    while (this.#writing !== undefined) await this.#writing;
    if (!this.#dirty) return;
    if (this.#deps.health?.writable === false) {
      this.#fellBehind();
      throw new Error('nothing can be written at the moment');
    }
    await this.#begin();
  }

  /**
   * The last write. Does not reject. What cannot be written then waits for a better moment (see `written`), or is lost
   * where nobody says when that is, and the log says so. Idempotent.
   */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.flush().catch(() => {
      if (this.#deps.health) return;
      this.#deps.log.error({ lines: this.#dirtyLines.size }, 'the end of a conversation could not be recorded');
      this.#allWritten.resolve();
    });
    this.#ended();
  }

  /** Resolves when nothing waits any more after close(). */
  get written(): Promise<void> {
    return this.#allWritten.promise;
  }

  /**
   * Writes nothing any more of what this person said, asked for or was told alone, came or left so far. Resolves when no
   * write is under way.
   */
  async erase(userId: UserId): Promise<void> {
    const turns = new Set([...this.#turns.values()].filter((one) => one.userId === userId).map(({ turnId }) => turnId));
    for (const [key, line] of this.#lines) {
      if (!concerns(line, userId, turns)) continue;
      this.#lines.delete(key);
      this.#dirtyLines.delete(key);
      this.#recorded.delete(key);
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
    if (this.#closed && !this.#deps.health) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.flush().catch(() => {});
    }, afterMs).unref();
  }

  async #begin(): Promise<void> {
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  async #write(): Promise<void> {
    const turns = this.#dirtyTurns;
    const lines = this.#dirtyLines;
    const withdrawn = this.#withdrawn;
    const withdrawnLines = this.#withdrawnLines;
    this.#withdrawn = new Set();
    this.#withdrawnLines = new Set();
    this.#dirtyTurns = new Set();
    this.#dirtyLines = new Set();
    this.#dirty = false;
    const fresh = this.#fresh(lines).length;
    const batch = {
      conversation: this.#conversation,
      turns: [...turns].flatMap((id) => this.#turns.get(id) ?? []),
      lines: [...lines].flatMap((key) => this.#lines.get(key) ?? []),
      ...(withdrawn.size > 0 && { withdrawn: [...withdrawn] }),
      ...(withdrawnLines.size > 0 && { withdrawnLines: [...withdrawnLines] }),
    };
    const slow = setTimeout(() => this.#failed(new DatabaseTrouble('the database does not answer')), SLOW_MS).unref();
    try {
      await this.#deps.writer.write(batch);
    } catch (error) {
      for (const id of turns) if (this.#turns.has(id)) this.#dirtyTurns.add(id);
      for (const key of lines) if (this.#lines.has(key)) this.#dirtyLines.add(key);
      for (const id of withdrawn) this.#withdrawn.add(id);
      for (const id of withdrawnLines) this.#withdrawnLines.add(id);
      this.#dirty = true;
      this.#failed(error);
      throw error;
    } finally {
      clearTimeout(slow);
    }
    for (const key of lines) if (this.#lines.has(key)) this.#recorded.add(key);
    this.#caughtUp(fresh);
  }

  #failed(error: unknown): void {
    const { health, log } = this.#deps;
    if (!health?.failed(error)) {
      const message = 'what is said cannot be recorded, so it is not posted either: is the disk full? Trying again';
      if (this.#state === 'well') log.error({ err: error, guildId: this.#conversation.guildId }, message);
      this.#wake(RETRY_MS);
    }
    this.#fellBehind();
  }

  #fellBehind(): void {
    if (this.#state !== 'well') return;
    this.#state = 'failing';
    this.#telling = setTimeout(() => {
      const { guildId, waiting } = this.#unwritten;
      // Of a conversation that is over, nobody waits to hear that nothing has to be kept.
      if (this.#closed && waiting === 0) return;
      this.#state = 'told';
      const all = this.#deps.health?.waiting(guildId ?? '') ?? waiting;
      this.#deps.tell?.({ kind: 'behind', ofOthers: all - waiting });
    }, GRACE_MS).unref();
  }

  #caughtUp(written: number): void {
    clearTimeout(this.#telling);
    const told = this.#state === 'told';
    const lost = this.#lost;
    this.#state = 'well';
    this.#lost = 0;
    const { guildId } = this.#conversation;
    if (lost > 0) this.#deps.log.error({ guildId, lost }, 'utterances are lost: too many waited to be written');
    const isNews = told && (!this.#closed || written > 0);
    if (isNews || lost > 0) this.#deps.tell?.({ kind: 'caught-up', written, lost });
    this.#ended();
  }

  #ended(): void {
    if (!this.#closed || this.#dirty) return;
    this.#leave?.();
    this.#allWritten.resolve();
  }

  #waiting(): Unwritten {
    const count = (): number => this.#lost + this.#fresh(this.#dirtyLines).length;
    return {
      what: 'utterances',
      guildId: this.#conversation.guildId,
      get waiting() {
        return count();
      },
      catchUp: async () => {
        await this.#writing?.catch(() => {});
        if (this.#dirty) await this.#begin();
      },
    };
  }

  /** Those of which the record has nothing yet. */
  #fresh(keys: Iterable<string>): readonly string[] {
    return [...keys].filter((key) => !this.#recorded.has(key) && hasWords(this.#lines.get(key)));
  }

  /** Forgets the oldest that is written; where too much is not, the oldest of all, which is lost. */
  #bound<K>(known: Map<K, unknown>, dirty: Set<K>): void {
    if (known.size <= REMEMBERED) return;
    for (const key of known.keys()) {
      if (dirty.has(key) && known.size <= WAITING_LIMIT) continue;
      if (typeof key === 'string') {
        if (dirty.has(key)) this.#lost += this.#fresh([key]).length;
        this.#recorded.delete(key);
      }
      known.delete(key);
      dirty.delete(key);
      return;
    }
  }
}

/** Whether somebody said something in it. */
function hasWords(line: RecordedLine | undefined): boolean {
  return line?.kind === 'utterance' && line.text !== '';
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
