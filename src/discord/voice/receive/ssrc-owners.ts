import { sequenceDistance } from '../../../audio/jitter-buffer.ts';
import type { UserId } from '../../../ports/voice.ts';
import { ReplayWindow } from './replay-window.ts';

/** Media may overtake the op 5 that names its sender: it waits this long for it. */
const UNNAMED_WAIT_MS = 500;
/** By then an op 5 that is merely late has come. */
const UNEXPLAINED_MS = 200;
/** SSRCs without a name that are waited for, and packets of each. */
const UNNAMED_LIMIT = 64;
/** After an SSRC changed hands, what the old owner had sent may still be on its way for so long. */
const RETIRED_MS = 500;
const RETIRED_REACH = 100;
/** SSRCs whose packets are remembered; the one that was made first goes. */
const WINDOW_LIMIT = 1_000;

/** Far more than a channel holds; beyond it the name that was given first goes. */
const OWNER_LIMIT = 1_000;

/** Packets that waited for a name and got none, but whose SSRC has an owner: nobody else's, as it turned out. */
export interface OwnedPackets {
  readonly ssrc: number;
  readonly userId: UserId;
  readonly packets: readonly OpenedPacket[];
}

/** A packet without its transport encryption. */
export interface OpenedPacket {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Buffer;
  readonly receivedAt: number;
}

/** Whose an SSRC is, what came of it already, and what waits for a name. An SSRC has one owner, an owner one SSRC. */
export class SsrcOwners {
  readonly #owners = new Map<number, UserId>();
  readonly #windows = new Map<number, ReplayWindow>();
  readonly #unnamed = new Map<number, { readonly since: number; readonly packets: OpenedPacket[] }>();
  readonly #retired = new Map<number, { readonly sequence: number; readonly until: number }>();

  /** Packets wait for a name. */
  get waiting(): boolean {
    return this.#unnamed.size > 0;
  }

  ownerOf(ssrc: number): UserId | undefined {
    return this.#owners.get(ssrc);
  }

  /** The SSRCs of a person: one, or none. */
  ssrcsOf(userId: UserId): number[] {
    return [...this.#owners].filter(([, owner]) => owner === userId).map(([ssrc]) => ssrc);
  }

  /** Whether this packet, whose transport encryption was opened, did not come before. */
  isNew(ssrc: number, sequence: number, nonce: number): boolean {
    let window = this.#windows.get(ssrc);
    if (!window) {
      if (this.#windows.size >= WINDOW_LIMIT) this.#windows.delete(this.#windows.keys().next().value as number);
      window = new ReplayWindow();
      this.#windows.set(ssrc, window);
    }
    return window.accept(sequence, nonce);
  }

  /** Whether it goes on where an owner left off who lost this SSRC just now: it is theirs and nobody else's. */
  isOfOldOwner(ssrc: number, sequence: number, now: number): boolean {
    if (this.#retired.size === 0) return false;
    const retired = this.#retired.get(ssrc);
    return (
      retired !== undefined &&
      now < retired.until &&
      Math.abs(sequenceDistance(sequence, retired.sequence)) <= RETIRED_REACH
    );
  }

  /** From now on this SSRC is this person's. Gives what waited for the name, oldest first. */
  name(ssrc: number, userId: UserId): readonly OpenedPacket[] {
    if (this.#owners.size >= OWNER_LIMIT && !this.#owners.has(ssrc)) {
      this.#owners.delete(this.#owners.keys().next().value as number);
    }
    this.#owners.set(ssrc, userId);
    const held = this.#unnamed.get(ssrc);
    this.#unnamed.delete(ssrc);
    return held?.packets ?? [];
  }

  /** Nobody's again. */
  release(ssrc: number): void {
    this.#owners.delete(ssrc);
  }

  /** The SSRC changed hands; `sequence` is the last that was surely the old owner's. */
  retire(ssrc: number, sequence: number, now: number): void {
    this.#retired.set(ssrc, { sequence, until: now + RETIRED_MS });
  }

  /** Keeps a packet for its name; false when there is no room. */
  hold(ssrc: number, packet: OpenedPacket): boolean {
    const held = this.#unnamed.get(ssrc) ?? { since: packet.receivedAt, packets: [] };
    if (held.packets.length >= UNNAMED_LIMIT) return false;
    if (this.#unnamed.size >= UNNAMED_LIMIT && !this.#unnamed.has(ssrc)) return false;
    held.packets.push(packet);
    this.#unnamed.set(ssrc, held);
    return true;
  }

  /** Whether packets of this SSRC wait for a name. */
  holds(ssrc: number): boolean {
    return this.#unnamed.has(ssrc);
  }

  /** The oldest packet of each SSRC that has waited in vain for the op 5 which usually comes with it. */
  unexplained(now: number): readonly (readonly [ssrc: number, packet: OpenedPacket])[] {
    return [...this.#unnamed].flatMap(([ssrc, { since, packets }]) => {
      const [first] = packets;
      return first && now - since >= UNEXPLAINED_MS ? [[ssrc, first] as const] : [];
    });
  }

  /** Gives up what waited too long for a name: how many packets that were, and what is its owner's after all. */
  expire(now: number): { readonly unnamed: number; readonly owned: readonly OwnedPackets[] } {
    let unnamed = 0;
    const owned: OwnedPackets[] = [];
    for (const [ssrc, held] of this.#unnamed) {
      if (now - held.since < UNNAMED_WAIT_MS) continue;
      this.#unnamed.delete(ssrc);
      const userId = this.#owners.get(ssrc);
      if (userId === undefined) unnamed += held.packets.length;
      else owned.push({ ssrc, userId, packets: held.packets });
    }
    for (const [ssrc, retired] of this.#retired) if (now >= retired.until) this.#retired.delete(ssrc);
    return { unnamed, owned };
  }

  /** Another key: nonces and SSRCs begin anew. */
  forgetPackets(): void {
    this.#windows.clear();
    this.#unnamed.clear();
    this.#retired.clear();
  }

  /** Another voice server: nothing of the old one counts. */
  clear(): void {
    this.#owners.clear();
    this.forgetPackets();
  }
}
