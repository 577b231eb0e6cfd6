import { randomInt } from 'node:crypto';
import type { VoiceClientDave } from './client-dave.ts';
import { AUDIO_LEVEL_EXTENSION, FRAME_TICKS, SILENCE_FRAME, writeRtpHeader } from './rtp.ts';
import type { Transport } from './transport.ts';

const FRAME_MS = 20;
/** https://docs.discord.com/developers/topics/voice-connections#voice-data-interpolation */
const SILENCE_FRAMES = 5;
/** Frames sealed with the old epoch when a new one comes: longer than any transition lasts. */
const AHEAD_FRAMES = 150;

interface Spurt {
  readonly packets: readonly Buffer[];
  /** Frames sent so far. */
  sent: number;
  /** Frames of `packets` that are sent at all; what follows is silence. */
  end: number;
}

/** Sends Opus packets as Discord's clients do: in real time, in talk spurts, nothing in between. */
export class VoiceClientSender {
  readonly #ssrc: number;
  readonly #transport: Transport;
  readonly #dave: VoiceClientDave | undefined;
  readonly #emit: (datagram: Buffer) => void;
  readonly #announce: (speaking: number) => void;
  readonly #clockStart = performance.now();
  readonly #timestampStart = randomInt(2 ** 32);
  #sequence = randomInt(2 ** 16);
  #timestamp = this.#timestampStart;
  #spurt: Spurt | undefined;
  #ahead = new Map<number, Buffer>();
  #turns: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stop: (() => void) | undefined;
  #closed = false;

  constructor(options: {
    ssrc: number;
    transport: Transport;
    dave: VoiceClientDave | undefined;
    emit: (datagram: Buffer) => void;
    /** Sends op 5 with these flags. */
    announce: (speaking: number) => void;
  }) {
    this.#ssrc = options.ssrc;
    this.#transport = options.transport;
    this.#dave = options.dave;
    this.#emit = options.emit;
    this.#announce = options.announce;
  }

  /** One talk spurt, after those that were asked for before. Aborting ends it with its silence frames, and resolves. */
  speak(packets: readonly Buffer[], signal?: AbortSignal): Promise<void> {
    this.#turns = this.#turns.then(async () => {
      await this.#dave?.whenSettled();
      if (this.#closed || signal?.aborted) return;
      this.#announce(1);
      this.#advanceClock();
      this.#spurt = { packets, sent: 0, end: packets.length };
      await this.#run(this.#spurt, signal);
      this.#spurt = undefined;
      this.#ahead.clear();
      if (!this.#closed) this.#announce(0);
    });
    return this.#turns;
  }

  /**
   * Another epoch comes. Real clients go on with the old keys until op 22, when everybody has the new ones; davey can't,
   * so what will be said until then is sealed now.
   */
  sealAhead(): void {
    const spurt = this.#spurt;
    if (!spurt || !this.#dave?.ready) return;
    const end = Math.min(spurt.end, spurt.sent + AHEAD_FRAMES);
    for (let i = spurt.sent; i < end; i++) {
      if (!this.#ahead.has(i)) this.#ahead.set(i, this.#dave.seal(spurt.packets[i] as Buffer));
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#stop?.();
  }

  /** The RTP clock runs on while nothing is said, in whole frames. */
  #advanceClock(): void {
    const frames = Math.round((performance.now() - this.#clockStart) / FRAME_MS);
    const byClock = (this.#timestampStart + frames * FRAME_TICKS) >>> 0;
    const ahead = (byClock - this.#timestamp) | 0;
    if (ahead > 0) this.#timestamp = byClock;
  }

  /** Sends each frame at its time, counted from the start so that no error adds up; late frames follow at once. */
  #run(spurt: Spurt, signal: AbortSignal | undefined): Promise<void> {
    const startAt = performance.now() + FRAME_MS; // the first frame has to be recorded first
    return new Promise((resolve) => {
      this.#stop = resolve;
      const step = (): void => {
        while (performance.now() >= startAt + spurt.sent * FRAME_MS) {
          if (signal?.aborted) spurt.end = Math.min(spurt.end, spurt.sent);
          if (spurt.sent >= spurt.end + SILENCE_FRAMES) {
            resolve();
            return;
          }
          this.#sendFrame(spurt);
        }
        this.#timer = setTimeout(step, Math.max(0, startAt + spurt.sent * FRAME_MS - performance.now()));
      };
      step();
    });
  }

  #sendFrame(spurt: Spurt): void {
    const index = spurt.sent++;
    const opus = index < spurt.end ? (spurt.packets[index] as Buffer) : SILENCE_FRAME;
    const rtp = { sequence: this.#sequence, timestamp: this.#timestamp, ssrc: this.#ssrc };
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + FRAME_TICKS) >>> 0;
    const sealed = this.#sealed(index, opus);
    if (sealed) {
      this.#emit(this.#transport.seal(writeRtpHeader(rtp), Buffer.concat([AUDIO_LEVEL_EXTENSION, sealed])));
    }
  }

  /** Undefined while there are no keys: nothing leaves unencrypted. */
  #sealed(index: number, opus: Buffer): Buffer | undefined {
    if (!this.#dave) return opus;
    if (!this.#dave.inTransition) this.#ahead.clear();
    return this.#ahead.get(index) ?? (this.#dave.ready ? this.#dave.seal(opus) : undefined);
  }
}
