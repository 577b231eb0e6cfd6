import { wallClock } from '../clock/wall-clock.ts';
import { Cooldown } from '../lib/cooldown.ts';
import type { EndReason } from '../ports/bridge-events.ts';
import type { BridgeHandle, Bridges, Opening, OpenRequest } from '../ports/conversation.ts';
import { CalledOffError, LineLostError } from '../ports/errors.ts';
import type { ConversationMode } from '../ports/record.ts';
import type { SettingsStore } from '../ports/settings.ts';
import type { Person } from '../ports/voice.ts';
import { Wish } from './opening.ts';
import { WaitingList } from './waiting-list.ts';

const STOPPING = 'I am being restarted. Type `/join` again in a moment.';
const NO_ROOM = 'I am in as many conversations as I can be.';
/** Each conversation opens a session of a model, which costs: so many in a row for one person, then one in so many ms. */
const JOINS = { burst: 6, everyMs: 20_000 };
const ASKED_ANEW = 'Somebody asked me in meanwhile.';

/**
 * Opens one bridge: connects, joins, wires. Rejects with SessionLostError or LineLostError, or with the reason of `signal`
 * once that is aborted, leaving nothing behind.
 */
export type OpenBridge = (request: {
  guildId: string;
  channelId: string;
  by: Person;
  mode?: ConversationMode;
  /** Nobody asked now: the bot comes back after a restart. */
  returning?: boolean;
  /** Aborted when nobody wants it any more. */
  signal: AbortSignal;
  /** To be called when the bridge has ended, for whatever reason. */
  onEnded: () => void;
}) => Promise<BridgeHandle>;

/** Every conversation of the process, wanted or there, at most one a guild. */
export class OpenBridges implements Bridges {
  readonly #open: OpenBridge;
  readonly #bridges = new Map<string, BridgeHandle>();
  readonly #wishes = new Map<string, Wish>();
  readonly waiting: WaitingList;
  readonly #joins = new Cooldown(JOINS);
  #opening = 0;
  #closed = false;

  /** `most`: conversations at a time; absent: no limit. `admit`: see WaitingList. */
  constructor(
    open: OpenBridge,
    {
      most,
      admit = () => Promise.resolve(true),
    }: { most?: number | null; admit?: (request: OpenRequest) => Promise<boolean> } = {},
  ) {
    this.#open = open;
    this.waiting = new WaitingList({
      most: most ?? undefined,
      count: () => this.#bridges.size + this.#opening,
      admit,
      open: (request) => this.open(request).catch(() => undefined),
    });
  }

  find(guildId: string): BridgeHandle | undefined {
    return this.#bridges.get(guildId);
  }

  opening(guildId: string): Opening | undefined {
    return this.#wishes.get(guildId);
  }

  /** A second request for a guild while the first is still opening gets the same bridge. */
  async open(request: OpenRequest): Promise<BridgeHandle> {
    const under = this.#wishes.get(request.guildId);
    if (under?.attempt !== undefined) return under.attempt;
    // A return that waits for its next attempt is not needed any more.
    await under?.callOff(ASKED_ANEW);
    const wish = this.want(request);
    if (!wish) return this.open(request);
    try {
      return await this.attempt(wish);
    } finally {
      wish.end();
    }
  }

  /** A wish that may take several attempts; undefined where there is one already, or a conversation. End it. */
  want(request: OpenRequest): Wish | undefined {
    const { guildId } = request;
    if (this.#wishes.has(guildId)) return undefined;
    const wish = new Wish(request, (gone) => {
      if (this.#wishes.get(guildId) === gone) this.#wishes.delete(guildId);
    });
    this.#wishes.set(guildId, wish);
    return wish;
  }

  /** Tries to have what is wanted. Rejects as OpenBridge does, and with CalledOffError. */
  attempt(wish: Wish): Promise<BridgeHandle> {
    return wish.try(() => this.#openOne(wish));
  }

  /** Has every conversation take on what its settings come to now, those that are just opening included. */
  async reapply(settings: Pick<SettingsStore, 'get'>): Promise<void> {
    await Promise.allSettled([...this.#wishes.values()].map((wish) => wish.attempt));
    for (const bridge of [...this.#bridges.values()]) bridge.apply(await settings.get(bridge.guildId));
  }

  async closeAll(reason: EndReason): Promise<void> {
    this.#closed = true;
    this.waiting.close();
    await Promise.all([...this.#wishes.values()].map((wish) => wish.callOff(STOPPING)));
    await Promise.all([...this.#bridges.values()].map((bridge) => bridge.close(reason)));
  }

  /** Throws LineLostError where this person brought it in too often just now: others still can. A return counts for nothing. */
  #mindJoins({ by, returning }: Pick<Wish, 'by' | 'returning'>): void {
    const waitMs = returning ? 0 : this.#joins.waitMs([by.userId], performance.now());
    if (waitMs <= 0) return;
    const at = Math.ceil((wallClock.now() + waitMs) / 1_000);
    const when = `<t:${at}:R>; others can still type \`/join\``;
    throw new LineLostError(
      `You brought me in many times just now, and each time costs. I come again for you ${when}.`,
      {
        retryable: false,
      },
    );
  }

  async #openOne({ guildId, channelId, by, mode, returning, signal }: Wish): Promise<BridgeHandle> {
    if (this.#closed) throw new CalledOffError(STOPPING);
    this.#mindJoins({ by, returning });
    if (this.waiting.mustWait(guildId)) throw new LineLostError(NO_ROOM, { retryable: true, noRoom: true });
    let ended = false;
    const onEnded = (): void => {
      ended = true;
      this.#bridges.delete(guildId);
      void this.waiting.serve();
    };
    this.#opening += 1;
    try {
      if (!returning) this.#joins.take([by.userId], performance.now());
      const bridge = await this.#open({ guildId, channelId, by, mode, returning, signal, onEnded });
      if (!ended) this.#bridges.set(guildId, bridge);
      return bridge;
    } finally {
      this.#opening -= 1;
      void this.waiting.serve();
    }
  }
}
