import type { FrameSource, Pcm } from '../../../ports/voice.ts';
import { type Beat, EARLY_MS, type FrameClock, SLOT_MS, slotFrom } from './frame-clock.ts';

const FRAME_MS = 20;
/** After a stall of the event loop at most this many packets leave at once; the rest of the debt is forgiven. */
const CATCH_UP_PACKETS = 3;
const CATCH_UP_MS = (CATCH_UP_PACKETS - 1) * FRAME_MS;
/** Five frames of silence end a talk spurt, so that receivers do not guess on (Discord: "Voice Data Interpolation"). */
const SILENCE_PACKETS = 5;
const SILENCE_PACKET = Buffer.from([0xf8, 0xff, 0xfe]);

/** Where packets go. `ready` is false while the connection could not deliver them: nothing is pulled meanwhile. */
export interface PacketSink {
  readonly ready: boolean;
  /** `pausedFrames`: frames of 20 ms between the packet before and this one in which nothing was sent. */
  send(opus: Buffer, pausedFrames: number): void;
  setSpeaking(speaking: boolean): void;
}

/** What turns 20 ms of sound into an Opus packet; given back when nothing is said. */
export interface FrameEncoder {
  encode(pcm: Pcm): Buffer;
  release(): void;
}

/**
 * Pulls a frame every 20 ms by the shared clock, encodes it and sends it. The first one leaves at once. In any stretch
 * of time no more packets leave than one every 20 ms and two that are late; what a stall cost beyond that is not made up.
 */
export class Pacer {
  readonly #sink: PacketSink;
  readonly #codec: FrameEncoder;
  readonly #clock: FrameClock;
  readonly #onFailure: (error: unknown) => void;
  readonly #beat: Beat = (now) => this.#run(now);
  #source: FrameSource | undefined;
  #running = false;
  /** When the next packet may leave; a talk spurt that is over still owns its last 20 ms. */
  #dueAt = 0;
  #sentAt: number | undefined;
  /**
   * After a stall that was not made up for, listeners have run dry and the packets sent at once are their new buffer:
   * the next ones come a little slower until no second has more than 50 packets.
   */
  #aheadMs = 0;
  #silenceLeft = 0;
  #closed = false;

  /** `codec` at 24 kHz; released when the pacer closes or has been idle. `onFailure`: a frame was lost to an error. */
  constructor(options: {
    sink: PacketSink;
    codec: FrameEncoder;
    clock: FrameClock;
    onFailure: (error: unknown) => void;
  }) {
    this.#sink = options.sink;
    this.#codec = options.codec;
    this.#clock = options.clock;
    this.#onFailure = options.onFailure;
  }

  /** Starts pulling, or goes on if it already does. Ends by itself when the source has nothing more. */
  play(source: FrameSource): void {
    if (this.#closed) return;
    this.#source = source;
    if (this.#running) return;
    this.#running = true;
    const now = this.#clock.now();
    if (this.#dueAt <= now && this.#sink.ready) {
      this.#dueAt = slotFrom(now);
      if (!this.#step()) return;
      this.#dueAt += FRAME_MS;
    }
    this.#dueAt = Math.max(this.#dueAt, slotFrom(now));
    this.#clock.start(this.#beat, this.#dueAt);
  }

  /** A talk spurt is under way. */
  get busy(): boolean {
    return this.#running;
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#clock.stop(this.#beat);
    this.#codec.release();
  }

  #run(now: number): number | undefined {
    if (!this.#sink.ready) {
      this.#dueAt = slotFrom(now) + FRAME_MS;
      return this.#dueAt;
    }
    const earliest = slotFrom(now - CATCH_UP_MS);
    if (this.#dueAt < earliest) {
      this.#dueAt = earliest;
      this.#aheadMs = CATCH_UP_MS;
    }
    // Behind late packets none leaves early, too: that would be one more than two in a stretch between stalls.
    for (let latest = now + EARLY_MS; this.#dueAt <= latest; latest = now) {
      if (!this.#step()) return undefined;
      this.#dueAt += FRAME_MS;
    }
    const wait = Math.min(SLOT_MS, this.#aheadMs);
    this.#aheadMs -= wait;
    this.#dueAt += wait;
    return this.#dueAt;
  }

  /** Sends one packet; false when the talk spurt is over. An error costs this frame only. */
  #step(): boolean {
    try {
      const frame = this.#source?.pull();
      if (this.#closed) return false;
      if (frame) {
        this.#silenceLeft = SILENCE_PACKETS;
        const opus = this.#codec.encode(frame);
        this.#sink.setSpeaking(true);
        this.#send(opus);
        return true;
      }
      if (this.#silenceLeft > 0) {
        this.#silenceLeft -= 1;
        this.#send(SILENCE_PACKET);
        return true;
      }
      this.#running = false;
      this.#sink.setSpeaking(false);
      this.#codec.release();
      return false;
    } catch (error) {
      this.#onFailure(error);
      return this.#running && !this.#closed;
    }
  }

  #send(opus: Buffer): void {
    const frames = this.#sentAt === undefined ? 1 : Math.round((this.#dueAt - this.#sentAt) / FRAME_MS);
    this.#sentAt = this.#dueAt;
    this.#sink.send(opus, Math.max(0, frames - 1));
  }
}
