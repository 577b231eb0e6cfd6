import { setTimeout as wait } from 'node:timers/promises';
import {
  type DiscordGatewayAdapterCreator,
  joinVoiceChannel,
  type Networking,
  NetworkingStatusCode,
  type VoiceConnection,
  VoiceConnectionStatus,
} from '@discordjs/voice';
import type { Logger } from 'pino';
import { AsyncQueue } from '../audio/async-queue.ts';
import type { LineLostError } from '../bridge/errors.ts';
import type { FrameSource, LineEvent, PcmRate, VoiceLine } from '../bridge/ports.ts';
import { rejoinGroup, unsealerOf } from './end-to-end.ts';
import { FrameClock } from './frame-clock.ts';
import { guardMls } from './mls-guard.ts';
import type { OpusCodecs } from './opus.ts';
import { Pacer, type PacketSink } from './pacer.ts';
import type { PersonReception } from './person-reception.ts';
import { type ReceiveCounts, Receiver } from './receiver.ts';
import { Supervisor } from './supervisor.ts';
import { guardVoiceGateway } from './voice-gateway-guard.ts';

const TICK_MS = 20;
/** 20 ms of the RTP clock of Opus, 48 kHz (RFC 7587 section 4.1). */
const FRAME_TICKS = 960;
const IDLE_TICK_MS = 500;
/** After this time a line counts as ready even if the end-to-end group does not stand: whoever comes later completes it. */
const GROUP_WAIT_MS = 3_000;
/** Seconds of frames from a full channel; a reader that is further behind than this is stuck. */
const EVENT_LIMIT = 20_000;

/** What a line is opened with. */
export interface JoinOptions {
  readonly guildId: string;
  readonly channelId: string;
  /** `guild.voiceAdapterCreator` of discord.js. */
  readonly adapterCreator: DiscordGatewayAdapterCreator;
  /** Rate of the frames given out. */
  readonly inputRate: PcmRate;
  readonly codecs: OpusCodecs;
  /** The clock of the bot's voice in all channels; by default one of its own. */
  readonly clock?: FrameClock;
  readonly log: Logger;
  /** Whether anybody else is in the channel now. */
  readonly othersAreThere: () => boolean;
  /** Joining is given up after this; default 15 s. */
  readonly timeoutMs?: number;
}

/** Joins a voice channel, undeafened. Rejects with LineLostError, having left, when Discord does not let the bot in. */
export async function joinVoiceLine(options: JoinOptions): Promise<DiscordVoiceLine> {
  let line: DiscordVoiceLine | undefined;
  const connection = joinVoiceChannel({
    guildId: options.guildId,
    channelId: options.channelId,
    // The library keeps the bot's own voice state to itself; it is what tells a kick from a lost connection.
    adapterCreator: (methods) =>
      options.adapterCreator({
        ...methods,
        onVoiceStateUpdate: (state) => {
          methods.onVoiceStateUpdate(state);
          line?.placed(state.channel_id);
        },
      }),
    selfDeaf: false,
    selfMute: false,
  });
  line = new DiscordVoiceLine(connection, options);
  await line.ready(options.timeoutMs ?? 15_000);
  return line;
}

/**
 * A place in a voice channel on @discordjs/voice's signalling, with our own receiver and pacer: the library's faults in
 * these are listed in docs/architecture.md.
 */
export class DiscordVoiceLine implements VoiceLine {
  readonly guildId: string;
  readonly channelId: string;
  readonly events: AsyncQueue<LineEvent>;
  readonly #connection: VoiceConnection;
  readonly #receiver: Receiver;
  readonly #pacer: Pacer;
  readonly #supervisor: Supervisor;
  readonly #log: Logger;
  readonly #othersAreThere: () => boolean;
  #tick: NodeJS.Timeout | undefined;
  #ticksFast = false;
  readonly #wired = new WeakSet<object>();
  #closed = false;

