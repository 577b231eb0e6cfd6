// What Parley is measured against: a bridge between a Discord voice channel and OpenAI Realtime the way that tutorials
// build it: every speaking person is subscribed to, decoded by prism at 48 kHz stereo, decimated and appended to one
// session with server VAD; the answer goes through an AudioPlayer. It is meant to work well, so it does what the better
// ones of them do: a decoder per talk spurt (AfterSilence), silence for the model's detector after speech, truncation.

import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import {
  type AudioPlayer,
  AudioPlayerStatus,
  type AudioResource,
  createAudioPlayer,
  createAudioResource,
  EndBehaviorType,
  entersState,
  joinVoiceChannel,
  StreamType,
  type VoiceConnection,
  VoiceConnectionStatus,
} from '@discordjs/voice';
import type { Guild } from 'discord.js';
import prism from 'prism-media';
import { WebSocket } from 'ws';

/** Silence after which the server's detector ends a turn; the same as Parley's default. */
export const SERVER_VAD_SILENCE_MS = 600;
/** A receive stream ends after this much silence, and its decoder with it. */
const AFTER_SILENCE_MS = 1_000;
const FRAME_MS = 20;
/** The library says that somebody stopped speaking this long after their last packet. */
const SPEAKING_END_MS = 100;
const INPUT_BYTES_PER_MS = 48;
const OUTPUT_SAMPLES_PER_MS = 24;

export interface PlainBridgeOptions {
  readonly guild: Guild;
  readonly channelId: string;
  /** As OPENAI_BASE_URL. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly model: string;
  /** As the library leaves it: nobody listens to `error` on its connection, its player and its streams. */
  readonly bare?: boolean;
}

interface Playing {
  readonly responseId: string;
  readonly itemId: string;
  readonly stream: PassThrough;
  readonly resource: AudioResource;
  producedMs: number;
}

/** One voice channel and one session. */
export class PlainBridge {
  readonly #connection: VoiceConnection;
  readonly #player: AudioPlayer = createAudioPlayer();
  readonly #socket: WebSocket;
  readonly #bare: boolean;
  readonly #subscribed = new Set<string>();
  #silence: NodeJS.Timeout | undefined;
  #hearsSpeech = false;
  #playing: Playing | undefined;
  /** The response that was cut: what still comes of it is dropped. */
  #cutResponseId: string | undefined;

  /** Connects both sides; resolves when sound can flow. */
  static async open(options: PlainBridgeOptions): Promise<PlainBridge> {
    const { guild, channelId, apiKey, model, baseUrl } = options;
    const socket = new WebSocket(`${baseUrl.replace(/^http/, 'ws')}/realtime?model=${model}`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    await once(socket, 'open');
    const connection = joinVoiceChannel({
      guildId: guild.id,
      channelId,
      adapterCreator: guild.voiceAdapterCreator,
      selfDeaf: false,
    });
    await entersState(connection, VoiceConnectionStatus.Ready, 15_000);
    return new PlainBridge(connection, socket, options.bare === true);
  }

  private constructor(connection: VoiceConnection, socket: WebSocket, bare: boolean) {
    this.#bare = bare;
    this.#connection = connection;
    this.#socket = socket;
    socket.on('message', (text) => this.#onEvent(JSON.parse(String(text))));
    socket.on('error', (error) => console.error('realtime:', error.message));
    if (!bare) connection.on('error', (error) => console.error('voice:', error.message));
    if (!bare) this.#player.on('error', (error) => console.error('player:', error.message));
    connection.subscribe(this.#player);
    const { speaking } = connection.receiver;
    speaking.on('start', (userId) => {
      this.#stopSilence();
      this.#listenTo(userId);
    });
    speaking.on('end', () => {
      if (speaking.users.size <= 1) this.#startSilence();
    });
    this.#send({
      type: 'session.update',
      session: {
        type: 'realtime',
        output_modalities: ['audio'],
        instructions: 'You are a friendly voice in a Discord channel. Answer shortly.',
        audio: {
          input: {
            format: { type: 'audio/pcm', rate: 24000 },
            transcription: { model: 'whisper-1' },
            turn_detection: {
              type: 'server_vad',
              silence_duration_ms: SERVER_VAD_SILENCE_MS,
              create_response: true,
              interrupt_response: true,
            },
          },
          output: { format: { type: 'audio/pcm', rate: 24000 }, voice: 'alloy' },
        },
      },
    });
  }

  /** Leaves and hangs up. */
  close(): void {
    this.#stopSilence();
    this.#player.stop(true);
    this.#connection.destroy();
    this.#socket.close();
  }

  #listenTo(userId: string): void {
    if (this.#subscribed.has(userId)) return;
    this.#subscribed.add(userId);
    const opus = this.#connection.receiver.subscribe(userId, {
      end: { behavior: EndBehaviorType.AfterSilence, duration: AFTER_SILENCE_MS },
    });
    const decoder = new prism.opus.Decoder({ rate: 48_000, channels: 2, frameSize: 960 });
    const forget = () => this.#subscribed.delete(userId);
    if (!this.#bare) opus.on('error', (error) => console.error('receive:', error.message));
    opus.on('close', forget);
    decoder.on('error', (error) => console.error('decode:', error.message));
    decoder.on('data', (pcm: Buffer) => this.#append(decimated(pcm)));
    opus.pipe(decoder);
  }

  /** Discord sends nothing while nobody speaks; a detector hears the end of speech only if it hears silence. */
  #startSilence(): void {
    if (this.#silence || !this.#hearsSpeech) return;
    this.#append(Buffer.alloc(SPEAKING_END_MS * INPUT_BYTES_PER_MS));
    const frame = Buffer.alloc(FRAME_MS * INPUT_BYTES_PER_MS);
    this.#silence = setInterval(() => this.#append(frame), FRAME_MS);
  }

  #stopSilence(): void {
    clearInterval(this.#silence);
    this.#silence = undefined;
  }

  #append(pcm: Buffer): void {
    this.#send({ type: 'input_audio_buffer.append', audio: pcm.toString('base64') });
  }

