import { type Client, Events, Status } from 'discord.js';
import { sessionOf } from '../client/gateway-session.ts';

/** A heartbeat is answered every 41.25 s; a gateway that says nothing for longer is not there, whatever its socket says. */
const QUIET_MS = 50_000;

/** What a voice line has to know of Discord's main gateway. */
export interface GatewayWatch {
  /** Whether words from the gateway can be expected now. */
  readonly connected: boolean;
  /** Whether it has said anything of late: a connection may be dead for a minute before its loss is noticed. */
  readonly alive: boolean;
  /** Another value whenever anything was heard of it. */
  readonly sign: string;
  /** Follows the connection's losses and returns until the function that it gives is called. */
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
  const session = sessionOf(client);
  const shard = () => client.ws.shards.get(shardId);
  let ping = { at: shard()?.lastPingTimestamp, seenAt: performance.now() };
  return {
    get connected() {
      return shard()?.status === Status.Ready;
    },
    get alive() {
      const at = shard()?.lastPingTimestamp;
      const now = performance.now();
      if (at !== ping.at) ping = { at, seenAt: now };
      return shard()?.status === Status.Ready && now - Math.max(ping.seenAt, session.heardAt) < QUIET_MS;
    },
    get sign() {
      return `${session.heard}/${shard()?.lastPingTimestamp}`;
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
