// A workaround. @discordjs/ws 1.2.3: a shard that is destroyed while it waits for the gateway's Hello, or between two
// attempts, starts over by itself and goes on for ever; the promise of destroy() may then never settle. It tries again
// after 500 ms whatever happened, logs in every 5 s, answers op 9 with another RESUME at once, and waits for RESUMED
// without end. A connection that it gives up before it is open fails later with nobody to hear of it. It can go when test/discord/client/client.test.ts and test/started/gateway.test.ts pass without it.
import { setTimeout as wait } from 'node:timers/promises';
import {
  type Client,
  type SessionInfo,
  SimpleShardingStrategy,
  type WebSocketOptions,
  WebSocketShardDestroyRecovery,
  WebSocketShardStatus,
} from 'discord.js';
import type { Logger } from 'pino';
import { inWords, untilWhen } from '../rest/refusal.ts';
import { GatewayPace } from './gateway-pace.ts';
import { LoginError } from './login-error.ts';

type BuildStrategy = NonNullable<WebSocketOptions['buildStrategy']>;
type Manager = Parameters<BuildStrategy>[0];

/** What the library keeps to itself of a shard. */
interface Shard {
  readonly status: WebSocketShardStatus;
  /** Whether the last attempt to connect ended in an error of the network. */
  readonly failedToConnectDueToNetworkError?: boolean;
  readonly connection: {
    readonly readyState: number;
    on(event: 'error', listener: () => void): void;
    terminate(): void;
  } | null;
  resume(session: SessionInfo): Promise<void>;
  destroy(options?: { reason?: string; recover?: WebSocketShardDestroyRecovery }): Promise<void>;
  on(event: 'hello', listener: () => void): void;
}

/** What the strategy is made of. */
export interface StrategyOptions {
  /** Asked for when needed. */
  readonly client: () => Client;
  readonly log: Logger;
  /** Discord lets the bot start no more sessions for now. */
  readonly onExhausted: (error: LoginError) => void;
}

/** The gateway's Hello comes within this. */
const HELLO_MS = 15_000;
const RESUMED_MS = 20_000;
/** Op 9 is answered with another RESUME after this, and so often on one connection. */
const RESUME_PAUSE_MS = 2_000;
const MOST_RESUMES = 3;
const CONNECTING = 0;
const OPEN = 1;
/** A connection that is given up before it was open is ended after this; the library has let go of it by then. */
const LET_GO_MS = 1_000;
/** How often somebody who waits looks whether the client was destroyed. */
const LOOK_MS = 250;
/** A wait that people would notice. */
const NOTED_MS = 10_000;

/** The usual strategy, whose shards take their time, and connect no more once the client is destroyed. */
export function pacedStrategy(options: StrategyOptions): BuildStrategy {
  return (manager) => {
    const strategy = new SimpleShardingStrategy(manager);
    const shards = (strategy as unknown as { readonly shards: ReadonlyMap<number, Shard> }).shards;
    const pace = new GatewayPace();
    const turn = turns(manager, pace, options);
    const { retrieveSessionInfo } = manager.options;
    Object.assign(manager.options, {
      handshakeTimeout: HELLO_MS,
      helloTimeout: HELLO_MS,
      // An idle shard asks this before every attempt to connect; without an answer it stands still, and holds nothing.
      retrieveSessionInfo: (shardId: number) =>
        shards.get(shardId)?.status === WebSocketShardStatus.Idle ? turn(shardId) : retrieveSessionInfo(shardId),
      buildIdentifyThrottler: () => ({ waitForIdentify: async () => pace.loggingIn(performance.now()) }),
    });
    // The names are those of @discordjs/ws; discord.js hands out others under the same enum.
    const events = manager as unknown as { on(event: 'ready' | 'resumed' | 'closed', listener: () => void): void };
    events.on('ready', () => pace.ready(performance.now()));
    events.on('resumed', () => pace.ready(performance.now()));
    events.on('closed', () => pace.lost(performance.now()));
    const spawn = strategy.spawn.bind(strategy);
    strategy.spawn = async (shardIds) => {
      await learnStarts(manager, pace, options.log);
      await spawn(shardIds);
      for (const shard of shards.values()) {
        boundResumes(shard, pace);
        endUnopened(shard, pace);
      }
    };
    return strategy;
  };
}

