import { type HeardReply, Playout } from '../../audio/playout.ts';
import type { Pcm, VoiceLine } from '../../ports/voice.ts';
import type { BotState } from '../turns/floor-decision.ts';

/** Told about the bot's own voice. */
export interface ReplyPlayerListener {
  /** The first frame of a reply leaves. */
  onAudible(replyId: string): void;
  /** A reply is over: played to its end, or cut. */
  onEnded(ended: {
    replyId: string;
    heardMs: number;
    producedMs: number;
    interrupted: boolean;
    itemIds: readonly string[];
  }): void;
}

interface Reply {
  producedMs: number;
  /** The provider's ids of its sound. */
  readonly itemIds: Set<string>;
  done: boolean;
  /** In the playout, so its end is known from there. */
  sounding: boolean;
}

const SAMPLES_PER_MS = 24;

/** The bot's own voice: which replies are being made, which wait to be played, which sounds. */
export class ReplyPlayer {
  readonly #line: VoiceLine;
  readonly #listener: ReplyPlayerListener;
  readonly #playout: Playout;
  readonly #replies = new Map<string, Reply>();
  /** Replies that the model has begun and not ended, those that were cut included. */
  readonly #begun = new Set<string>();
  #audible = false;
  /** A reply was asked for and has not begun. */
  #asked = false;
  /** When something was last heard of the reply that is awaited or being made. */
  #signAt = 0;

  constructor(line: VoiceLine, listener: ReplyPlayerListener) {
    this.#line = line;
    this.#listener = listener;
    this.#playout = new Playout({
      onStart: (replyId) => {
        this.#audible = true;
        listener.onAudible(replyId);
      },
      onEnd: (replyId, heardMs) => this.#finish(replyId, heardMs, false),
    });
  }

  get state(): BotState {
    if (this.#audible && this.#playout.active) return 'speaking';
    return this.#asked || this.#replies.size > 0 ? 'preparing' : 'silent';
  }

  /** A reply has begun and is neither over nor cut. */
  get making(): boolean {
    return [...this.#replies.values()].some((reply) => !reply.done);
  }

  /**
   * How long there has been no sign of the reply that is awaited or being made; 0 if there is none. `working`: the
   * model waits for us, so its silence means nothing.
   */
  silentMs(now: number, working: boolean): number {
    if (!this.#asked && !this.making) return 0;
    if (working || this.#playout.queuedMs > 0) this.#signAt = now;
    return now - this.#signAt;
  }

  /** A reply was asked for. */
  asked(now: number): void {
    if (!this.#asked) this.#signAt = now;
    this.#asked = true;
  }

  /** No reply is awaited any more. */
  givenUp(): void {
    this.#asked = false;
  }

  started(replyId: string): void {
    this.#asked = false;
    this.#signAt = performance.now();
    this.#begun.add(replyId);
    this.#replies.set(replyId, { producedMs: 0, itemIds: new Set(), done: false, sounding: false });
  }

  /** Whether this reply has begun and is neither over nor cut. */
  knows(replyId: string): boolean {
    return this.#replies.has(replyId);
  }

  /** Replies that have begun and are neither over nor cut. */
  get replies(): readonly string[] {
    return [...this.#replies.keys()];
  }

  /** Words or work of a reply came: it is going on, with or without sound. */
  wrote(replyId: string): void {
    if (this.#replies.has(replyId)) this.#signAt = performance.now();
  }

  /** 24 kHz sound of a reply; ignored when the reply was cut. */
  push(replyId: string, itemId: string, pcm: Pcm): void {
    const reply = this.#replies.get(replyId);
    if (!reply || pcm.length === 0) return;
    this.#signAt = performance.now();
    reply.producedMs += pcm.length / SAMPLES_PER_MS;
    reply.itemIds.add(itemId);
    reply.sounding = true;
    this.#playout.push(replyId, itemId, pcm);
    this.#play();
  }

  /** No more sound comes for this reply. */
  audioDone(replyId: string): void {
    this.#playout.finish(replyId);
    this.#play();
  }

  /** The model has finished this reply, or broken it off (`cancelled`). */
  done(replyId: string, cancelled: boolean): void {
    // It answered with silence: the reply ends without ever having begun. One that was cut before it began does not
    // count, for another may be awaited by now.
    if (!this.#begun.delete(replyId) && !cancelled) this.#asked = false;
    const reply = this.#replies.get(replyId);
    if (!reply) return;
    reply.done = true;
    if (reply.sounding) this.audioDone(replyId);
    else this.#finish(replyId, 0, false);
  }

  duck(on: boolean): void {
    this.#playout.duck(on);
  }

  /**
   * Stops at once and forgets every reply that has begun. Gives what was heard of those that were to be played, oldest
   * first. One that is awaited stays so.
   */
  cut(): HeardReply[] {
    this.#audible = false;
    const heard = this.#playout.clear();
    for (const one of heard) this.#finish(one.replyId, one.heardMs, true);
    for (const replyId of [...this.#replies.keys()]) this.#finish(replyId, 0, true);
    return heard;
  }

  #play(): void {
    if (this.#playout.ready) this.#line.play(this.#playout);
  }

  #finish(replyId: string, heardMs: number, interrupted: boolean): void {
    const reply = this.#replies.get(replyId);
    if (!reply) return;
    this.#replies.delete(replyId);
    if (!this.#playout.active) this.#audible = false;
    const { producedMs, itemIds } = reply;
    this.#listener.onEnded({ replyId, heardMs, producedMs, interrupted, itemIds: [...itemIds] });
  }
}
