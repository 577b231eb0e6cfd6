import {
  EndBehaviorType,
  joinVoiceChannel,
  type Networking,
  NetworkingStatusCode,
  type VoiceConnection,
  VoiceConnectionStatus,
} from '@discordjs/voice';
import type { Guild } from 'discord.js';
import OpusScript from 'opusscript';
import { levelDb } from '../../../audio/level.ts';
import { recordingOf, type Sentence } from './sentences.ts';
import { FRAME_MS, type HeardFrame, SILENCE_DB } from './sound.ts';

const JOIN_MS = 15_000;
/** The library would try for ever, many times a second. */
const MOST_REJOINS = 2;
const RATE = 24_000;
/** What ends a frame of DAVE: it was not decrypted. https://daveprotocol.com */
const DAVE_MARKER = Buffer.from([0xfa, 0xfa]);
/** Ten minutes. */
const MOST_FRAMES = 30_000;

/**
 * The second bot's place in the voice channel. On purpose it shares nothing with the bot's own voice line but the Opus
 * codec: what the two had wrong together, nobody would hear.
 */
export class SecondVoice {
  readonly #connection: VoiceConnection;
  readonly #decoder = new OpusScript(RATE, 1, OpusScript.Application.AUDIO);
  readonly #frames: HeardFrame[] = [];
  #closeCode: number | undefined;
  #closes = 0;
  readonly #watched = new WeakSet<object>();
  #left = false;

  constructor(guild: Guild, channelId: string, botId: string) {
    this.#connection = joinVoiceChannel({
      guildId: guild.id,
      channelId,
      selfDeaf: false,
      selfMute: false,
      adapterCreator: guild.voiceAdapterCreator,
    });
    // Without a listener an error ends the process; what it leads to shows in the state.
    this.#connection.on('error', () => {});
    this.#connection.on('stateChange', (_, state) => {
      if ('networking' in state) this.#watch(state.networking);
    });
    this.#listen(botId);
  }

  /** Resolves when the connection stands; rejects with what holds it up. */
  async ready(): Promise<void> {
    await until(() => this.#isReady || this.#closes > MOST_REJOINS, JOIN_MS);
    if (this.#isReady) return;
    const obstacle = this.#obstacle();
    this.leave();
    throw new Error(obstacle);
  }

  /** Whether what is said is encrypted from end to end, and the keys are there. */
  get sealed(): boolean {
    const { state } = this.#connection;
    if (state.status !== VoiceConnectionStatus.Ready) return false;
    const { state: networking } = state.networking;
    return 'dave' in networking && networking.dave?.session?.ready === true;
  }

  /** The instants of its first and last voiced packet. */
  async speak(sentence: Sentence): Promise<{ readonly startedAt: number; readonly endedAt: number }> {
    const { packets, firstVoiced, lastVoiced } = recordingOf(sentence);
    const beganAt = performance.now();
    let [startedAt, endedAt] = [beganAt, beganAt];
    for (const [index, packet] of packets.entries()) {
      const dueIn = beganAt + index * FRAME_MS - performance.now();
      if (dueIn > 0) await new Promise((resolve) => setTimeout(resolve, dueIn));
      this.#connection.playOpusPacket(packet);
      if (index === firstVoiced) startedAt = performance.now();
      if (index === lastVoiced) endedAt = performance.now();
    }
    for (let left = SILENT_FRAMES; left > 0; left--) this.#connection.playOpusPacket(SILENT_FRAME);
    this.#connection.setSpeaking(false);
    return { startedAt, endedAt };
  }

  heard(since: number): readonly HeardFrame[] {
    return this.#frames.filter(({ at }) => at >= since);
  }

  async audible(since: number, limitMs: number): Promise<number | null> {
    const first = () => this.#frames.find(({ at, db }) => at >= since && db > SILENCE_DB)?.at;
    await until(() => first() !== undefined, limitMs);
    return first() ?? null;
  }

  quiet(forMs: number, limitMs: number): Promise<boolean> {
    const beganAt = performance.now();
    return until(() => {
      const lastAt = this.#frames.findLast(({ db }) => db > SILENCE_DB)?.at ?? beganAt;
      return performance.now() - Math.max(lastAt, beganAt) >= forMs;
    }, limitMs);
  }

  whenSealed(limitMs: number): Promise<boolean> {
    return until(() => this.sealed, limitMs);
  }

  /** Idempotent. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    if (this.#connection.state.status !== VoiceConnectionStatus.Destroyed) this.#connection.destroy();
    this.#decoder.delete();
  }

  get #isReady(): boolean {
    return this.#connection.state.status === VoiceConnectionStatus.Ready;
  }

  #watch(networking: Networking): void {
    if (this.#watched.has(networking)) return;
    this.#watched.add(networking);
    networking.on('close', (code: number) => {
      this.#closeCode = code;
      this.#closes += 1;
      if (this.#closes > MOST_REJOINS) this.#connection.destroy();
    });
  }

  #listen(botId: string): void {
    const stream = this.#connection.receiver.subscribe(botId, { end: { behavior: EndBehaviorType.Manual } });
    stream.on('data', (packet: Buffer) => this.#take(packet));
    // One packet that the library cannot open ends its stream.
    stream.on('error', () => {});
    stream.once('close', () => {
      if (!this.#left) this.#listen(botId);
    });
  }

  #take(packet: Buffer): void {
    if (this.#left) return;
    const sealed = packet.subarray(-2).equals(DAVE_MARKER);
    const db = sealed ? -100 : this.#levelOf(packet);
    const filler = packet.equals(SILENT_FRAME);
    this.#frames.push({ at: performance.now(), db, sealed, filler });
    if (this.#frames.length > MOST_FRAMES) this.#frames.shift();
  }

  #levelOf(packet: Buffer): number {
    try {
      const bytes = this.#decoder.decode(packet);
      return levelDb(new Int16Array(new Uint8Array(bytes).buffer));
    } catch {
      return -100;
    }
  }

  #obstacle(): string {
    const { state } = this.#connection;
    if (this.#closeCode !== undefined) return `The voice server closed its websocket with ${this.#closeCode}.`;
    if (state.status !== VoiceConnectionStatus.Connecting) return 'Discord named no voice server within 15 s.';
    switch (state.networking.state.code) {
      case NetworkingStatusCode.OpeningWs:
        return 'The websocket of the voice server did not open within 15 s.';
      case NetworkingStatusCode.Identifying:
        return 'The voice server did not let it in within 15 s.';
      default:
        return 'The voice server did not answer over UDP within 15 s: nothing gets out, or nothing back in.';
    }
  }
}

const SILENT_FRAME = Buffer.from([0xf8, 0xff, 0xfe]);
const SILENT_FRAMES = 5;

/** Whether the condition came true within the time. */
export async function until(condition: () => boolean, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
