import type { VoiceBasedChannel } from 'discord.js';
import type { GuildSettings, LivePlace } from './bridge/room-ports.ts';
import type { ChosenText } from './discord/chosen-text.ts';
import type { Transcript } from './transcript/transcript.ts';

/** Whether and where a conversation is posted while it goes on: follows the guild's settings. */
export class LiveText {
  readonly #text: ChosenText;
  readonly #transcript: Transcript;
  /** What the thread of this conversation is called. */
  readonly #name: string;
  #place: LivePlace = 'channel';

  constructor(parts: { text: ChosenText; transcript: Transcript; channel: VoiceBasedChannel; now: () => Date }) {
    this.#text = parts.text;
    this.#transcript = parts.transcript;
    const time = parts.now().toISOString().slice(0, 16).replace('T', ' ');
    this.#name = `${time} UTC: ${parts.channel.name}`;
  }

  /** What is posted already stays where it is. */
  take({ liveTranscript, livePlace }: Pick<GuildSettings, 'liveTranscript' | 'livePlace'>): void {
    this.#transcript.goLive(liveTranscript);
    if (livePlace === this.#place) return;
    this.#place = livePlace;
    const failed = (message: string): void => this.#transcript.observe({ type: 'trouble', message });
    this.#text.thread = livePlace === 'thread' ? { name: this.#name, failed } : null;
    this.#transcript.turnPage();
  }
}
