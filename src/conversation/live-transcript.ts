import type { VoiceBasedChannel } from 'discord.js';
import type { TranscriptChannel } from '../discord/text/transcript-channel.ts';
import type { GuildSettings, LivePlace } from '../ports/settings.ts';
import { dayAt, dayName, wallTime } from '../time/zones.ts';
import type { Transcript } from '../transcript/transcript.ts';

/** Whether and where a conversation is posted while it goes on: follows the guild's settings. */
export class LiveTranscript {
  readonly #text: TranscriptChannel;
  readonly #transcript: Transcript;
  readonly #startedAt: number;
  readonly #channelName: string;
  #place: LivePlace = 'channel';

  constructor(deps: { text: TranscriptChannel; transcript: Transcript; channel: VoiceBasedChannel; now: () => Date }) {
    this.#text = deps.text;
    this.#transcript = deps.transcript;
    this.#startedAt = deps.now().getTime();
    this.#channelName = deps.channel.name;
  }

  /** What is posted already stays where it is. */
  take({
    liveTranscript,
    livePlace,
    timeZone,
  }: Pick<GuildSettings, 'liveTranscript' | 'livePlace' | 'timeZone'>): void {
    this.#transcript.goLive(liveTranscript);
    if (livePlace === this.#place) return;
    this.#place = livePlace;
    const failed = (message: string): void => this.#transcript.observe({ type: 'trouble', message });
    this.#text.thread = livePlace === 'thread' ? { name: this.#nameIn(timeZone), failed } : null;
    this.#transcript.turnPage();
  }

  /** What the thread of this conversation is called: when it began, on the server's clock. */
  #nameIn(zone: string | null): string {
    const at = this.#startedAt;
    const { hour, minute } = wallTime(at, zone ?? 'UTC');
    const clock = [hour, minute].map((number) => String(number).padStart(2, '0')).join(':');
    return `${dayName(dayAt(at, zone ?? 'UTC'))} ${clock}${zone === null ? ' UTC' : ''}: ${this.#channelName}`;
  }
}
