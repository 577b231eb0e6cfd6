import type { BridgeHandle, Bridges, EndReason, OpenRequest } from './bridge-ports.ts';
import type { Person } from './ports.ts';
import type { ConversationMode } from './record-ports.ts';
import type { SettingsStore } from './room-ports.ts';

/** Opens one bridge: connects, joins, wires. Rejects with SessionLostError or LineLostError, leaving nothing behind. */
export type OpenBridge = (request: {
  guildId: string;
  channelId: string;
  by: Person;
  mode?: ConversationMode;
  /** Nobody asked now: the bot comes back after a restart. */
  returning?: boolean;
  /** To be called when the bridge has ended, for whatever reason. */
  onEnded: () => void;
}) => Promise<BridgeHandle>;

/** Every conversation of the process, at most one a guild. */
export class OpenBridges implements Bridges {
  readonly #open: OpenBridge;
  readonly #bridges = new Map<string, BridgeHandle>();
  readonly #opening = new Map<string, Promise<BridgeHandle>>();
  #closed = false;

  constructor(open: OpenBridge) {
    this.#open = open;
  }

  find(guildId: string): BridgeHandle | undefined {
    return this.#bridges.get(guildId);
  }

  /** A second request for a guild while the first is still opening gets the same bridge. */
  open(request: OpenRequest): Promise<BridgeHandle> {
    const { guildId } = request;
    const under = this.#opening.get(guildId);
    if (under) return under;
    const opening = this.#openOne(request).finally(() => this.#opening.delete(guildId));
    this.#opening.set(guildId, opening);
    return opening;
  }

  /** Has every conversation take on what its settings come to now, those that are just opening included. */
  async reapply(settings: Pick<SettingsStore, 'get'>): Promise<void> {
    await Promise.allSettled(this.#opening.values());
    for (const bridge of [...this.#bridges.values()]) bridge.apply(await settings.get(bridge.guildId));
  }

  async closeAll(reason: EndReason): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#opening.values());
    await Promise.all([...this.#bridges.values()].map((bridge) => bridge.close(reason)));
  }

  async #openOne(request: OpenRequest): Promise<BridgeHandle> {
    const { guildId } = request;
    let ended = false;
    const onEnded = (): void => {
      ended = true;
      this.#bridges.delete(guildId);
    };
    const bridge = await this.#open({ ...request, onEnded });
    if (!ended) this.#bridges.set(guildId, bridge);
    if (this.#closed) await bridge.close({ kind: 'asked', by: null });
    return bridge;
  }
}
