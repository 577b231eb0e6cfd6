import { setTimeout as wait } from 'node:timers/promises';
import { AuditLogEvent, type Client, Events, type Guild, PermissionFlagsBits, type User } from 'discord.js';
import type { Logger } from 'pino';

/** What is said goes first; a server that takes nothing does not keep the bot. Ms. */
const SAID_MS = 5_000;
/** Between two tries to leave, the first time; each further one is twice as long. */
const AGAIN_MS = 5_000;
const LONGEST_AGAIN_MS = 600_000;

/** Where the bot may be. `allowed` null: everywhere but where it is blocked. */
export interface ServedGuildsDeps {
  readonly client: Client;
  readonly allowed: readonly string[] | null;
  readonly blocked: readonly string[];
  readonly log: Logger;
}

/** Whether the bot is there for this server. */
export function isServed(
  guildId: string,
  { allowed, blocked }: Pick<ServedGuildsDeps, 'allowed' | 'blocked'>,
): boolean {
  return !blocked.includes(guildId) && (allowed?.includes(guildId) ?? true);
}

/** Leaves the servers for which the bot is not there, those that it is invited into later included, and says why. Close it. */
export class ServedGuilds {
  readonly #deps: ServedGuildsDeps;
  readonly #leaving = new Set<string>();
  readonly #closing = new AbortController();
  readonly #look = (guild: Guild): void => void this.#leaveUnserved(guild);

  constructor(deps: ServedGuildsDeps) {
    this.#deps = deps;
    const { client } = deps;
    client.on(Events.GuildCreate, this.#look);
    client.on(Events.GuildAvailable, this.#look);
    for (const guild of client.guilds.cache.values()) if (guild.available) this.#look(guild);
  }

  close(): void {
    const { client } = this.#deps;
    this.#closing.abort();
    client.off(Events.GuildCreate, this.#look);
    client.off(Events.GuildAvailable, this.#look);
  }

  async #leaveUnserved(guild: Guild): Promise<void> {
    if (isServed(guild.id, this.#deps) || this.#leaving.has(guild.id)) return;
    this.#leaving.add(guild.id);
    const late = new Promise((resolve) => setTimeout(resolve, SAID_MS).unref());
    await Promise.race([this.#say(guild), late]);
    await this.#leave(guild);
    this.#leaving.delete(guild.id);
  }

  /** Until it is done. Never rejects. */
  async #leave(guild: Guild): Promise<void> {
    const { client, log } = this.#deps;
    const { signal } = this.#closing;
    for (let pauseMs = AGAIN_MS; client.guilds.cache.has(guild.id); pauseMs = Math.min(2 * pauseMs, LONGEST_AGAIN_MS)) {
      try {
        await guild.leave();
        log.info({ guildId: guild.id }, 'left a server that I do not serve');
        return;
      } catch (error) {
        log.warn({ err: error, guildId: guild.id }, 'could not leave a server that I do not serve; trying again');
      }
      await wait(pauseMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
    }
  }

  /** To whoever brought the bot in, where Discord tells who that was, else in a channel. Never rejects. */
  async #say(guild: Guild): Promise<void> {
    const text = `I leave the server ${JSON.stringify(guild.name)} again: whoever runs me has not allowed it. If you know them, give them the server's id: ${guild.id}.`;
    try {
      const inviter = await this.#inviterOf(guild);
      if (inviter) {
        await inviter.send({ content: text, allowedMentions: { parse: [] } });
        return;
      }
    } catch (error) {
      this.#deps.log.debug({ err: error, guildId: guild.id }, 'the inviter takes no message');
    }
    await this.#post(guild, text).catch((error: unknown) => {
      this.#deps.log.debug({ err: error, guildId: guild.id }, 'could not say why I leave a server');
    });
  }

  async #inviterOf(guild: Guild): Promise<User | undefined> {
    const { me } = guild.members;
    if (!me?.permissions.has(PermissionFlagsBits.ViewAuditLog)) return undefined;
    const { entries } = await guild.fetchAuditLogs({ type: AuditLogEvent.BotAdd, limit: 10 });
    const id = entries.find(({ targetId }) => targetId === me.id)?.executorId;
    return id ? await guild.client.users.fetch(id) : undefined;
  }

  async #post(guild: Guild, text: string): Promise<void> {
    const { me } = guild.members;
    const writable = [guild.systemChannel, ...guild.channels.cache.values()].find(
      (channel) =>
        channel?.isTextBased() === true &&
        !channel.isThread() &&
        me !== null &&
        channel.permissionsFor(me).has([PermissionFlagsBits.ViewChannel, PermissionFlagsBits.SendMessages]),
    );
    if (writable?.isTextBased()) await writable.send({ content: text, allowedMentions: { parse: [] } });
  }
}