  constructor(connection: VoiceConnection, options: JoinOptions) {
    this.guildId = options.guildId;
    this.channelId = options.channelId;
    this.#log = options.log;
    this.#othersAreThere = options.othersAreThere;
    this.#connection = connection;
    this.events = new AsyncQueue<LineEvent>({ limit: EVENT_LIMIT });
    this.#receiver = new Receiver({
      codecs: options.codecs,
      rate: options.inputRate,
      emit: (event) => this.events.push(event),
      now: () => performance.now(),
    });
    this.#pacer = new Pacer({
      sink: sinkOf(connection),
      codec: options.codecs.lease(24000),
      clock: options.clock ?? new FrameClock(),
      onFailure: (error) => options.log.debug({ guildId: options.guildId, err: error }, 'a frame was not sent'),
    });
    this.#takeOverReceiving();
    this.#supervisor = new Supervisor(connection, { log: options.log, onLost: (error) => this.#lose(error) });
    this.#scheduleTick(false);
  }

  get counts(): ReceiveCounts {
    return this.#receiver.counts;
  }

  get reception(): readonly PersonReception[] {
    return this.#receiver.reception;
  }

  /** Waits until sound can flow. Rejects with LineLostError after `timeoutMs`, having left. */
  async ready(timeoutMs: number): Promise<void> {
    try {
      await this.#supervisor.ready(timeoutMs);
      const until = performance.now() + GROUP_WAIT_MS;
      // Alone there is no group to wait for.
      while (this.#othersAreThere() && !isGroupReady(this.#connection) && performance.now() < until && !this.#closed) {
        await wait(TICK_MS);
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** The gateway says that the bot is in this channel now, or in none. */
  placed(channelId: string | null): void {
    this.#supervisor.placed(channelId, this.channelId);
  }

  play(source: FrameSource): void {
    this.#pacer.play(source);
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#release();
      this.events.end();
    }
    return Promise.resolve();
  }

  #lose(error: LineLostError): void {
    if (this.#closed) return;
    this.#release();
    this.events.fail(error);
  }

  #release(): void {
    this.#closed = true;
    this.#log.debug({ guildId: this.guildId, ...this.#receiver.counts }, 'voice packets of this line');
    clearTimeout(this.#tick);
    this.#supervisor.close();
    this.#pacer.close();
    this.#receiver.reset();
    if (this.#connection.state.status !== VoiceConnectionStatus.Destroyed) this.#connection.destroy();
  }

  #scheduleTick(fast: boolean): void {
    clearTimeout(this.#tick);
    this.#ticksFast = fast;
    const run = (): void => {
      this.#receiver.tick(performance.now());
      this.#scheduleTick(this.#receiver.busy);
    };
    this.#tick = setTimeout(run, fast ? TICK_MS : IDLE_TICK_MS);
  }

  #onDatagram(datagram: Buffer): void {
    if (this.#closed) return;
    this.#receiver.receive(datagram);
    if (!this.#ticksFast && this.#receiver.busy) this.#scheduleTick(true);
  }

  /** The library binds its receiver to every new socket by these two properties: ours stand there instead. */
  #takeOverReceiving(): void {
    const { receiver } = this.#connection;
    Object.assign(receiver, {
      onUdpMessage: () => {},
      onWsPacket: (packet: { op: number; d: unknown }) => this.#onVoiceGateway(packet),
    });
    this.#connection.on('stateChange', (_, state) => {
      if ('networking' in state) this.#wire(state.networking);
    });
    const { state } = this.#connection;
    if ('networking' in state) this.#wire(state.networking);
  }

  #wire(networking: Networking): void {
    if (this.#wired.has(networking)) return;
    this.#wired.add(networking);
    this.#receiver.reset();
    const onState = (state: Networking['state']): void => {
      if ('ws' in state) guardVoiceGateway(state.ws, this.#log);
      if ('dave' in state && state.dave) guardMls(state.dave, this.#log);
      if (!('udp' in state)) return;
      if ('connectionData' in state && 'secretKey' in state.connectionData) {
        const { encryptionMode, secretKey } = state.connectionData;
        const recover = (): void => rejoinGroup(networking, this.#log);
        this.#receiver.keys = { encryptionMode, secretKey, dave: unsealerOf(networking), recover };
      }
      if (this.#wired.has(state.udp)) return;
      this.#wired.add(state.udp);
      const { remote } = state.udp as unknown as { remote: { ip: string; port: number } };
      const { socket } = state.udp as unknown as { socket: import('node:dgram').Socket };
      socket.on('message', (datagram, from) => {
        // Anybody may send to this port; only the voice server is listened to.
        if (from.port === remote.port && from.address === remote.ip) this.#onDatagram(datagram);
      });
    };
    networking.on('stateChange', (_, state) => onState(state));
    onState(networking.state);
  }

  /** Voice gateway messages (v8): 5 Speaking, 11 Clients Connect, 13 Client Disconnect. Any of them may be malformed. */
  #onVoiceGateway(packet: { op: number; d: unknown }): void {
    const d = (packet.d ?? {}) as { user_id?: unknown; user_ids?: unknown; ssrc?: unknown };
    if (packet.op === 5 && typeof d.user_id === 'string' && typeof d.ssrc === 'number') {
      this.#receiver.name(d.ssrc, d.user_id);
    } else if (packet.op === 11 && Array.isArray(d.user_ids)) {
      for (const userId of d.user_ids) if (typeof userId === 'string') this.#receiver.joined(userId);
    } else if (packet.op === 13 && typeof d.user_id === 'string') {
      this.#receiver.left(d.user_id);
    }
  }
}

/** Whether the people who are there can be heard: the end-to-end group stands and its first transition was executed. */
function isGroupReady(connection: VoiceConnection): boolean {
  const { state } = connection;
  if (state.status !== VoiceConnectionStatus.Ready) return false;
  const network = state.networking.state;
  if (network.code !== NetworkingStatusCode.Ready || !network.dave || network.dave.protocolVersion === 0) return true;
  return network.dave.session?.ready === true && network.dave.lastTransitionId !== undefined;
}

function sinkOf(connection: VoiceConnection): PacketSink {
  return {
    get ready() {
      const { state } = connection;
      if (state.status !== VoiceConnectionStatus.Ready) return false;
      const network = state.networking.state;
      if (network.code !== NetworkingStatusCode.Ready) return false;
      // Before its group is there, the library would send our voice without end-to-end encryption: nobody decodes that.
      return !network.dave || network.dave.protocolVersion === 0 || network.dave.session?.ready === true;
    },
    send: (opus, pausedFrames) => {
      skip(connection, pausedFrames);
      connection.playOpusPacket(opus);
    },
    setSpeaking: (speaking) => {
      connection.setSpeaking(speaking);
    },
  };
}

/**
 * Moves the RTP clock on over a pause: it runs in silence too (RFC 3550 section 5.1), and receivers measure a packet's
 * lateness by it. The library only counts what it sends.
 */
function skip(connection: VoiceConnection, frames: number): void {
  const network = connection.state.status === VoiceConnectionStatus.Ready && connection.state.networking.state;
  if (!network || network.code !== NetworkingStatusCode.Ready) return;
  const { connectionData } = network;
  connectionData.timestamp = (connectionData.timestamp + frames * FRAME_TICKS) % 2 ** 32;
}
