import { type Client, Status } from 'discord.js';
import { inWords } from '../rest/refusal.ts';
import { LoginError } from './login-error.ts';

/** How long a gateway may be away. Ms. */
export interface WatchdogPatience {
  readonly limitMs: number;
  /** How often it is looked at. */
  readonly lookMs: number;
  /** A connection that held for so long counts as back. */
  readonly steadyMs: number;
}

const PATIENCE: WatchdogPatience = { limitMs: 600_000, lookMs: 5_000, steadyMs: 30_000 };

/**
 * Ends the bot when its gateway has been away for ten minutes, so that a supervisor starts it anew: what a long outage left
 * behind is then gone. Time in which the process itself stood still does not count.
 */
export class GatewayWatchdog {
  readonly #timer: NodeJS.Timeout;
  readonly #patience: WatchdogPatience;
  readonly #onGone: (error: LoginError) => void;
  #lastLookAt: number;
  #awayMs = 0;
  #steadyMs = 0;

  /** `isConnected` and `now` (performance.now()) are asked at each look. `onGone` is called once. */
  constructor(options: {
    readonly isConnected: () => boolean;
    readonly onGone: (error: LoginError) => void;
    readonly now?: () => number;
    readonly patience?: Partial<WatchdogPatience>;
  }) {
    const { isConnected, onGone, now = () => performance.now(), patience } = options;
    this.#patience = { ...PATIENCE, ...patience };
    this.#onGone = onGone;
    this.#lastLookAt = now();
    this.#timer = setInterval(() => this.#look(isConnected(), now()), this.#patience.lookMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(isConnected: boolean, now: number): void {
    const { lookMs, steadyMs, limitMs } = this.#patience;
    // A look that comes late was kept from coming: the machine slept, or the process stood still.
    const passed = Math.min(now - this.#lastLookAt, 2 * lookMs);
    this.#lastLookAt = now;
    this.#steadyMs = isConnected ? this.#steadyMs + passed : 0;
    if (this.#steadyMs >= steadyMs) this.#awayMs = 0;
    if (!isConnected) this.#awayMs += passed;
    if (this.#awayMs < limitMs) return;
    this.close();
    this.#onGone(
      new LoginError(`Discord's gateway has been away for ${inWords(limitMs)}: the bot ends, to be started anew.`, {
        temporary: true,
      }),
    );
  }
}

/** Whether every shard of the client has its session. */
export function isConnected(client: Client): boolean {
  const up: readonly Status[] = [Status.Ready, Status.WaitingForGuilds];
  return client.ws.shards.every(({ status }) => up.includes(status));
}
