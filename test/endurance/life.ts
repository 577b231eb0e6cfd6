import { setTimeout as wait } from 'node:timers/promises';
import { encodeSound, type SimulatedPerson } from '@parley/simulator/discord';
import type { Pitches } from '../support/sound/pitches.ts';

const SPURTS_MS = [700, 1_100, 1_700];
const FRAME_MS = 20;
/** What is said outside of the bot's channel has this mark. */
export const ELSEWHERE = 'elsewhere';

/** What people did, for the report. */
export interface Deeds {
  spurts: number;
  elsewhere: number;
  joins: number;
  rejoins: number;
  moves: number;
  leftSpeaking: number;
  spokenFrames: number;
}

/** Where people live: the bot's channel and another one. */
export interface Place {
  readonly channelId: string;
  readonly otherChannelId: string;
  /** They only hear the bot, which spares the simulator's work. */
  readonly listensTo: readonly string[];
  readonly pitches: Pitches;
  readonly deeds: Deeds;
  /** Resolves when somebody may speak: now and then all are quiet, so that the bot has its say. */
  readonly mayTalk: () => Promise<void>;
}

type Sound = ReturnType<Pitches['sound']>;

/** One person's coming and going in fast motion: minutes of a real channel are seconds; speech is in real time. */
export class Life {
  readonly #person: SimulatedPerson;
  readonly #place: Place;
  readonly #random: () => number;
  readonly #own: readonly Sound[];
  readonly #elsewhere: Sound;

  constructor(options: { person: SimulatedPerson; place: Place; random: () => number }) {
    const { pitches } = options.place;
    this.#person = options.person;
    this.#place = options.place;
    this.#random = options.random;
    this.#own = SPURTS_MS.map((ms) => pitches.sound(options.person.name, ms));
    this.#elsewhere = pitches.sound(ELSEWHERE, 700);
    for (const sound of [...this.#own, this.#elsewhere]) encodeSound(sound);
  }

  /** Lives until the signal; ends in the place where it is. `stays`: never leaves the bot's channel. */
  async run(signal: AbortSignal, stays: boolean): Promise<void> {
    while (!signal.aborted) {
      await this.#pause(400, 2_500);
      if (signal.aborted) return;
      const luck = this.#random();
      const where = this.#person.voiceChannelId;
      if (where === null) await this.#join();
      else if (where === this.#place.otherChannelId) await this.#elsewhereAct(luck);
      else if (stays || luck < 0.62) await this.#talk();
      else if (luck < 0.72) await this.#person.leave();
      else if (luck < 0.82) await this.#rejoin();
      else if (luck < 0.92) await this.#move(this.#place.otherChannelId);
      else await this.#leaveSpeaking();
    }
  }

  async #join(): Promise<void> {
    this.#place.deeds.joins += 1;
    const first = this.#random() < 0.8 ? this.#place.channelId : this.#place.otherChannelId;
    await this.#person.join(first, { listensTo: this.#place.listensTo });
  }

  /** A new voice session, so a new SSRC. */
  async #rejoin(): Promise<void> {
    this.#place.deeds.rejoins += 1;
    await this.#person.leave();
    await this.#person.join(this.#place.channelId, { listensTo: this.#place.listensTo });
    await this.#talk();
  }

  async #move(channelId: string): Promise<void> {
    this.#place.deeds.moves += 1;
    await this.#person.moveTo(channelId);
  }

  async #elsewhereAct(luck: number): Promise<void> {
    if (luck < 0.5) {
      this.#place.deeds.elsewhere += 1;
      await this.#person.voice.speak(this.#elsewhere);
    } else await this.#move(this.#place.channelId);
  }

  async #talk(): Promise<void> {
    await this.#place.mayTalk();
    const sound = this.#own[Math.floor(this.#random() * this.#own.length)] as Sound;
    this.#count(sound.pcm.length / 48);
    await this.#person.voice.speak(sound);
  }

  async #leaveSpeaking(): Promise<void> {
    await this.#place.mayTalk();
    this.#place.deeds.leftSpeaking += 1;
    this.#count(500);
    const speaking = this.#person.voice.speak(this.#own[2] as Sound);
    await wait(500);
    await this.#person.leave();
    await speaking;
  }

  #count(ms: number): void {
    this.#place.deeds.spurts += 1;
    this.#place.deeds.spokenFrames += ms / FRAME_MS;
  }

  async #pause(fromMs: number, toMs: number): Promise<void> {
    await wait(fromMs + this.#random() * (toMs - fromMs));
  }
}
