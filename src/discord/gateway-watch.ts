import { type Client, Events, Status } from 'discord.js';

/** What a voice line has to know of Discord's main gateway. */
export interface GatewayWatch {
  /** Whether words from the gateway can be expected now. */
  readonly connected: boolean;
  /** Tells of the connection's losses and returns until the function that it gives is called. */
  follow(listener: GatewayListener): () => void;
}

/** Who wants to know of the gateway's losses and returns. */
interface GatewayListener {
  /** The connection is lost; may come again for every attempt that fails. */
  onLost(): void;
  /** `isNew`: not the resumed session but another one: the bot's places in voice ended with the old one. */
  onBack(isNew: boolean): void;
}

/** Watches the shard of one guild. */
export function watchGateway(client: Client, shardId: number): GatewayWatch {
  return {
    get connected() {
      return client.ws.shards.get(shardId)?.status === Status.Ready;
    },
    follow({ onLost, onBack }) {
      const lost = (id: number): void => {
        if (id === shardId) onLost();
      };
      const ready = (id: number): void => {
        if (id === shardId) onBack(true);
      };
      const resumed = (id: number): void => {
        if (id === shardId) onBack(false);
      };
      client.on(Events.ShardReconnecting, lost);
      client.on(Events.ShardReady, ready);
      client.on(Events.ShardResume, resumed);
      return () => {
        client.off(Events.ShardReconnecting, lost);
        client.off(Events.ShardReady, ready);
        client.off(Events.ShardResume, resumed);
      };
    },
  };
}
