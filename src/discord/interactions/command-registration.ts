import { setTimeout as wait } from 'node:timers/promises';
import { type Client, DiscordAPIError } from 'discord.js';
import { isNoAccess, LoginError } from '../client/login-error.ts';
import { inWords, RestRefusal } from '../rest/refusal.ts';
import { verdictOf } from '../rest/verdict.ts';
import { type Deployment, deployCommands, isDailyLimit } from './deploy-commands.ts';
import { endpointProblem } from './endpoint.ts';
import { removeLeftCommands } from './left-commands.ts';

/** In ms. */
export interface RegistrationPatience {
  /** How long `start()` waits for the first try. */
  readonly startMs: number;
  /** The pause after a failure; each further one is twice as long. */
  readonly firstMs: number;
  readonly longestMs: number;
}
const DAY_MS = 86_400_000;
const PATIENCE: RegistrationPatience = { startMs: 5_000, firstMs: 30_000, longestMs: 60 * 60_000 };

/** What it needs. */
interface RegistrationDeps extends Deployment {
  readonly client: Client<true>;
  /** It became clear after `start()` that Discord will never take the commands. */
  readonly onDead: (error: LoginError) => void;
  /** Only tests need another. */
  readonly patience?: RegistrationPatience;
}

/**
 * Keeps the commands at Discord as they are to be, beside everything else: people can use what is registered already. What
 * may pass is tried again; whoever made it closes it.
 */
export class CommandRegistration {
  readonly #deps: RegistrationDeps;
  readonly #patience: RegistrationPatience;
  readonly #ending = new AbortController();

  constructor(deps: RegistrationDeps) {
    this.#deps = deps;
    this.#patience = deps.patience ?? PATIENCE;
  }

  /**
   * Resolves when the first try succeeded, failed or takes too long. Rejects with LoginError where Discord will never take
   * them: the bot is not on the one server that is configured, or the token is refused.
   */
  async start(): Promise<void> {
    const { log, onDead } = this.#deps;
    void this.#checkEndpoint();
    const tried = Promise.withResolvers<void>();
    let started = false;
    this.#run(tried.resolve).catch((error: unknown) => {
      tried.reject(error);
      if (started && error instanceof LoginError) onDead(error);
    });
    const late = wait(this.#patience.startMs, 'late' as const, { signal: this.#ending.signal }).catch(() => undefined);
    try {
      if ((await Promise.race([tried.promise, late])) !== 'late') return;
      log.warn('Discord has not taken the slash commands yet; those that it has work');
    } finally {
      started = true;
    }
  }

  /** Tries nothing any more. Idempotent. */
  close(): void {
    this.#ending.abort();
  }

  async #run(tried: () => void): Promise<void> {
    const { signal } = this.#ending;
    const { firstMs, longestMs } = this.#patience;
    for (let pauseMs = firstMs; !signal.aborted; pauseMs = Math.min(2 * pauseMs, longestMs)) {
      const againMs = await this.#try(pauseMs);
      tried();
      if (againMs === undefined) return;
      await wait(againMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** When it is to be tried again, `pauseMs` unless Discord says later; undefined: not. Rejects with LoginError where nothing helps. */
  async #try(pauseMs: number): Promise<number | undefined> {
    const { client, log, commands, guildId, memory } = this.#deps;
    try {
      await deployCommands(client, this.#deps);
    } catch (error) {
      if (this.#ending.signal.aborted) return undefined;
      if (!(error instanceof LoginError) || isFinal(error, guildId)) throw error;
      const againMs = mayPass(error.cause) ? Math.max(pauseMs, toldMs(error.cause)) : undefined;
      const next = againMs === undefined ? 'after the next start' : `in ${inWords(againMs)}`;
      log.error({ reason: error.message, next }, 'the slash commands are not registered as they are now');
      return againMs;
    }
    const names = commands.map(({ data }) => data.toJSON().name);
    await removeLeftCommands(client, { names, guildId, log, signal: this.#ending.signal, ...(memory && { memory }) });
    return undefined;
  }

  async #checkEndpoint(): Promise<void> {
    const { client, log } = this.#deps;
    try {
      const problem = await endpointProblem(client);
      if (problem) log.error(problem);
    } catch (error) {
      log.debug({ err: error }, 'the application could not be looked at');
    }
  }
}

/** Only of a server that DISCORD_GUILD_ID names is the operator's mistake: elsewhere the commands that Discord has go on. */
function isFinal({ cause }: LoginError, guildId: string | null): boolean {
  return (guildId !== null && isNoAccess(cause)) || (cause instanceof DiscordAPIError && cause.status === 401);
}

/** How long Discord wants to be left alone, a day at most. */
function toldMs(cause: unknown): number {
  return cause instanceof RestRefusal ? Math.min(cause.waitMs ?? 0, DAY_MS) : 0;
}

/** Discord's own troubles, the way there, too many requests, and the limit of a day. */
function mayPass(cause: unknown): boolean {
  if (isDailyLimit(cause)) return true;
  return !(cause instanceof DiscordAPIError) || cause.status >= 500 || verdictOf(cause) === 'later';
}
