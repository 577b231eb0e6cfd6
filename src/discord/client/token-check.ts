import { setTimeout as wait } from 'node:timers/promises';
import { type Client, DiscordAPIError, Routes } from 'discord.js';
import type { Logger } from 'pino';
import { isDestroyed } from './gateway-strategy.ts';
import { type LoginError, refusedToken } from './login-error.ts';

/** Between the questions. Ms. */
const PAUSES_MS = [500, 3_000, 10_000];

/**
 * After a request that Discord refused with 401: is the token refused for good, or was that an accident of Discord's? The
 * library (@discordjs/rest 2.6.3) drops the token at the first 401, and every request fails from then on.
 */
export class TokenCheck {
  readonly #client: Client;
  readonly #log: Logger;
  readonly #onRefused: (error: LoginError) => void;
  #checking = false;

  constructor(options: { client: Client; log: Logger; onRefused: (error: LoginError) => void }) {
    this.#client = options.client;
    this.#log = options.log;
    this.#onRefused = options.onRefused;
  }

  /** Begins to ask, unless it is being asked, or the bot is not logged in yet. */
  begin(): void {
    if (this.#checking || !this.#client.isReady()) return;
    this.#checking = true;
    this.#check()
      .catch((error: unknown) => this.#log.warn({ err: error }, 'could not ask Discord whether it takes the token'))
      .finally(() => {
        this.#checking = false;
      });
  }

  async #check(): Promise<void> {
    const { rest, token } = this.#client;
    for (const pause of PAUSES_MS) {
      await wait(pause, undefined, { ref: false });
      if (isDestroyed(this.#client) || !token) return;
      rest.setToken(token);
      try {
        await rest.get(Routes.user());
        this.#log.warn('Discord refused the token once, and takes it again');
        return;
      } catch (error) {
        if (error instanceof DiscordAPIError && error.status === 401) continue;
        rest.setToken(token);
        throw error;
      }
    }
    this.#onRefused(refusedToken());
  }
}
