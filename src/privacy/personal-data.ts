import { Cooldown } from '../lib/cooldown.ts';
import { FairQueue } from '../lib/fair-queue.ts';
import { inOrder } from '../lib/in-order.ts';
import { BusyError } from '../ports/errors.ts';
import type { Forgotten, ForgottenBeside, KeptOfPerson, OwnRecords } from '../ports/personal-data.ts';
import type { SettingsStore } from '../ports/settings.ts';
import type { UserId } from '../ports/voice.ts';
import type { PersonStore } from '../store/personal/person-store.ts';
import type { RemovalStore } from '../store/record/post-removals.ts';
import type { PostEditing } from './post-redactor.ts';

/** What remembers something of people beside the database. */
interface Remembers {
  erase(guildId: string, userId: UserId): void | Promise<void>;
  /** What of others was deleted or emptied as well. */
  eraseBeside?(beside: ForgottenBeside): void;
}

/**
 * What one erasure does, in this order.
 * - Memories are first: what is on its way must not come into the database behind the deletion.
 * - `repeated-words` are what others' rows said again of the person; the deletion tells which.
 * - Copies are made of the record, and would be made of it again before its rows are gone.
 * - `old-posts` only begins: posts are edited at the pace that Discord allows.
 */
export const ERASE_ORDER = ['memories', 'rows', 'repeated-words', 'copies', 'usage', 'old-posts', 'settle'] as const;
/** What remembers people's words beside the database, in the order in which it is told. Conversations make the others. */
export const MEMORIES = ['conversations', 'decisions', 'reruns', 'private-answers', 'summaries', 'exports'] as const;
/** What is made of the record, in the order in which it is told. */
export const COPIES = ['moderation', 'exports'] as const;

/** What people's own records are kept in. */
export interface OwnRecordsDeps {
  readonly persons: PersonStore;
  readonly removals: RemovalStore;
  readonly usage: { erase(guildId: string, userId: UserId): Promise<unknown> };
  readonly settings: Pick<SettingsStore, 'get'>;
  readonly editing: Pick<PostEditing, 'wake'>;
  readonly memories: Readonly<Record<(typeof MEMORIES)[number], Remembers>>;
  readonly copies: Readonly<Record<(typeof COPIES)[number], Remembers>>;
  /** ms since 1970. */
  readonly now: () => number;
}

/** Each forgetting reads all calls of a guild, and has the conversation there begin a session anew, which costs. */
const FORGETTINGS = { burst: 5, everyMs: 60_000 };

/** Shows, hands over and forgets what is kept of one person in one guild. One forgetting at a time, in turn by guild and person. */
export class KeptOwnRecords implements OwnRecords {
  readonly #deps: OwnRecordsDeps;
  readonly #queue = new FairQueue({
    atOnce: 1,
    mostForPerson: FORGETTINGS.burst + 1,
    mostForGuild: Number.POSITIVE_INFINITY,
    mostWaiting: Number.POSITIVE_INFINITY,
  });
  readonly #cooldown = new Cooldown(FORGETTINGS);
  /** What is shown and handed over: each reads all calls of a guild, too. */
  readonly #reads = new FairQueue({
    atOnce: 2,
    atOnceForGuild: 1,
    mostForPerson: 3,
    mostForGuild: 50,
    mostWaiting: 500,
  });

  constructor(deps: OwnRecordsDeps) {
    this.#deps = deps;
  }

  /** Rejects with BusyError where this person, or their server, asks for too much at a time. */
  kept(guildId: string, userId: UserId): Promise<KeptOfPerson> {
    return this.#reads.run({ guildId, userId }, { tooMany: tooMuch, work: () => this.#kept(guildId, userId) });
  }

  async #kept(guildId: string, userId: UserId): Promise<KeptOfPerson> {
    const { persons, removals, settings } = this.#deps;
    const [summary, editing, { retentionDays }] = await Promise.all([
      persons.summary(guildId, userId),
      removals.editing(guildId, userId),
      settings.get(guildId),
    ]);
    return { ...summary, editing, retentionDays };
  }

  /** Looks through what is kept of every server. Rejects like kept(). */
  guildsOf(userId: UserId): Promise<readonly string[]> {
    const work = () => this.#deps.persons.guildsOf(userId);
    return this.#reads.run({ guildId: '', userId }, { tooMany: tooMuch, work });
  }

  /** Rejects like kept(). */
  exported(guildId: string, userId: UserId, also: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return this.#reads.run(
      { guildId, userId },
      { tooMany: tooMuch, work: () => this.#exported(guildId, userId, also) },
    );
  }

  async #exported(guildId: string, userId: UserId, also: Readonly<Record<string, unknown>>): Promise<string> {
    const { persons, settings, now } = this.#deps;
    const [everything, { retentionDays }] = await Promise.all([
      persons.everything(guildId, userId),
      settings.get(guildId),
    ]);
    const head = { guildId, userId, exportedAt: new Date(now()).toISOString(), retentionDays };
    return JSON.stringify({ ...head, ...also, ...everything }, null, 2);
  }

  /** Rejects with BusyError where this person asks for it again and again. */
  async erase(guildId: string, userId: UserId): Promise<Forgotten> {
    const keys = [`${guildId} ${userId}`];
    if (this.#cooldown.waitMs(keys, performance.now()) > 0) throw tooOften();
    this.#cooldown.take(keys, performance.now());
    return this.#queue.run({ guildId, userId }, { tooMany: tooOften, work: () => this.#erase(guildId, userId) });
  }

  async #erase(guildId: string, userId: UserId): Promise<Forgotten> {
    const { persons, usage, memories, copies, editing } = this.#deps;
    let rows: Awaited<ReturnType<PersonStore['forget']>> | undefined;
    await inOrder(ERASE_ORDER, {
      memories: async () => {
        for (const name of MEMORIES) await memories[name].erase(guildId, userId);
      },
      rows: async () => {
        rows = await persons.forget(guildId, userId);
      },
      'repeated-words': () => {
        for (const name of MEMORIES) if (rows) memories[name].eraseBeside?.(rows.beside);
      },
      copies: async () => {
        for (const name of COPIES) await copies[name].erase(guildId, userId);
      },
      usage: () => usage.erase(guildId, userId),
      'old-posts': () => editing.wake(),
      settle: () => persons.settle(),
    });
    // The step ran, or inOrder has rejected.
    const { counts, posts } = rows as NonNullable<typeof rows>;
    return { counts, posts };
  }
}

function tooOften(): BusyError {
  return new BusyError('I deleted what I keep of you several times just now. Press the button again in a minute.');
}

function tooMuch(): BusyError {
  return new BusyError('I am still looking through what I keep of you. Ask again when you have that.');
}
