import { AsyncQueue } from '../../../src/lib/async-queue.ts';
import type { FrameSource, LineEvent, Pcm, VoiceLine } from '../../../src/ports/voice.ts';

/** A line without Discord: push events in, pull what the bot would say. */
export class FakeLine implements VoiceLine {
  readonly guildId = 'guild';
  readonly channelId = 'channel';
  readonly events = new AsyncQueue<LineEvent>({ limit: 10_000 });
  #source: FrameSource | undefined;
  closed = false;

  play(source: FrameSource): void {
    this.#source = source;
  }

  close(): Promise<void> {
    this.closed = true;
    this.events.end();
    return Promise.resolve();
  }

  /** Pulls up to `count` frames, as the pacer would in count × 20 ms. */
  pull(count: number): Pcm[] {
    const frames: Pcm[] = [];
    while (frames.length < count) {
      const frame = this.#source?.pull();
      if (!frame) break;
      frames.push(frame);
    }
    return frames;
  }
}
