import type { FrameSource } from '../bridge/ports.ts';
import type { OpusLease } from './opus.ts';

const FRAME_MS = 20;
/** After a stall of the event loop at most this many packets leave at once; the rest of the debt is forgiven. */
const CATCH_UP_PACKETS = 3;
/** Five frames of silence end a talk spurt, so that receivers do not guess on (Discord: "Voice Data Interpolation"). */
const SILENCE_PACKETS = 5;
const SILENCE_PACKET = Buffer.from([0xf8, 0xff, 0xfe]);

/** Where packets go. `ready` is false while the connection could not deliver them: nothing is pulled meanwhile. */
export interface PacketSink {
  readonly ready: boolean;
  send(opus: Buffer): void;
  setSpeaking(speaking: boolean): void;
}

/**
 * Pulls a frame every 20 ms by a monotonic clock, encodes it and sends it. The first one leaves at once. Idle, it has
 * no timer.
 */
export class Pacer {
  readonly #sink: PacketSink;
  readonly #codec: OpusLease;
  #source: FrameSource | undefined;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;
  #silenceLeft = 0;
  #closed = false;

  /** `codec` at 24 kHz; released when the pacer closes or has been idle. */
  constructor(options: { sink: PacketSink; codec: OpusLease }) {
    this.#sink = options.sink;
    this.#codec = options.codec;
  }

  /** Starts pulling, or goes on if it already does. Ends by itself when the source has nothing more. */
  play(source: FrameSource): void {
    if (this.#closed) return;
    this.#source = source;
    if (this.#timer) return;
    // A talk spurt that just ended still owns its last 20 ms.
    const wait = this.#dueAt - performance.now();
    if (wait > 0) this.#schedule(wait);
    else {
      this.#dueAt = performance.now();
      this.#run();
    }
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#codec.release();
  }

  #schedule(ms: number): void {
    this.#timer = setTimeout(() => this.#run(), ms);
  }

  #run(): void {
    this.#timer = undefined;
    const now = performance.now();
    if (!this.#sink.ready) {
      this.#dueAt = now + FRAME_MS;
      this.#schedule(FRAME_MS);
      return;
    }
    this.#dueAt = Math.max(this.#dueAt, now - (CATCH_UP_PACKETS - 1) * FRAME_MS);
    while (this.#dueAt <= now) {
      if (!this.#step()) {
        this.#codec.release();
        return;
      }
      this.#dueAt += FRAME_MS;
    }
    // Timers fire on whole milliseconds and late; aiming a little early and rounding up keeps the mean at 20 ms.
    this.#schedule(Math.max(1, Math.floor(this.#dueAt - performance.now())));
  }

  /** Sends one packet; false when the talk spurt is over. */
  #step(): boolean {
    const frame = this.#source?.pull();
    if (frame) {
      this.#silenceLeft = SILENCE_PACKETS;
      this.#sink.setSpeaking(true);
      this.#sink.send(this.#codec.encode(frame));
      return true;
    }
    if (this.#silenceLeft > 0) {
      this.#silenceLeft -= 1;
      this.#sink.send(SILENCE_PACKET);
      return true;
    }
    this.#sink.setSpeaking(false);
    return false;
  }
}
