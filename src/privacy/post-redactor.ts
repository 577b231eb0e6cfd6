import { setTimeout as wait } from 'node:timers/promises';
import type { ArchivedPosts, PostChange } from '../discord/text/archived-posts.ts';
import type { Log } from '../lib/log.ts';
import type { PostedIn, RecordedLine } from '../ports/record.ts';
import type { PostRemoval, RemovalStore } from '../store/record/post-removals.ts';
import { REMOVED } from '../transcript/entry.ts';
import { withoutLines } from '../transcript/recorded-lines.ts';

/** From one edit to the next: transcripts of conversations that run share Discord's limits with us. */
const INTERVAL_MS = 1_500;
/** A message that could not be edited, or that a conversation still writes, is tried again after this. */
const RETRY_MS = 20_000;
/** A day of trying. */
const MOST_FAILURES = 4_320;

/** What old posts are edited with. `intervalMs`, `retryMs`: only tests need others. */
export interface PostEditingDeps {
  readonly store: RemovalStore;
  readonly posts: Pick<ArchivedPosts, 'change' | 'replace'>;
  /** The lines that are still kept and stand in this message. */
  readonly linesIn: (post: PostedIn) => Promise<readonly RecordedLine[]>;
  /** Whether a conversation that runs still writes this message; see Transcript.holds. */
  readonly holds: (messageId: string) => 'shown' | 'due' | undefined;
  readonly log: Log;
  readonly intervalMs?: number;
  readonly retryMs?: number;
}

/**
 * Takes what was forgotten out of old posts, one after the other at a bounded rate. What is to be done is in the
 * database, so that a restart forgets none. Whoever made it closes it.
 */
export class PostEditing {
  readonly #deps: PostEditingDeps;
  readonly #closing = new AbortController();
  readonly #notBefore = new Map<number, number>();
  #running: Promise<void> = Promise.resolve();
  #idle: AbortController | undefined;
  /** Something came while nothing else was found. */
  #woken = false;

  constructor(deps: PostEditingDeps) {
    this.#deps = deps;
  }

  /** Begins, with what an earlier process left. Returns at once. */
  start(): void {
    this.#running = this.#run();
  }

  /** There is more to do. */
  wake(): void {
    this.#woken = true;
    this.#idle?.abort();
  }

  /** Resolves when the edit under way is done. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    const { intervalMs = INTERVAL_MS, retryMs = RETRY_MS } = this.#deps;
    while (!signal.aborted) {
      this.#woken = false;
      const worked = await this.#step().catch((error: unknown) => {
        this.#deps.log.warn({ err: error }, 'old posts could not be edited; trying again');
        return false;
      });
      if (!worked && this.#woken) continue;
      this.#idle = new AbortController();
      const until = AbortSignal.any([signal, ...(worked ? [] : [this.#idle.signal])]);
      await wait(worked ? intervalMs : retryMs, undefined, { signal: until, ref: false }).catch(() => {});
    }
  }

  /** Does the next one; false where none is due. */
  async #step(): Promise<boolean> {
    const { store, holds, retryMs = RETRY_MS } = this.#deps;
    const now = performance.now();
    for (const [id, at] of this.#notBefore) if (at <= now) this.#notBefore.delete(id);
    const [removal] = await store.next([...this.#notBefore.keys()], 1);
    if (!removal) return false;
    const held = holds(removal.post.messageId);
    // The conversation edits its own newest messages itself.
    if (held && removal.extent === 'lines') {
      if (held === 'shown') await store.done(removal.id);
      else this.#notBefore.set(removal.id, now + retryMs);
      return true;
    }
    await this.#settle(removal, await this.#change(removal));
    return true;
  }

  async #change({ post, extent, beginnings }: PostRemoval): Promise<PostChange> {
    const { posts, linesIn } = this.#deps;
    if (extent === 'lines') {
      const change = await posts.change(post, async (text) => withoutLines(text, beginnings, await linesIn(post)));
      // What is left may be what a newer rule of the server keeps out: the words go all the same, with the rest.
      if (change.kind !== 'untaken') return change;
    }
    return posts.replace(post, REMOVED);
  }

  async #settle(removal: PostRemoval, change: PostChange): Promise<void> {
    const { store, log, retryMs = RETRY_MS } = this.#deps;
    const { id, post, guildId, failures } = removal;
    switch (change.kind) {
      case 'done':
      case 'gone':
        await store.done(id);
        break;
      case 'later':
        if (failures + 1 >= MOST_FAILURES) await store.giveUp(id, 'Discord did not take the change for a day');
        else await store.failed(id);
        this.#notBefore.set(id, performance.now() + retryMs);
        break;
      case 'untaken':
      case 'refused': {
        const reason = change.kind === 'refused' ? change.reason : 'Discord does not take the text';
        log.warn({ guildId, ...post, reason }, 'an old post could not be edited');
        await store.giveUp(id, reason);
        break;
      }
      default:
        change satisfies never;
    }
  }
}
