// A workaround. @discordjs/ws 1.2.3: a shard that is destroyed while it waits for the gateway's Hello, or between two
// attempts, starts over by itself and goes on for ever; the promise of destroy() may then never settle. It can go when
// 'gives up when the gateway does not speak' in test/discord/client.test.ts ends without it.
import { type Client, SimpleShardingStrategy, type WebSocketOptions } from 'discord.js';

type BuildStrategy = NonNullable<WebSocketOptions['buildStrategy']>;

/** The usual strategy, whose shards connect no more once the client is destroyed. `client` is asked for when needed. */
export function mortalStrategy(client: () => Client): BuildStrategy {
  return (manager) => {
    const { retrieveSessionInfo } = manager.options;
    Object.assign(manager.options, {
      // A shard asks this before every attempt to connect; without an answer it stands still, and holds nothing.
      retrieveSessionInfo: (shardId: number) =>
        isDestroyed(client()) ? new Promise(() => {}) : retrieveSessionInfo(shardId),
    });
    return new SimpleShardingStrategy(manager);
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
