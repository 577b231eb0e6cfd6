import { JitterBuffer, type JitterOutput, type MediaPacket } from '../../../audio/jitter-buffer.ts';
import type { Frame, Pcm, PcmRate, UserId } from '../../../ports/voice.ts';
import { fadeIn, fadeOut, joinSeam } from './crossfade.ts';
import type { OpusLease } from './opus.ts';
import type { ReceptionCount } from './receive-stats.ts';

/** Opus over RTP counts time in samples at 48 kHz, whatever the sound's own rate is (RFC 7587 §4.1). */
const TICKS_PER_MS = 48;
/** Longest wait behind a gap before what is missing is given up. */
const JITTER_WAIT_MS = 120;
/** Lost packets that are guessed, and the most that is guessed of long ones; past that a guess is worse than silence. */
const CONCEAL_PACKETS = 5;
const CONCEAL_LIMIT_MS = 120;
const SEAM_MS = 5;
/** A stream that is silent this long gives its decoder back. */
const IDLE_MS = 3_000;
/** Silence after which what comes is a new talk spurt, even if the old one was not ended in form. */
const SPURT_GAP_MS = 200;
/** Longest silence that is worth telling as a gap. */
const GAP_LIMIT_MS = 60_000;
/** How far a sender's clock may be off when it says that it began anew. */
const RESTART_SLACK_MS = 1_000;

/** The end of a talk spurt as clients send it; DAVE leaves it unencrypted. */
export const SILENCE_PACKET = Buffer.from([0xf8, 0xff, 0xfe]);

/**
 * One SSRC of one person, from decrypted packets to frames in order: jitter buffer, Opus decoder, concealment. The length
 * of the decoder's output drives all, so packets of 2.5–120 ms, stereo and several frames in one are the same to it.
 */
export class SpeakerStream {
  readonly userId: UserId;
  readonly #rate: PcmRate;
  readonly #codec: OpusLease;
  readonly #count: ReceptionCount;
  readonly #emit: (frame: Frame) => void;
  #jitter = new JitterBuffer({ maxWaitMs: JITTER_WAIT_MS });
  readonly #seamSamples: number;
  #lastPacketAt = 0;
  #lastPlayedAt = 0;
  /** RTP timestamp that follows the last sound given out. */
  #nextTimestamp: number | undefined;
  /** Length of the last packet, which is what a lost one is taken to have had. */
  #packetMs = 20;
  #spurtEnded = true;
  #restarted = false;
  /** How a guess that ran up to the next packet would have gone on; empty: it faded out before it. */
  #guessed: Pcm | undefined;

  constructor(options: {
    userId: UserId;
    rate: PcmRate;
    codec: OpusLease;
    count: ReceptionCount;
    emit: (frame: Frame) => void;
  }) {
    this.userId = options.userId;
    this.#rate = options.rate;
    this.#codec = options.codec;
    this.#count = options.count;
    this.#emit = options.emit;
    this.#seamSamples = (SEAM_MS * options.rate) / 1000;
  }

  /** Packets wait behind a gap: call tick() often. */
  get waiting(): boolean {
    return this.#jitter.waiting;
  }