  #send(message: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #onEvent(event: ServerEvent): void {
    switch (event.type) {
      case 'input_audio_buffer.speech_started':
        this.#hearsSpeech = true;
        this.#cut();
        break;
      case 'input_audio_buffer.speech_stopped':
        this.#hearsSpeech = false;
        this.#stopSilence();
        break;
      case 'response.output_audio.delta':
        this.#play(event);
        break;
      case 'response.output_audio.done':
        if (this.#playing?.responseId === event.response_id) this.#playing.stream.end();
        break;
      case 'error':
        console.error('realtime:', event.error?.message);
        break;
    }
  }

  #play({ response_id, item_id, delta }: ServerEvent): void {
    if (response_id === this.#cutResponseId) return;
    const pcm = Buffer.from(delta, 'base64');
    if (this.#playing?.responseId !== response_id) {
      const stream = new PassThrough();
      const resource = createAudioResource(stream, { inputType: StreamType.Raw });
      this.#playing = { responseId: response_id, itemId: item_id, stream, resource, producedMs: 0 };
      stream.write(doubled(pcm));
      this.#player.play(resource);
    } else this.#playing.stream.write(doubled(pcm));
    this.#playing.producedMs += pcm.length / 2 / OUTPUT_SAMPLES_PER_MS;
  }

  /** Somebody speaks: the bot falls silent and tells the model how much of the answer was played. */
  #cut(): void {
    const playing = this.#playing;
    this.#playing = undefined;
    if (!playing || this.#player.state.status === AudioPlayerStatus.Idle) return;
    this.#cutResponseId = playing.responseId;
    this.#player.stop(true);
    playing.stream.destroy();
    const audio_end_ms = Math.floor(Math.min(playing.resource.playbackDuration, playing.producedMs));
    this.#send({ type: 'conversation.item.truncate', item_id: playing.itemId, content_index: 0, audio_end_ms });
  }
}

interface ServerEvent {
  readonly type: string;
  readonly response_id: string;
  readonly item_id: string;
  readonly delta: string;
  readonly error?: { readonly message: string };
}

/** 48 kHz stereo → 24 kHz mono: the mean of two samples of both sides. */
function decimated(pcm: Buffer): Buffer {
  const out = Buffer.allocUnsafe(pcm.length >> 2);
  for (let from = 0, to = 0; from + 8 <= pcm.length; from += 8, to += 2) {
    const sum =
      pcm.readInt16LE(from) + pcm.readInt16LE(from + 2) + pcm.readInt16LE(from + 4) + pcm.readInt16LE(from + 6);
    out.writeInt16LE(sum >> 2, to);
  }
  return out;
}

/** 24 kHz mono → 48 kHz stereo: every sample four times. */
function doubled(pcm: Buffer): Buffer {
  const out = Buffer.allocUnsafe(pcm.length * 4);
  for (let from = 0; from + 2 <= pcm.length; from += 2) {
    const sample = pcm.readInt16LE(from);
    for (let copy = 0; copy < 4; copy += 1) out.writeInt16LE(sample, from * 4 + copy * 2);
  }
  return out;
}
