import { randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';
import type { FaultyPath } from '../faults.ts';
import { type HalfOpen, type LinkFaults, played } from './link-faults.ts';
import { VoiceOp } from './messages.ts';
import type { VoiceRoom } from './room.ts';
import { type EncryptionMode, Transport } from './transport.ts';

/** Who may come in, and where to: what the main gateway knows of a voice state. */
export interface VoiceAdmission {
  readonly guildId: string;
  readonly channelId: string;
  readonly userId: string;
  readonly sessionId: string;
  /** A stage channel: no DAVE there. */
  readonly stage?: boolean;
  /** The faults leave what a bot sends alone. */
  readonly bot?: boolean;
}

/** A decrypted packet between two clients: the readable header, and the body that the server doesn't understand. */
export interface Media {
  readonly header: Buffer;
  readonly body: Buffer;
}

/** More unacknowledged messages than this, and the client can't resume. */
const BACKLOG = 2048;

/** One client's session on the voice server, over all the websockets on which it is resumed. */
export class VoicePlace {
  readonly admission: VoiceAdmission;
  readonly token: string;
  readonly ssrc: number;
  readonly room: VoiceRoom<VoicePlace>;
  /** Set by Select Protocol: from here on the client is in the channel. */
  transport: Transport | undefined;
  /** Where its datagrams come from and go to. */
  remote: { readonly address: string; readonly port: number } | undefined;
  path: FaultyPath<Media> | undefined;
  /** Ways on which nothing comes through in either direction. */
  readonly halfOpen = new Set<HalfOpen>();
  /** Its last op 5: 0 is silent, undefined before the first one. */
  speaking: number | undefined;
  /** Runs when the time to resume is over. */
  expiry: NodeJS.Timeout | undefined;
  /** Op 15: quality by SSRC, `any` for the rest. */
  #wants: Readonly<Record<string, unknown>> = {};
  #link: WebSocket | undefined;
  #sequence = 0;
  /** Numbered messages that the client hasn't acknowledged, the last one being number #sequence. */
  #backlog: (string | Buffer)[] = [];
  readonly #delayMs: () => number;
  readonly #faults: LinkFaults | undefined;

  constructor(options: {
    admission: VoiceAdmission;
    token: string;
    ssrc: number;
    room: VoiceRoom<VoicePlace>;
    link: WebSocket;
    /** How late its messages come, in their order. */
    delayMs: () => number;
    /** What strikes its messages; absent: nothing. */
    faults?: LinkFaults;
  }) {
    this.#delayMs = options.delayMs;
    this.#faults = options.faults;
    this.admission = options.admission;
    this.token = options.token;
    this.ssrc = options.ssrc;
    this.room = options.room;
    this.#link = options.link;
  }

  get userId(): string {
    return this.admission.userId;
  }

  get link(): WebSocket | undefined {
    return this.#link;
  }

  /** Makes the transport key; gives it for op 4. */
  connect(mode: EncryptionMode): Buffer {
    const key = randomBytes(32);
    this.transport = new Transport(mode, key);
    return key;
  }

  want(wants: Readonly<Record<string, unknown>>): void {
    this.#wants = wants;
  }

  wants(ssrc: number): boolean {
    return (this.#wants[ssrc] ?? this.#wants.any ?? 100) !== 0;
  }

  /** Sends a message that is not repeated on resume. */
  sendOnce(op: number, payload: unknown): void {
    this.#play(op, () => this.#transmit(JSON.stringify({ op, d: payload })));
  }

  /** Sends a numbered message and keeps it until the client acknowledges it. */
  send(op: number, payload: unknown): void {
    this.#play(op, () => {
      this.#sequence++;
      this.#keep(JSON.stringify({ op, d: payload, seq: this.#sequence & 0xffff }));
    });
  }

  /** The same as a binary frame: u16 sequence, op, payload (https://daveprotocol.com, "Voice Gateway Opcodes"). */
  sendBinary(op: number, payload: Buffer): void {
    this.#play(op, () => {
      this.#sequence++;
      const frame = Buffer.allocUnsafe(3 + payload.length);
      frame.writeUInt16BE(this.#sequence & 0xffff, 0);
      frame[2] = op;
      frame.set(payload, 3);
      this.#keep(frame);
    });
  }

  /** The client has everything up to this number (seq_ack); false when that can't be, or is too long ago. */
  acknowledge(sequence: unknown): boolean {
    if (typeof sequence !== 'number') return false;
    const behind = sequence < 0 ? this.#sequence : (this.#sequence - sequence) & 0xffff;
    if (behind > this.#backlog.length) return false;
    this.#backlog = this.#backlog.slice(this.#backlog.length - behind);
    return true;
  }

  /** Goes on with another websocket: op 9, then what the client missed. */
  resume(link: WebSocket): void {
    clearTimeout(this.expiry);
    const old = this.#link;
    this.#link = link;
    old?.terminate();
    this.sendOnce(VoiceOp.Resumed, null);
    for (const frame of this.#backlog) this.#transmit(frame);
  }

  /** Its websocket is gone; the session may be resumed. */
  unlink(): void {
    this.#link = undefined;
  }

  #play(op: number, send: () => void): void {
    if (this.#faults) played(this.#faults, op, send);
    else send();
  }

  #keep(frame: string | Buffer): void {
    this.#backlog.push(frame);
    if (this.#backlog.length > BACKLOG) this.#backlog.splice(0, BACKLOG / 2);
    this.#transmit(frame);
  }

  #transmit(frame: string | Buffer): void {
    if (this.halfOpen.has('websocket')) return;
    const link = this.#link;
    const send = (): void => {
      if (link?.readyState === WebSocket.OPEN) link.send(frame);
    };
    const delayMs = this.#delayMs();
    if (delayMs > 0) setTimeout(send, delayMs).unref();
    else send();
  }
}
