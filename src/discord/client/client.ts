import {
  Client,
  type CloseEvent,
  Events,
  GatewayCloseCodes,
  GatewayDispatchEvents,
  GatewayIntentBits,
} from 'discord.js';
import type { Logger } from 'pino';
import { RestGuard, type RestPatience } from '../rest/guard.ts';
import { nodeDispatcher } from '../rest/node-dispatcher.ts';
import { onceOnly } from '../rest/once-only.ts';
import { cacheOptions, forgetDeparted } from './caches.ts';
import { sessionOf } from './gateway-session.ts';
import { destroyClient, isDestroyed, pacedStrategy } from './gateway-strategy.ts';
import { GatewayWatchdog, isConnected, type WatchdogPatience } from './gateway-watchdog.ts';
import { boundGuildWait } from './guild-wait.ts';
import { LoginError, loginError, refusedToken } from './login-error.ts';
import { TokenCheck } from './token-check.ts';

/** Whoever asks comes again by itself; the library would ask four times within a moment of a server that is in trouble. */
const RETRIES = 1;
/** Log lines about a gateway that stays away come at most this often. */
const QUIET_MS = 60_000;

/** What the client is made of. */
export interface ClientOptions {
  /** REST base without version; the gateway's address comes from there. */
  readonly apiUrl: string;
  readonly log: Logger;
  /** Discord is lost while the bot is running, e.g. the token was reset. `error.message` is for the operator. */
  readonly onDead: (error: LoginError) => void;
  /** With Discord; only tests need another. */
  readonly patience?: DiscordPatience;
}

/** How long Discord's REST API and its gateway may take. */
interface DiscordPatience {
  readonly rest?: Partial<RestPatience>;
  readonly gateway?: Partial<WatchdogPatience>;
}

/** A client that knows guilds and voice states, and pings nobody. It is not logged in yet. Close it with destroyClient(). */
export function createClient({ apiUrl, log, onDead, patience = {} }: ClientOptions): Client {
  const guard = new RestGuard({
    log,
    makeRequest: onceOnly(),
    onUnauthorized: () => tokenCheck.begin(),
    ...(patience.rest && { patience: patience.rest }),
  });
  const client: Client = new Client({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates],
    allowedMentions: { parse: [], repliedUser: false },
    rest: { api: apiUrl, agent: nodeDispatcher, makeRequest: guard.makeRequest, retries: RETRIES },
    ws: { buildStrategy: pacedStrategy({ client: () => client, log, onExhausted: (error) => onDead(error) }) },
    ...cacheOptions,
  });
  // Every conversation listens to it.
  client.setMaxListeners(0);
  // From the first event on.
  sessionOf(client);
  const tokenCheck = new TokenCheck({ client, log, onRefused: onDead });
  guard.watch(client.rest);
  boundGuildWait(client);
  forgetDeparted(client);
  client.once(Events.ClientReady, () => watch(client, { onDead, patience }));
  const warn = limited((fields, message) => log.warn(fields, message));
  client.on(Events.Error, (error) => log.error({ err: error }, 'Discord client'));
  client.on(Events.ShardError, (error) => warn({ err: error }, 'the connection to the gateway failed'));
  client.on(Events.ShardReconnecting, () => {
    // The library also says so of a connection that we ended.
    if (!isDestroyed(client)) warn({}, 'the connection to the gateway was lost, connecting again');
  });
  client.on(Events.ShardResume, () => log.info('the connection to the gateway is back'));
  client.on(Events.Warn, (message) => log.warn({ warning: message }, 'Discord client'));
  client.on(Events.ShardDisconnect, (event) => {
    if (client.readyAt !== null) onDead(closedForGood(event));
  });
  return client;
}

/** Ends with the client. */
function watch(client: Client, { onDead, patience }: Required<Pick<ClientOptions, 'onDead' | 'patience'>>): void {
  const watchdog = new GatewayWatchdog({
    isConnected: () => {
      if (isDestroyed(client)) watchdog.close();
      return isConnected(client);
    },
    onGone: onDead,
    ...(patience.gateway && { patience: patience.gateway }),
  });
  client.once(Events.ShardDisconnect, () => watchdog.close());
}

/**
 * Logs in and waits for the guilds, for 5 s at most: those that are not available yet join later. Rejects with LoginError
 * after destroying the client: a refused token, a closed gateway, or no session within `timeoutMs` (the library alone would
 * wait without end).
 */
export async function logIn(
  client: Client,
  options: { token: string; apiUrl: string; timeoutMs?: number },
): Promise<Client<true>> {
  const { apiUrl, timeoutMs = 30_000 } = options;
  const ended = new AbortController();
  try {
    return await new Promise<Client<true>>((resolve, reject) => {
      const late = setTimeout(() => {
        const gateway = client.ws.gateway ?? apiUrl;
        const seconds = Math.round(timeoutMs / 1000);
        reject(
          new LoginError(
            `Could not log in: no answer from ${gateway} within ${seconds} s. Check the network and DISCORD_API_URL.`,
            { temporary: true },
          ),
        );
      }, timeoutMs);
      // What comes after it has a limit of its own.
      const onSession = (): void => clearTimeout(late);
      const onDisconnect = (event: CloseEvent): void => reject(closedForGood(event));
      ended.signal.addEventListener('abort', () => {
        clearTimeout(late);
        client.ws.off(GatewayDispatchEvents.Ready, onSession);
        client.off(Events.ClientReady, resolve);
        client.off(Events.ShardDisconnect, onDisconnect);
      });
      client.ws.once(GatewayDispatchEvents.Ready, onSession);
      client.once(Events.ClientReady, resolve);
      client.once(Events.ShardDisconnect, onDisconnect);
      client.login(options.token).catch(reject);
    });
  } catch (error) {
    await destroyClient(client);
    throw loginError(error, { doing: 'log in', apiUrl });
  } finally {
    ended.abort();
  }
}

/** Why the gateway will not have us: https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
function closedForGood({ code }: CloseEvent): LoginError {
  switch (code) {
    case GatewayCloseCodes.AuthenticationFailed:
      return refusedToken();
    case GatewayCloseCodes.ShardingRequired:
      return new LoginError('The bot is on more servers than one connection may serve, and Parley has only one.');
    default:
      return new LoginError(`Discord's gateway closed the connection for good (${code}).`);
  }
}

/** Passes the first line on, then one a minute with the number of those kept back. */
function limited(write: (fields: object, message: string) => void): (fields: object, message: string) => void {
  let nextAt = 0;
  let kept = 0;
  return (fields, message) => {
    const now = performance.now();
    if (now < nextAt) {
      kept += 1;
      return;
    }
    write(kept > 0 ? { ...fields, kept } : fields, message);
    nextAt = now + QUIET_MS;
    kept = 0;
  };
}