  /** Takes a packet that was opened. */
  push(packet: MediaPacket): void {
    this.#lastPacketAt = packet.receivedAt;
    const { late } = this.#jitter.counts;
    this.#play(this.#jitter.push(packet));
    if (this.#jitter.counts.late > late) this.#count.add('late');
  }

  /** Time passes: gives up gaps, gives an idle decoder back. */
  tick(now: number): void {
    if (this.#jitter.waiting) this.#play(this.#jitter.tick(now));
    if (now - this.#lastPacketAt < IDLE_MS) return;
    this.#codec.release();
    this.#spurtEnded = true;
  }

  /** Throws away what waits, and all that is known of the sound so far: what comes next begins from silence. */
  discard(): void {
    this.#jitter = new JitterBuffer({ maxWaitMs: JITTER_WAIT_MS });
    this.#codec.release();
    this.#nextTimestamp = undefined;
    this.#spurtEnded = true;
    this.#restarted = false;
    this.#guessed = undefined;
  }

  /** Gives out what waits, and the decoder back. */
  close(): void {
    this.#play(this.#jitter.drain());
    this.#codec.release();
  }

  #play(outputs: readonly JitterOutput[]): void {
    for (const [i, output] of outputs.entries()) {
      switch (output.type) {
        case 'packet':
          this.#playPacket(output.packet);
          break;
        case 'lost':
          this.#count.add('lost', output.count);
          this.#conceal(output.count, outputs[i + 1]);
          break;
        case 'restarted':
          this.#restarted = true;
          break;
        default:
          output satisfies never;
      }
    }
  }

  #playPacket(packet: MediaPacket): void {
    const gapMs = this.#gapBefore(packet);
    const silence = packet.payload.length === 3 && SILENCE_PACKET.equals(packet.payload);
    if (this.#restarted || gapMs >= SPURT_GAP_MS || (this.#spurtEnded && !silence)) this.#codec.reset();
    this.#restarted = false;
    this.#spurtEnded = silence;
    let pcm: Pcm;
    try {
      pcm = this.#codec.decode(packet.payload);
    } catch {
      this.#count.add('undecodable');
      return;
    }
    if (pcm.length === 0) return;
    this.#count.add('received');
    this.#join(pcm, gapMs);
    this.#packetMs = (pcm.length * 1000) / this.#rate;
    this.#nextTimestamp = (packet.timestamp + this.#packetMs * TICKS_PER_MS) >>> 0;
    this.#lastPlayedAt = packet.receivedAt;
    this.#emit({ type: 'frame', userId: this.userId, pcm, gapMs, receivedAt: packet.receivedAt, concealed: false });
  }

  /** A step from the guess to what really came would be a click. */
  #join(pcm: Pcm, gapMs: number): void {
    const guessed = this.#guessed;
    this.#guessed = undefined;
    if (!guessed) return;
    if (gapMs > 0 || guessed.length === 0) fadeIn(pcm, this.#seamSamples);
    else joinSeam(guessed, pcm);
  }

  #conceal(count: number, next: JitterOutput | undefined): void {
    if (this.#nextTimestamp === undefined || this.#spurtEnded) return;
    const byCount = count * this.#packetMs;
    const byClock =
      next?.type === 'packet' ? ((next.packet.timestamp - this.#nextTimestamp) | 0) / TICKS_PER_MS : byCount;
    // Lost packets may have been shorter than thought, and silence may lie behind them; a clock that stands still says nothing.
    const missing = byClock > 0 ? byClock : byCount;
    const ms = Math.min(byCount, missing, CONCEAL_PACKETS * this.#packetMs, CONCEAL_LIMIT_MS);
    const samples = Math.round((ms * this.#rate) / 1000);
    const guess = this.#codec.conceal(ms + SEAM_MS);
    const pcm = guess.slice(0, samples);
    const isWhole = ms >= missing;
    if (!isWhole) fadeOut(pcm, this.#seamSamples);
    this.#guessed = isWhole ? guess.subarray(samples) : guess.subarray(0, 0);
    this.#count.add('concealedMs', ms);
    this.#nextTimestamp = (this.#nextTimestamp + ms * TICKS_PER_MS) >>> 0;
    const { userId } = this;
    this.#emit({ type: 'frame', userId, pcm, gapMs: 0, receivedAt: this.#lastPacketAt, concealed: true });
  }

  #gapBefore(packet: MediaPacket): number {
    if (this.#nextTimestamp === undefined) return 0;
    const ms = ((packet.timestamp - this.#nextTimestamp) | 0) / TICKS_PER_MS;
    const elapsed = Math.max(0, packet.receivedAt - this.#lastPlayedAt - this.#packetMs);
    // A sender that began anew has another clock too, unless it merely was away.
    const gap = this.#restarted && Math.abs(ms - elapsed) > RESTART_SLACK_MS ? elapsed : ms;
    return gap > 0 ? Math.min(gap, GAP_LIMIT_MS) : 0;
  }
}
