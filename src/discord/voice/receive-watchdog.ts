import type { UserId } from '../../ports/voice.ts';
import { GrowingPause } from './link/growing-pause.ts';
import { SilenceTimer } from './silence-timer.ts';

/** RTP payload type of Discord's Opus. */
const OPUS = 0x78;
/** Far more than people in a channel. */
const UNNAMED_LIMIT = 256;

/** Between two rejoins for people who are not heard: one of them may see to it that they are not. */
const PAUSE = { firstMs: 15_000, longestMs: 600_000, stableMs: 300_000 };

/** Stands for whoever sends packets under an SSRC that has no name; no user id is empty. */
const UNNAMED = '';

/** What is to be done about somebody who speaks and is not heard. */
export interface Unheard {
  /** null: nobody said whose the packets are. */
  readonly userId: UserId | null;
  /** `rejoin` once; where that did not help, people are told, once. */
  readonly remedy: 'rejoin' | 'tell';
}

/** Watches over everybody in a channel: whose sound comes in, and of whom nothing is heard all the same. */
export class ReceiveWatchdog {
  readonly #deafness: SilenceTimer;
  readonly #isSilent: (userId: UserId) => boolean;
  readonly #speakers = new Map<number, UserId>();
  /** SSRCs that packets came under and that nobody named yet. */
  readonly #unnamed = new Set<number>();
  readonly #tried = new Map<UserId, Unheard['remedy']>();
  readonly #pause = new GrowingPause(PAUSE);

  /** `deafMs`: how long somebody may be unheard. `isSilent`: of whom nobody expects a word. */
  constructor(options: { deafMs: number; isSilent: (userId: UserId) => boolean }) {
    this.#deafness = new SilenceTimer(options.deafMs);
    this.#isSilent = (userId) => userId !== UNNAMED && options.isSilent(userId);
  }

  /** The voice gateway named somebody's SSRC, and said whether they speak. */
  flag(userId: UserId, at: { ssrc: number; speaking: boolean; now: number }): void {
    this.named(userId, at.ssrc);
    this.#deafness.flag(userId, at.speaking, at.now);
  }

  /** From now on this SSRC is this person's. */
  named(userId: UserId, ssrc: number): void {
    if (this.#speakers.get(ssrc) === undefined && this.#unnamed.delete(ssrc) && this.#unnamed.size === 0) {
      this.heard(UNNAMED);
    }
    this.#speakers.set(ssrc, userId);
  }

  /** A datagram came from the voice server; whether it can be opened is seen later. */
  datagram(datagram: Buffer, now: number): void {
    if (datagram.length <= 12 || ((datagram[1] as number) & 0x7f) !== OPUS) return;
    const ssrc = datagram.readUInt32BE(8);
    const userId = this.#speakers.get(ssrc);
    if (userId === undefined && this.#unnamed.size < UNNAMED_LIMIT) this.#unnamed.add(ssrc);
    this.#deafness.packet(userId ?? UNNAMED, now);
  }

  /** A frame of theirs was decoded. */
  heard(userId: UserId): void {
    this.#deafness.evict(userId);
    this.#tried.delete(userId);
  }

  left(userId: UserId): void {
    this.#deafness.evict(userId);
  }

  /** Nobody can be heard now, whatever comes. */
  pause(): void {
    this.#deafness.reset();
  }

  /** Another connection: every SSRC is named anew. */
  newConnection(): void {
    this.#deafness.reset();
    this.#speakers.clear();
    this.#unnamed.clear();
  }

  /** Another channel: what was tried for the people of the old one does not count. */
  moved(): void {
    this.#tried.clear();
    this.#pause.excuse();
  }

  /** What to do now. After a rejoin the others are looked at anew, so that it comes last. */
  due(now: number): readonly Unheard[] {
    const due: Unheard[] = [];
    for (const userId of this.#deafness.unheard(now, this.#isSilent)) {
      const tried = this.#tried.get(userId);
      if (tried === 'tell') continue;
      const remedy = tried === undefined ? 'rejoin' : 'tell';
      // Until the pause is over nothing is said: it may be mended then.
      if (remedy === 'rejoin' && !this.#pause.trouble(now)) continue;
      if (remedy === 'rejoin') this.#pause.attempted(now);
      this.#tried.set(userId, remedy);
      due.push({ userId: userId === UNNAMED ? null : userId, remedy });
      if (remedy === 'rejoin') break;
    }
    return due;
  }
}