/** Rejects with LoginError where no session may be started. */
async function learnStarts(manager: Manager, pace: GatewayPace, log: Logger): Promise<void> {
  const { session_start_limit: limit } = await manager.fetchGatewayInformation();
  const { total, remaining, reset_after: resetAfterMs } = limit;
  if (![total, remaining, resetAfterMs].every((one) => Number.isFinite(one) && one >= 0)) return;
  const now = performance.now();
  pace.learn({ total, remaining, resetAfterMs }, now);
  if (remaining === 0) throw exhausted(pace, now);
  if (remaining < total / 10) {
    log.warn(
      { remaining, total },
      'few logins are left for today; somebody restarts the bot too often, or it is cut off',
    );
  }
}

function exhausted(pace: GatewayPace, now: number): LoginError {
  const { resetMs } = pace.left(now);
  return new LoginError(
    `Discord lets this bot log in no more for ${inWords(resetMs)}, ${untilWhen(resetMs)}: it did so too often today. Start it again then.`,
    { temporary: true },
  );
}

/** Waits until a shard may connect, and gives the session that it is to resume, or null. Never settles once destroyed. */
function turns(manager: Manager, pace: GatewayPace, { client, log, onExhausted }: StrategyOptions) {
  const { retrieveSessionInfo, updateSessionInfo } = manager.options;
  return async (shardId: number): Promise<SessionInfo | null> => {
    let noted = false;
    for (;;) {
      if (isDestroyed(client())) return new Promise(() => {});
      if (pace.isSessionLost) await updateSessionInfo(shardId, null);
      const session = await retrieveSessionInfo(shardId);
      const now = performance.now();
      const ms = pace.waitMs(session ? 'resume' : 'log in', now);
      if (ms <= 0) {
        pace.connecting(now);
        return session;
      }
      if (!noted && ms >= NOTED_MS) {
        noted = true;
        log.warn({ seconds: Math.round(ms / 1000) }, 'connecting to the gateway again only after a pause');
        if (!session && pace.left(now).remaining === 0) onExhausted(exhausted(pace, now));
      }
      await wait(Math.min(ms, LOOK_MS));
    }
  };
}

/** After a few unanswered or refused attempts on one connection the session is given up for another one. */
function boundResumes(shard: Shard, pace: GatewayPace): void {
  const resume = shard.resume.bind(shard);
  let tries = 0;
  shard.on('hello', () => {
    tries = 0;
  });
  shard.resume = async (session) => {
    const { connection } = shard;
    const isSame = () => shard.connection === connection && connection?.readyState === OPEN;
    const startOver = (reason: string) => shard.destroy({ reason, recover: WebSocketShardDestroyRecovery.Reconnect });
    tries += 1;
    if (tries > 1) await wait(RESUME_PAUSE_MS);
    if (!isSame()) return;
    if (tries > MOST_RESUMES) return startOver('The session was refused too often');
    pace.resuming();
    await resume(session);
    setTimeout(() => {
      if (isSame() && shard.status === WebSocketShardStatus.Resuming) void startOver('No answer to RESUME');
    }, RESUMED_MS).unref();
  };
}

/**
 * A connection that is given up before it was open is left as it is by the library, and nobody listens to its error, which
 * comes when its handshake times out: it would end the process. And the library gives the session up with the first attempt
 * that ends in an error of the network, so that each outage would cost a login and all places in voice: the session is kept
 * for as long as Discord may keep it.
 */
function endUnopened(shard: Shard, pace: GatewayPace): void {
  const { Reconnect, Resume } = WebSocketShardDestroyRecovery;
  const destroy = shard.destroy.bind(shard);
  shard.destroy = (options) => {
    const { connection } = shard;
    connection?.on('error', () => {});
    if (connection?.readyState === CONNECTING) setTimeout(() => connection.terminate(), LET_GO_MS).unref();
    const isKept = options?.recover === Reconnect && shard.failedToConnectDueToNetworkError && !pace.isUnreachable;
    return destroy(isKept ? { ...options, recover: Resume } : options);
  };
}

/** Destroys a client, waiting for the gateway's goodbye at most `patienceMs`. Idempotent. */
export async function destroyClient(client: Client, patienceMs = 1000): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, patienceMs);
  await Promise.race([client.destroy(), late.promise]);
  clearTimeout(timer);
}

/** Whether destroy() was called; the library keeps it to itself. */
export function isDestroyed(client: Client): boolean {
  return (client.ws as unknown as { readonly destroyed: boolean }).destroyed;
}
