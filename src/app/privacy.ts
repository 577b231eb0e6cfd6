import type { Client } from 'discord.js';
import { wallClock } from '../clock/wall-clock.ts';
import { ArchivedPosts } from '../discord/text/archived-posts.ts';
import type { Log } from '../lib/log.ts';
import type { OwnRecords } from '../ports/personal-data.ts';
import { KeptOwnRecords, type OwnRecordsDeps } from '../privacy/personal-data.ts';
import { PostEditing } from '../privacy/post-redactor.ts';
import type { Storage } from './storage.ts';

/** Where words of people are. */
export interface ForgettingDeps {
  readonly client: Client;
  readonly storage: Pick<Storage, 'record' | 'removals' | 'settings'>;
  /** What people used. */
  readonly usage: OwnRecordsDeps['usage'];
  /** Whether a conversation still writes this message; see Transcript.holds. */
  readonly holds: (messageId: string) => 'shown' | 'due' | undefined;
  readonly memories: OwnRecordsDeps['memories'];
  readonly copies: OwnRecordsDeps['copies'];
  readonly log: Log;
}

/** How people's words go again: out of the database, out of what remembers them, and out of the posts. */
export class Forgetting {
  readonly ownRecords: OwnRecords;
  readonly #editing: PostEditing;

  constructor({ client, storage, usage, holds, memories, copies, log }: ForgettingDeps) {
    const { record, removals, settings } = storage;
    this.#editing = new PostEditing({
      store: removals,
      posts: new ArchivedPosts(client),
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
