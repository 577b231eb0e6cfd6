import type { Client } from 'discord.js';
import type { OwnRecords } from './bridge/privacy-ports.ts';
import { wallClock } from './clock/wall-clock.ts';
import { OldPosts } from './discord/old-posts.ts';
import type { Log } from './log.ts';
import { KeptOwnRecords, type OwnRecordsParts, type Remembers } from './own-records.ts';
import { PostEditing } from './post-editing.ts';
import type { Storage } from './storage.ts';

/** Where words of people are. */
export interface ForgettingParts {
  readonly client: Client;
  readonly storage: Pick<Storage, 'record' | 'removals' | 'settings'>;
  /** What people used. */
  readonly usage: OwnRecordsParts['usage'];
  /** Whether a conversation still writes this message; see Transcript.holds. */
  readonly holds: (messageId: string) => 'shown' | 'due' | undefined;
  /** Conversations first: what is on its way must not come back. */
  readonly memories: readonly Remembers[];
  /** What is made of the record, and would be made of it again before it is gone. */
  readonly copies: readonly Remembers[];
  readonly log: Log;
}

/** How people's words go again: out of the database, out of what remembers them, and out of the posts. */
export class Forgetting {
  readonly ownRecords: OwnRecords;
  readonly #editing: PostEditing;

  constructor({ client, storage, usage, holds, memories, copies, log }: ForgettingParts) {
    const { record, removals, settings } = storage;
    this.#editing = new PostEditing({
      store: removals,
      posts: new OldPosts(client),
      linesIn: (post) => record.persons.linesIn(post),
      holds,
      log,
    });
    this.ownRecords = new KeptOwnRecords({
      persons: record.persons,
      removals,
      usage,
      settings,
      editing: this.#editing,
      memories,
      copies,
      now: () => wallClock.now(),
    });
  }

  /** Goes on with the posts that are to be edited. */
  start(): void {
    this.#editing.start();
  }

  close(): Promise<void> {
    return this.#editing.close();
  }
}
