// The websocket half of the voice server: https://docs.discord.com/developers/topics/voice-connections, gateway version 8.
import type { IncomingMessage } from 'node:http';
import type { RawData, WebSocket } from 'ws';
import { VoiceClose, VoiceOp } from './messages.ts';
import type { VoicePlace } from './place.ts';
import { type EncryptionMode, isEncryptionMode } from './transport.ts';

/** What the gateway asks of the server. */
export interface VoiceGatewayHost {
  readonly encryptionModes: readonly EncryptionMode[];
  readonly udpPort: number;
  /** The session for a first Identify, or the code with which to close. */
  identify(payload: Payload, link: WebSocket): VoicePlace | number;
  /** The session that a Resume means, or the code with which to close. */
  resumable(payload: Payload): VoicePlace | number;
  /** A websocket ended with this code. */
  unlinked(place: VoicePlace, code: number): void;
}

type Payload = Readonly<Record<string, unknown>>;

const HEARTBEAT_MS = 13_750;
const KNOWN_CLIENT_OPS: ReadonlySet<unknown> = new Set([
  VoiceOp.Identify,
  VoiceOp.SelectProtocol,
  VoiceOp.Heartbeat,
  VoiceOp.Speaking,
  VoiceOp.Resume,
  VoiceOp.MediaSinkWants,
  VoiceOp.DaveTransitionReady,
  VoiceOp.DaveInvalidCommitWelcome,
]);

const REASONS: Readonly<Record<number, string>> = {
  [VoiceClose.UnknownOpcode]: 'Unknown opcode',
  [VoiceClose.FailedToDecode]: 'Failed to decode payload',
  [VoiceClose.NotAuthenticated]: 'Not authenticated',
  [VoiceClose.AuthenticationFailed]: 'Authentication failed',
  [VoiceClose.AlreadyAuthenticated]: 'Already authenticated',
  [VoiceClose.SessionInvalid]: 'Session no longer valid',
  [VoiceClose.UnknownProtocol]: 'Unknown protocol',
  [VoiceClose.UnknownEncryptionMode]: 'Unknown encryption mode',
  [VoiceClose.DaveRequired]: 'E2EE/DAVE protocol required',
  [VoiceClose.BadRequest]: 'Bad request',
};

/** One websocket of a client, from Hello to its end. */
export class VoiceGatewayLink {
  readonly #host: VoiceGatewayHost;
  readonly #link: WebSocket;
  #place: VoicePlace | undefined;

