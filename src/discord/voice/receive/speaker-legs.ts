import type { LineEvent, PcmRate, UserId } from '../../../ports/voice.ts';
import { DaveDecryptor } from '../dave/dave-decryptor.ts';
import type { OpusCodecs } from './opus.ts';
import { ReceptionCount } from './receive-stats.ts';
import { SILENCE_PACKET, SpeakerStream } from './speaker-stream.ts';
import type { OpenedPacket } from './ssrc-owners.ts';

/** People whose counts are kept; beyond that the one who came first goes. */
const COUNTED_PEOPLE = 500;

/** The decode chain of one SSRC. */
export interface Leg {
  readonly stream: SpeakerStream;
  readonly sealed: DaveDecryptor;
  /** Of its person, over all their SSRCs. */
  readonly count: ReceptionCount;
}

export interface SpeakerLegsDeps {
  readonly codecs: OpusCodecs;
  /** Of the frames that are given out, in Hz. */
  readonly rate: PcmRate;
  readonly emit: (event: LineEvent) => void;
  /** Undoes a person's end-to-end encryption; throws where it cannot. */
  readonly unseal: (userId: UserId, packet: Buffer) => Buffer;
  /** Whether there is end-to-end encryption at all. */
  readonly sealable: () => boolean;
  /** A packet of this person that is not silence was opened. */
  readonly opened: (userId: UserId) => void;
}

/** The decode chains of everybody who speaks on a line, by SSRC, and what became of each person's packets. */
export class SpeakerLegs implements Iterable<readonly [ssrc: number, leg: Leg]> {
  readonly #deps: SpeakerLegsDeps;
  readonly #legs = new Map<number, Leg>();
  readonly #people = new Map<UserId, ReceptionCount>();

  constructor(deps: SpeakerLegsDeps) {
    this.#deps = deps;
  }

  [Symbol.iterator](): Iterator<[number, Leg]> {
    return this.#legs.entries();
  }

  /** A packet waits for a key, or for one that came before it. */
  get waiting(): boolean {
    for (const { stream, sealed } of this.#legs.values()) if (stream.waiting || sealed.waiting) return true;
    return false;
  }

  /** What is counted, one for each person. */
  get counts(): readonly ReceptionCount[] {
    return [...this.#people.values()];
  }

  get(ssrc: number): Leg | undefined {
    return this.#legs.get(ssrc);
  }

  /** The chain of this SSRC; made for this person where there is none. */
  of(ssrc: number, userId: UserId): Leg {
    const known = this.#legs.get(ssrc);
    if (known) return known;
    const leg = this.#made(userId);
    this.#legs.set(ssrc, leg);
    return leg;
  }

  countOf(userId: UserId): ReceptionCount {
    let count = this.#people.get(userId);
    if (!count) {
      if (this.#people.size >= COUNTED_PEOPLE) this.#people.delete(this.#people.keys().next().value as UserId);
      count = new ReceptionCount(userId);
      this.#people.set(userId, count);
    }
    return count;
  }

  /** This person's counts are not shown any more. */
  evictCount(userId: UserId): void {
    this.#people.delete(userId);
  }

  /**
   * Ends a chain and frees its decoder. `sealed`: the packets that are closed still, which are lost but for `keep`.
   * `lastSequence`: of the last packet that was opened. undefined: there was no chain.
   */
  drop(
    ssrc: number,
    keep: boolean,
  ): { readonly sealed: OpenedPacket[]; readonly lastSequence: number | undefined } | undefined {
    const leg = this.#legs.get(ssrc);
    if (!leg) return undefined;
    this.#legs.delete(ssrc);
    const { lastSequence } = leg.sealed;
    const sealed = leg.sealed.close();
    if (!keep && sealed.length > 0) leg.count.add('undecryptable', sealed.length);
    leg.stream.close();
    return { sealed, lastSequence };
  }

  #made(userId: UserId): Leg {
    const { codecs, rate, emit, unseal, sealable, opened } = this.#deps;
    const count = this.countOf(userId);
    const codec = codecs.lease(rate);
    const stream = new SpeakerStream({ userId, rate, codec, count, emit });
    const sealed = new DaveDecryptor({
      unseal: (packet) => unseal(userId, packet),
      sealable,
      opened: (packet) => {
        if (!packet.payload.equals(SILENCE_PACKET)) opened(userId);
        stream.push(packet);
      },
      lost: (packets) => count.add('undecryptable', packets),
    });
    return { stream, sealed, count };
  }
}
