import { Client, type CloseEvent, Events, GatewayCloseCodes, GatewayIntentBits, Options } from 'discord.js';
import type { Logger } from 'pino';
import { destroyClient, isDestroyed, mortalStrategy } from './gateway-strategy.ts';
import { StartError, startError } from './start-error.ts';

/** Log lines about a gateway that stays away come at most this often: the library tries again twice a second. */
const QUIET_MS = 60_000;

/** What the client is made of. */
export interface ClientOptions {
  /** REST base without version; the gateway's address comes from there. */
  readonly apiUrl: string;
  readonly log: Logger;
  /** The gateway closed for good while the bot was running, e.g. the token was reset. `error.message` is for the operator. */
  readonly onDead: (error: StartError) => void;
}

/** A client that knows guilds and voice states, and pings nobody. It is not logged in yet. Close it with destroyClient(). */
export function createClient({ apiUrl, log, onDead }: ClientOptions): Client {
  const client: Client = new Client({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates],
    allowedMentions: { parse: [], repliedUser: false },
    rest: { api: apiUrl },
    ws: { buildStrategy: mortalStrategy(() => client) },
    // Messages are written and edited by id, never looked up again.
    makeCache: Options.cacheWithLimits({ ...Options.DefaultMakeCacheSettings, MessageManager: 0 }),
  });
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

/**
 * Logs in and waits until the guilds are there. Rejects with StartError after destroying the client: a refused token, a
 * closed gateway, or no answer within `timeoutMs` (the library alone would wait without end).
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
          new StartError(
            `Could not log in: no answer from ${gateway} within ${seconds} s. Check the network and DISCORD_API_URL.`,
          ),
        );
      }, timeoutMs);
      const onDisconnect = (event: CloseEvent): void => reject(closedForGood(event));
      ended.signal.addEventListener('abort', () => {
        clearTimeout(late);
        client.off(Events.ClientReady, resolve);
        client.off(Events.ShardDisconnect, onDisconnect);
      });
      client.once(Events.ClientReady, resolve);
      client.once(Events.ShardDisconnect, onDisconnect);
      client.login(options.token).catch(reject);
    });
  } catch (error) {
    await destroyClient(client);
    throw startError(error, { doing: 'log in', apiUrl });
  } finally {
    ended.abort();
  }
}

/** Why the gateway will not have us: https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
function closedForGood({ code }: CloseEvent): StartError {
  switch (code) {
    case GatewayCloseCodes.AuthenticationFailed:
      return new StartError(
        'Discord refused DISCORD_TOKEN. Make a new one in the developer portal (Bot → Reset Token).',
      );
    case GatewayCloseCodes.ShardingRequired:
      return new StartError('The bot is on more servers than one connection may serve, and Parley has only one.');
    default:
      return new StartError(`Discord's gateway closed the connection for good (${code}).`);
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
