import { type Networking, NetworkingStatusCode } from '@discordjs/voice';
import type { Supervisor } from '../link/supervisor.ts';
import type { PacketSink } from './pacer.ts';

/** 20 ms of the RTP clock of Opus, 48 kHz (RFC 7587 section 4.1). */
const FRAME_TICKS = 960;

/** Where the bot's voice goes: the connection that lives now, or nowhere while there is none. */
export class VoiceSender implements PacketSink {
  readonly #supervisor: Supervisor;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  get ready(): boolean {
    const state = this.#supervisor.live?.state;
    if (state?.code !== NetworkingStatusCode.Ready) return false;
    // Before its group is there, the library would send our voice without end-to-end encryption: nobody decodes that.
    return !state.dave || state.dave.protocolVersion === 0 || state.dave.session?.ready === true;
  }

  send(opus: Buffer, pausedFrames: number): void {
    const networking = this.#supervisor.live;
    if (!networking) return;
    skip(networking, pausedFrames);
    networking.prepareAudioPacket(opus);
    networking.dispatchAudio();
  }

  setSpeaking(speaking: boolean): void {
    this.#supervisor.live?.setSpeaking(speaking);
  }
}

/**
 * Moves the RTP clock on over a pause: it runs in silence too (RFC 3550 section 5.1), and receivers measure a packet's
 * lateness by it. The library only counts what it sends.
 */
function skip(networking: Networking, frames: number): void {
  const { state } = networking;
  if (state.code !== NetworkingStatusCode.Ready) return;
  const { connectionData } = state;
  connectionData.timestamp = (connectionData.timestamp + frames * FRAME_TICKS) % 2 ** 32;
}
