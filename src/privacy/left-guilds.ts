import { setTimeout as wait } from 'node:timers/promises';
import { type Client, Events, type Guild } from 'discord.js';
import type { Log } from '../lib/log.ts';
import type { GuildStore } from '../store/guild-store.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** What is under way on a server that removes the bot is written by then. */
const SETTLED_MS = 60_000;

/** What remembers something of a guild beside the database. */
interface RemembersGuild {
  forgetGuild(guildId: string): void;
}

/** What it needs. `now`: the time to delete by, see PurgeTime; `settledMs`: only tests need another. */
export interface LeftGuildsDeps {
  readonly client: Client;
  readonly store: Pick<GuildStore, 'all' | 'left' | 'back' | 'leftBefore' | 'erase'>;
  /** How long what is kept of a server outlives its removing the bot. */
  readonly days: number;
  readonly now: () => number;
  readonly purgeNow: () => Promise<number>;
  readonly memories: readonly RemembersGuild[];
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly settledMs?: number;
}

/**
 * Deletes what is kept of servers that removed the bot, some days later; a server that invites it again before keeps it.
 * What was missed while the process did not run is seen at the start. Whoever made it closes it.
 */
export class LeftGuilds {
  readonly #deps: LeftGuildsDeps;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #soon: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: LeftGuildsDeps) {
    this.#deps = deps;
  }

  /** Begins, once the bot is logged in: from then on the client has every guild, also those that are unavailable. */
  start(): void {
    const { client } = this.#deps;
    client.on(Events.GuildCreate, this.#back);
    client.on(Events.GuildDelete, this.#left);
    this.#running = this.#hourly();
  }

  /** Resolves when what is under way is done. Idempotent. */
  async close(): Promise<void> {
    const { client } = this.#deps;
    client.off(Events.GuildCreate, this.#back);
    client.off(Events.GuildDelete, this.#left);
    this.#closing.abort();
    clearTimeout(this.#soon);
    await this.#running;
    await this.#last;
  }

  readonly #back = ({ id }: Guild): void => this.#do(() => this.#deps.store.back(id));

  /** Discord tells of a server that is only unavailable otherwise (Events.GuildUnavailable). */
  readonly #left = ({ id }: Guild): void => {
    const { settledMs = SETTLED_MS } = this.#deps;
    this.#do(() => this.#note(id));
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => this.#do(() => this.#purge()), settledMs).unref();
  };

  async #hourly(): Promise<void> {
    const { signal } = this.#closing;
    for (let first = true; !signal.aborted; first = false) {
      if (first) this.#do(() => this.#compare());
      this.#do(() => this.#purge());
      await wait(HOUR_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** What happened while nothing listened. */
  async #compare(): Promise<void> {
    const { client, store } = this.#deps;
    for (const id of await store.all()) await (client.guilds.cache.has(id) ? store.back(id) : this.#note(id));
  }

  async #note(guildId: string): Promise<void> {
    const { store, now, days, log } = this.#deps;
    const isNew = await store.left(guildId, now());
    if (isNew)
      log.info({ guildId, days }, 'not on this server any more: what is kept of it is deleted after these days');
  }

  async #purge(): Promise<void> {
    const { client, store, days, purgeNow, memories, log } = this.#deps;
    const before = (await purgeNow()) - days * DAY_MS;
    for (const guildId of await store.leftBefore(before)) {
      if (this.#closing.signal.aborted) return;
      if (client.guilds.cache.has(guildId)) continue;
      const rows = await store.erase(guildId);
      for (const memory of memories) memory.forgetGuild(guildId);
      log.info({ guildId, rows }, 'deleted what was kept of a server that removed the bot');
    }
  }

  /** One after the other. */
  #do(act: () => Promise<void>): void {
    this.#last = this.#last.then(act).catch((error: unknown) => {
      this.#deps.log.warn({ err: error }, 'servers that removed the bot could not be looked after');
    });
  }
}
