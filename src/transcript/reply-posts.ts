import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { Turn } from '../ports/voice.ts';
import type { Entry } from './entry.ts';
import { ownersOf, type Posting } from './posting.ts';

type ReplyEntry = Extract<Entry, { kind: 'reply' }>;
type WorkEntry = Extract<Entry, { kind: 'work' }>;
type ReplyEvent = Extract<BridgeEvent, { type: `reply-${string}` }>;
type Work = WorkEntry['work'];

/** What the bot answered, and what the provider did for it: each reply with its post, and one for its sources. */
export class ReplyPosts {
  readonly #posting: Posting;
  readonly #replies = new Map<string, ReplyEntry>();
  /** Sources by reply, so that those which come later stand with the first ones. */
  readonly #sources = new Map<string, WorkEntry>();

  constructor(posting: Posting) {
    this.#posting = posting;
  }

  observe(event: ReplyEvent): void {
    const known = this.#replies.get(event.replyId);
    // Words of a reply that is not known (any more) are shown all the same.
    const begin = event.type === 'reply-started' || event.type === 'reply-transcript';
    const turns = event.type === 'reply-started' ? event.turns : [];
    const reply = known ?? (begin ? this.#begin(event.replyId, turns, event.type === 'reply-transcript') : undefined);
    if (!reply) return;
    switch (event.type) {
      case 'reply-started':
        return;
      case 'reply-audible':
        reply.audible = true;
        break;
      case 'reply-transcript':
        reply.text += event.delta;
        break;
      case 'reply-ended': {
        const { heardMs, producedMs, interrupted } = event;
        reply.ended = { heardMs, producedMs, interrupted };
        break;
      }
      default:
        event satisfies never;
    }
    this.#posting.changed(reply, true);
  }

  /** What is shown of a reply; undefined: nothing, or it is not known any more. */
  of(replyId: string): Entry | undefined {
    return this.#replies.get(replyId);
  }

  /** The provider did something for a reply to these turns. */
  worked(replyId: string, turns: readonly Turn[], work: Work): void {
    if (work.kind !== 'sources') {
      this.#beginWork(work, turns);
      return;
    }
    const { suggestions = [] } = work;
    if (work.sources.length === 0 && suggestions.length === 0) return;
    const known = this.#sources.get(replyId);
    if (known?.work.kind !== 'sources') {
      this.#sources.set(replyId, this.#beginWork(work, turns));
      return;
    }
    known.work = {
      ...work,
      sources: [...known.work.sources, ...work.sources],
      suggestions: [...(known.work.suggestions ?? []), ...suggestions],
    };
    this.#posting.changed(known, true);
  }

  /** These are not written any more. */
  evict(entries: ReadonlySet<Entry>): void {
    for (const known of [this.#replies, this.#sources]) {
      for (const [id, entry] of known) if (entries.has(entry)) known.delete(id);
    }
  }

  /** Remembers the newest `most` of a kind alone. */
  keep(most: number): void {
    for (const known of [this.#replies, this.#sources]) {
      if (known.size > most) known.delete(known.keys().next().value as string);
    }
  }

  #begin(replyId: string, turns: readonly Turn[], audible: boolean): ReplyEntry {
    const entry: ReplyEntry = { kind: 'reply', text: '', audible, ended: null };
    this.#posting.begin(entry, `reply:${replyId}`, ownersOf(turns));
    this.#replies.set(replyId, entry);
    return entry;
  }

  #beginWork(work: Work, turns: readonly Turn[]): WorkEntry {
    const entry: WorkEntry = { kind: 'work', work };
    this.#posting.begin(entry, undefined, ownersOf(turns));
    return entry;
  }
}
