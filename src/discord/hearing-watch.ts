import type { UserId } from '../bridge/ports.ts';
import { Deafness } from './deafness.ts';

/** RTP payload type of Discord's Opus. */
const OPUS = 0x78;

/** What is to be done about somebody who speaks and is not heard. */
export interface Unheard {
  readonly userId: UserId;
  /** `rejoin` once; where that did not help, people are told, once. */
  readonly remedy: 'rejoin' | 'tell';
}

/** Watches over everybody in a channel: whose sound comes in, and of whom nothing is heard all the same. */
export class HearingWatch {
  readonly #deafness: Deafness;
  readonly #isSilent: (userId: UserId) => boolean;
  readonly #speakers = new Map<number, UserId>();
  readonly #tried = new Map<UserId, Unheard['remedy']>();

  /** `deafMs`: how long somebody may be unheard. `isSilent`: of whom nobody expects a word. */
  constructor(options: { deafMs: number; isSilent: (userId: UserId) => boolean }) {
    this.#deafness = new Deafness(options.deafMs);
    this.#isSilent = options.isSilent;
  }

  /** The voice gateway named somebody's SSRC, and said whether they speak. */
  flag(userId: UserId, at: { ssrc: number; speaking: boolean; now: number }): void {
    this.#speakers.set(at.ssrc, userId);
    this.#deafness.flag(userId, at.speaking, at.now);
  }

  /** A datagram came from the voice server; whether it can be opened is seen later. */
  datagram(datagram: Buffer, now: number): void {
    if (datagram.length <= 12 || ((datagram[1] as number) & 0x7f) !== OPUS) return;
    const userId = this.#speakers.get(datagram.readUInt32BE(8));
    if (userId !== undefined) this.#deafness.packet(userId, now);
  }

  /** A frame of theirs was decoded. */
  heard(userId: UserId): void {
    this.#deafness.forget(userId);
    this.#tried.delete(userId);
  }

  left(userId: UserId): void {
    this.#deafness.forget(userId);
  }

  /** Nobody can be heard now, whatever comes. */
  pause(): void {
    this.#deafness.reset();
  }

  /** Another connection: every SSRC is named anew. */
  newConnection(): void {
    this.#deafness.reset();
    this.#speakers.clear();
  }

  /** Another channel: what was tried for the people of the old one does not count. */
  moved(): void {
    this.#tried.clear();
  }

  /** What to do now. After a rejoin the others are looked at anew, so that it comes last. */
  due(now: number): readonly Unheard[] {
    const due: Unheard[] = [];
    for (const userId of this.#deafness.unheard(now, this.#isSilent)) {
      const tried = this.#tried.get(userId);
      if (tried === 'tell') continue;
      const remedy = tried === undefined ? 'rejoin' : 'tell';
      this.#tried.set(userId, remedy);
      due.push({ userId, remedy });
      if (remedy === 'rejoin') break;
    }
    return due;
  }
}
