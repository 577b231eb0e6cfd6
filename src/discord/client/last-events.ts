// A workaround. @discordjs/ws 1.2.3 stops listening before it says goodbye to the gateway (WebSocketShard.destroy), so that
// what Discord sends before it hears that is lost: as long as a message is on its way, somebody's command gets no answer.
// It can go when 'answers what comes while the goodbye is on its way' in test/discord/interactions/intake.test.ts passes
// without it.
import { type Client, GatewayDispatchEvents } from 'discord.js';

/** What the library keeps to itself. */
interface Sockets {
  readonly _ws?: {
    readonly strategy: { readonly shards: ReadonlyMap<number, { readonly connection: Socket | null }> };
  };
  emit(event: string, data: unknown, shardId: number): void;
}
interface Socket {
  /** null: the library listens no more. */
  readonly onmessage: unknown;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

/** Before the client is destroyed: interactions that come until the gateway has heard so are told of as ever. */
export function hearToTheEnd(client: Client): void {
  const sockets = client.ws as unknown as Sockets;
  for (const [shardId, { connection }] of sockets._ws?.strategy.shards ?? []) {
    connection?.addEventListener('message', ({ data }) => {
      if (connection.onmessage !== null || typeof data !== 'string') return;
      const { t, d } = JSON.parse(data) as { readonly t: unknown; readonly d: unknown };
      if (t === GatewayDispatchEvents.InteractionCreate) sockets.emit(t, d, shardId);
    });
  }
}