  constructor(host: VoiceGatewayHost, link: WebSocket) {
    this.#host = host;
    this.#link = link;
    link.on('message', (bytes, isBinary) => this.#receive(bytes, isBinary));
    link.on('error', () => link.terminate());
    link.on('close', (code) => {
      if (this.#place?.link === link) host.unlinked(this.#place, code);
    });
    link.send(JSON.stringify({ op: VoiceOp.Hello, d: { v: 8, heartbeat_interval: HEARTBEAT_MS } }));
  }

  #receive(bytes: RawData, isBinary: boolean): void {
    if (this.#place?.halfOpen.has('websocket')) return;
    const buffer = bytes as Buffer; // ws gives Buffers unless told otherwise
    if (this.#place && this.#place.link !== this.#link) return; // resumed elsewhere, or dismissed
    const refusal = isBinary ? this.#binary(buffer) : this.#json(buffer.toString());
    if (refusal !== undefined) this.#link.close(refusal, REASONS[refusal]);
  }

  // What follows gives the code with which to close, or undefined when all is well.

  #binary(frame: Buffer): number | undefined {
    const place = this.#place;
    if (!place?.transport) return VoiceClose.NotAuthenticated;
    const payload = frame.subarray(1);
    if (frame[0] === VoiceOp.DaveKeyPackage) place.room.dave?.keyPackage(place.userId, payload);
    else if (frame[0] === VoiceOp.DaveCommitWelcome) place.room.dave?.commitWelcome(place.userId, payload);
    else return VoiceClose.UnknownOpcode;
    return undefined;
  }

  #json(text: string): number | undefined {
    const message = parsed(text);
    const payload = message?.d ?? {};
    if (!message || typeof payload !== 'object') return VoiceClose.FailedToDecode;
    if (!KNOWN_CLIENT_OPS.has(message.op)) return VoiceClose.UnknownOpcode;
    return this.#act(message.op as number, payload as Payload);
  }

  #act(op: number, payload: Payload): number | undefined {
    if (op === VoiceOp.Heartbeat) return this.#heartbeat(payload);
    if (op === VoiceOp.Identify) return this.#identify(payload);
    if (op === VoiceOp.Resume) return this.#resume(payload);
    const place = this.#place;
    if (!place) return VoiceClose.NotAuthenticated;
    if (op === VoiceOp.SelectProtocol) return this.#selectProtocol(place, payload);
    if (op === VoiceOp.MediaSinkWants) place.want(payload);
    else if (!place.transport) return VoiceClose.BadRequest;
    else if (op === VoiceOp.Speaking) return this.#speaking(place, payload);
    else if (op === VoiceOp.DaveTransitionReady) place.room.dave?.ready(place.userId, Number(payload.transition_id));
    else if (op === VoiceOp.DaveInvalidCommitWelcome) place.room.dave?.invalid(place.userId);
    return undefined;
  }

  #heartbeat(payload: Payload): undefined {
    this.#place?.acknowledge(payload.seq_ack);
    this.#link.send(JSON.stringify({ op: VoiceOp.HeartbeatAck, d: { t: payload.t } }));
  }

  #identify(payload: Payload): number | undefined {
    if (this.#place) return VoiceClose.AlreadyAuthenticated;
    const place = this.#host.identify(payload, this.#link);
    if (typeof place === 'number') return place;
    this.#place = place;
    place.sendOnce(VoiceOp.Ready, {
      ssrc: place.ssrc,
      ip: '127.0.0.1',
      port: this.#host.udpPort,
      modes: this.#host.encryptionModes,
      experiments: [],
      streams: [],
    });
    return undefined;
  }

  #resume(payload: Payload): number | undefined {
    if (this.#place) return VoiceClose.AlreadyAuthenticated;
    const place = this.#host.resumable(payload);
    if (typeof place === 'number') return place;
    this.#place = place;
    place.resume(this.#link);
    return undefined;
  }

  #selectProtocol(place: VoicePlace, payload: Payload): number | undefined {
    const { address, port, mode } = (payload.data ?? {}) as Payload;
    if (payload.protocol !== 'udp') return VoiceClose.UnknownProtocol;
    if (!isEncryptionMode(mode) || !this.#host.encryptionModes.includes(mode)) return VoiceClose.UnknownEncryptionMode;
    if (place.transport || typeof address !== 'string' || typeof port !== 'number') return VoiceClose.BadRequest;
    place.remote = { address, port };
    const key = place.connect(mode);
    place.send(VoiceOp.SessionDescription, {
      audio_codec: 'opus',
      media_session_id: place.token.slice(0, 32),
      mode,
      secret_key: [...key],
      dave_protocol_version: place.room.dave ? 1 : 0,
    });
    place.room.enter(place);
    return undefined;
  }

  #speaking(place: VoicePlace, payload: Payload): number | undefined {
    if (payload.ssrc !== place.ssrc) return VoiceClose.BadRequest;
    place.room.speaking(place, Number(payload.speaking) || 0);
    return undefined;
  }
}

/** Only version 8 is spoken here: older ones number no messages. */
export function speaksVersion8(request: IncomingMessage): boolean {
  return new URL(request.url ?? '/', 'wss://voice').searchParams.get('v') === '8';
}

function parsed(text: string): { readonly op?: unknown; readonly d?: unknown } | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}
