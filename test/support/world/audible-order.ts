import { setTimeout as wait } from 'node:timers/promises';
import type { DiscordOptions, RelayedPacket, SimulatedPerson } from '@parley/simulator/discord';
import type { BotKind } from '../../bench/bot-process.ts';
import { type Place, Stage } from '../../bench/stage.ts';
import { Pitches } from '../sound/pitches.ts';

/** Notes of a scale, as marks: a sound that goes up it shows in which order it arrived. */
export const NOTES = ['c', 'd', 'e', 'f', 'g', 'a', 'b', 'c2'] as const;
const MODEL_RATE = 24_000;
const FRAME_MS = 20;
/** What is on its way to the model when a person has stopped: jitter buffers, queues. */
const SETTLE_MS = 400;
/** Notes at the model, 20 ms each; undefined is sound without any. */
export type Notes = readonly (string | undefined)[];

/** One bot, Parley or the plain bridge, in a process of its own and in a channel with two people. Close it. */
export class Trial {
  readonly stage: Stage;
  readonly pitches = new Pitches(NOTES);

  private constructor(stage: Stage) {
    this.stage = stage;
  }

  /** `joined` false: it is logged in and in no channel. */
  static async start(
    kind: BotKind,
    options: { discord?: DiscordOptions; joined?: boolean; env?: Readonly<Record<string, string>> } = {},
  ): Promise<Trial> {
    const { discord, joined = true, env = {} } = options;
    const trial = new Trial(await Stage.start(kind, { people: [2], env, ...(discord && { discord }) }));
    if (joined) await trial.stage.join(trial.place);
    return trial;
  }

  get place(): Place {
    return this.stage.places[0] as Place;
  }

  get speaker(): SimulatedPerson {
    return this.place.people[0] as SimulatedPerson;
  }

  get listener(): SimulatedPerson {
    return this.place.people[1] as SimulatedPerson;
  }

  /** The bot's place at the voice server. */
  get seat(): { guildId: string; userId: string } {
    return { guildId: this.place.guild.id, userId: this.stage.discord.botUser.id };
  }

  /** Says notes of 20 ms × `frames` each, while `meanwhile` happens 600 ms in; gives what came to the model. */
  async heard(notes: readonly string[], frames: number, meanwhile?: () => unknown): Promise<Notes> {
    const from = performance.now();
    const pieces = notes.map((note) => this.pitches.sound(note, frames * FRAME_MS).pcm);
    const pcm = Int16Array.from(pieces.flatMap((piece) => [...piece]));
    const speaking = this.speaker.voice.speak({ pcm, sampleRate: 48_000, channels: 1 });
    await wait(600);
    await meanwhile?.();
    await speaking;
    await wait(SETTLE_MS);
    return this.modelHeard(from);
  }

  /** What the model got since an instant. */
  modelHeard(from: number): Notes {
    const pieces = this.stage.events.flatMap((event) =>
      event.type === 'audio' && event.at >= from ? [event.pcm] : [],
    );
    return this.pitches.read(Int16Array.from(pieces.flatMap((piece) => [...piece])), MODEL_RATE);
  }

  /** Somebody says something and the model answers this note; resolves with the instant of the bot's first packet. */
  async answered(note: string, ms: number, speed = 4): Promise<number> {
    this.stage.reply = { heard: 'a question', say: { text: 'la', pcm: this.pitches.pcm(note, ms, MODEL_RATE) }, speed };
    const from = performance.now();
    await this.speaker.voice.speak(this.pitches.sound('c', 700));
    const { at } = await this.stage.event('reply-started', from, 5_000, 'the model’s answer');
    const spoke = await this.stage.event('spoke', at, 5_000, 'the sound of the model’s answer');
    await this.stage.until(() => this.stage.voicePackets(spoke.at).length > 0, 3_000, 'the bot’s voice');
    return (this.stage.voicePackets(spoke.at)[0] as RelayedPacket).at;
  }

  /** Instants of all packets of the bot since one, silence included. */
  sentAt(from: number): number[] {
    return this.stage.packets(this.stage.discord.botUser.id, from).map((packet) => packet.at);
  }

  /** Notes that the listener heard of the bot since an instant. */
  listenerHeard(from: number): Notes {
    const { id } = this.stage.discord.botUser;
    return this.pitches.read(this.listener.voice.heardPcm({ userId: id, since: from, gaps: 'arrival' }), 48_000);
  }

  /** Waits until the bot has found back to the channel; where it has given up, it is asked in again. */
  async comeBack(): Promise<void> {
    const { guild, channelId } = this.place;
    const connected = (): boolean => this.stage.discord.voice.connected(channelId).includes(this.seat.userId);
    await this.stage.until(() => connected() || guild.botVoiceChannelId === null, 15_000, 'the bot’s return');
    if (guild.botVoiceChannelId === null) await this.stage.join(this.place);
  }

  /** Waits until the bot has said nothing for 200 ms. */
  async untilSilent(): Promise<void> {
    const quiet = (): boolean => this.sentAt(performance.now() - 200).length === 0;
    await this.stage.until(quiet, 10_000, 'the end of the bot’s voice');
  }

  close(): Promise<void> {
    return this.stage.close();
  }
}

/** How many of the notes are this one. */
export function count(notes: Notes, note: string | undefined): number {
  return notes.filter((one) => one === note).length;
}

/** The instant that ends the first pause of more than `ms`. */
export function pauseEnd(instants: readonly number[], ms: number): number | undefined {
  return instants.find((at, i) => i > 0 && at - (instants[i - 1] as number) > ms);
}
