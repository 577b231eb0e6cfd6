/** 20 ms at 24 kHz: what the pacer pulls. */
const FRAME_SAMPLES = 480;
const SAMPLES_PER_MS = 24;
/** −15 dB: the bot is still heard, the person over it is understood. */
const DUCKED_GAIN = 10 ** (-15 / 20);
/** An underrun longer than this ends the talk spurt; the next sound starts another. */
const LONGEST_FILL_FRAMES = 50;

interface Piece {
  readonly itemId: string;
  readonly pcm: Int16Array;
}

interface Reply {
  readonly replyId: string;
  readonly pieces: Piece[];
  /** Samples of the first piece that were pulled already. */
  offset: number;
  queuedSamples: number;
  producedSamples: number;
  readonly heardSamples: Map<string, number>;
  finished: boolean;
  started: boolean;
}

/** What of a reply was pulled before it was cleared. Items in the order of the reply; not one sample heard is 0. */
export interface HeardReply {
  readonly replyId: string;
  readonly items: readonly { readonly itemId: string; readonly heardMs: number }[];
  readonly heardMs: number;
  readonly producedMs: number;
}

/** Told while frames are pulled. */
export interface PlayoutListener {
  /** The first frame of a reply was pulled. */
  onStart(replyId: string): void;
  /** A reply was played to its end. */
  onEnd(replyId: string, heardMs: number): void;
}

/**
 * What waits to be played: replies of the model, in order, 24 kHz mono. A pulled frame is a heard frame. A reply that
 * runs dry before it is finished is filled with silence that does not count as heard.
 */
export class Playout {
  readonly #listener: PlayoutListener;
  readonly #replies: Reply[] = [];
  #gain = 1;
  #targetGain = 1;
  #filledFrames = 0;

  constructor(listener: PlayoutListener) {
    this.#listener = listener;
  }

  /** Something is playing or will be: sound waits, or a reply that has begun to sound is not finished. */
  get active(): boolean {
    return this.#replies.some((reply) => reply.queuedSamples > 0 || (reply.started && !reply.finished));
  }

  /** A whole frame (or the end of a reply) can be pulled now. */
  get ready(): boolean {
    const first = this.#replies[0];
    return first !== undefined && (first.queuedSamples >= FRAME_SAMPLES || (first.finished && first.queuedSamples > 0));
  }

  /** Sound still to be played, in ms. */
  get queuedMs(): number {
    return this.#replies.reduce((sum, reply) => sum + reply.queuedSamples, 0) / SAMPLES_PER_MS;
  }

  push(replyId: string, itemId: string, pcm: Int16Array): void {
    if (pcm.length === 0) return;
    const reply = this.#reply(replyId);
    reply.pieces.push({ itemId, pcm });
    reply.queuedSamples += pcm.length;
    reply.producedSamples += pcm.length;
    if (!reply.heardSamples.has(itemId)) reply.heardSamples.set(itemId, 0);
  }

  /** No more sound comes for this reply: its last partial frame may be padded and played. */
  finish(replyId: string): void {
    const reply = this.#replies.find((one) => one.replyId === replyId);
    if (!reply) return;
    reply.finished = true;
    this.#retire();
  }

  /** Lowers the voice while somebody may be cutting in, or brings it back; ramped over one frame. */
  duck(on: boolean): void {
    this.#targetGain = on ? DUCKED_GAIN : 1;
  }

  /** The next 20 ms, or undefined when there is nothing to play. */
  pull(): Int16Array | undefined {
    const reply = this.#replies[0];
    if (!reply) return undefined;
    if (reply.queuedSamples < FRAME_SAMPLES && !reply.finished) return this.#fill(reply);
    this.#filledFrames = 0;
    const frame = this.#take(reply);
    this.#applyGain(frame);
    if (!reply.started) {
      reply.started = true;
      this.#listener.onStart(reply.replyId);
    }
    this.#retire();
    return frame;
  }

  /** Drops everything at once. Gives what was heard of each reply that was not played to its end, oldest first. */
  clear(): HeardReply[] {
    const heard = this.#replies.map((reply) => ({
      replyId: reply.replyId,
      items: [...reply.heardSamples].map(([itemId, samples]) => ({ itemId, heardMs: samples / SAMPLES_PER_MS })),
      heardMs: sum(reply.heardSamples.values()) / SAMPLES_PER_MS,
      producedMs: reply.producedSamples / SAMPLES_PER_MS,
    }));
    this.#replies.length = 0;
    this.#filledFrames = 0;
    this.#gain = 1;
    this.#targetGain = 1;
    return heard;
  }

  #reply(replyId: string): Reply {
    let reply = this.#replies.find((one) => one.replyId === replyId);
    if (!reply) {
      reply = {
        replyId,
        pieces: [],
        offset: 0,
        queuedSamples: 0,
        producedSamples: 0,
        heardSamples: new Map(),
        finished: false,
        started: false,
      };
      this.#replies.push(reply);
    }
    return reply;
  }

  #fill(reply: Reply): Int16Array | undefined {
    if (!reply.started) return undefined;
    this.#filledFrames += 1;
    return this.#filledFrames > LONGEST_FILL_FRAMES ? undefined : new Int16Array(FRAME_SAMPLES);
  }

  #take(reply: Reply): Int16Array {
    const frame = new Int16Array(FRAME_SAMPLES);
    let filled = 0;
    while (filled < FRAME_SAMPLES) {
      const piece = reply.pieces[0];
      if (!piece) break;
      const part = piece.pcm.subarray(reply.offset, reply.offset + FRAME_SAMPLES - filled);
      frame.set(part, filled);
      filled += part.length;
      reply.offset += part.length;
      reply.queuedSamples -= part.length;
      reply.heardSamples.set(piece.itemId, (reply.heardSamples.get(piece.itemId) as number) + part.length);
      if (reply.offset < piece.pcm.length) continue;
      reply.pieces.shift();
      reply.offset = 0;
    }
    return frame;
  }

  /** Takes replies off that are played to their end. */
  #retire(): void {
    for (let reply = this.#replies[0]; reply?.finished && reply.queuedSamples === 0; reply = this.#replies[0]) {
      this.#replies.shift();
      this.#listener.onEnd(reply.replyId, sum(reply.heardSamples.values()) / SAMPLES_PER_MS);
    }
  }

  #applyGain(frame: Int16Array): void {
    const from = this.#gain;
    const to = this.#targetGain;
    if (from === 1 && to === 1) return;
    for (let i = 0; i < frame.length; i += 1) {
      frame[i] = Math.round((frame[i] as number) * (from + ((to - from) * (i + 1)) / frame.length));
    }
    this.#gain = to;
  }
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
