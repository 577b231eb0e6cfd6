import { type Client, Events, Status } from 'discord.js';

/** What a voice line has to know of Discord's main gateway. */
export interface GatewayWatch {
  /** Whether words from the gateway can be expected now. */
  readonly connected: boolean;
  /** Calls back when the bot has a new session there (not a resumed one): its places in voice ended with the old one. */
  onNewSession(listener: () => void): () => void;
}

/** Watches the shard of one guild. */
export function watchGateway(client: Client, shardId: number): GatewayWatch {
  return {
    get connected() {
      return client.ws.shards.get(shardId)?.status === Status.Ready;
    },
    onNewSession(listener) {
      const onReady = (id: number): void => {
        if (id === shardId) listener();
      };
      client.on(Events.ShardReady, onReady);
      return () => client.off(Events.ShardReady, onReady);
    },
  };
}
