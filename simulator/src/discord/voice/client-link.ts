import { WebSocket } from 'ws';
import { VoiceOp } from './messages.ts';

type Payload = Readonly<Record<string, unknown>>;

export interface VoiceClientLinkOptions {
  readonly endpoint: string;
  /** PEM of the server's certificate. */
  readonly certificate: string;
  /** Every JSON message but Hello and heartbeat acknowledgements. */
  readonly onMessage: (op: number, payload: Payload) => void;
  readonly onBinary: (op: number, payload: Buffer) => void;
  /** Once, at the end, with the close code. */
  readonly onClose: (code: number) => void;
}

/** A client's websocket to a voice gateway, version 8: numbering, heartbeats. It never reconnects. */
export class VoiceClientLink {
  readonly #options: VoiceClientLinkOptions;
  readonly #socket: WebSocket;
  #sequence = -1;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(options: VoiceClientLinkOptions) {
    this.#options = options;
    this.#socket = new WebSocket(`wss://${options.endpoint}/?v=8`, { ca: options.certificate });
    this.#socket.on('message', (bytes, isBinary) => this.#receive(bytes as Buffer, isBinary));
    this.#socket.on('error', () => {}); // its close event follows, with 1006
    this.#socket.on('close', (code) => {
      clearInterval(this.#heartbeat);
      options.onClose(code);
    });
  }

  send(op: number, payload: unknown): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ op, d: payload }));
  }

  sendBinary(op: number, payload: Buffer): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(Buffer.concat([Buffer.from([op]), payload]));
  }

  close(code = 1000): void {
    clearInterval(this.#heartbeat);
    this.#socket.close(code);
  }

  #receive(bytes: Buffer, isBinary: boolean): void {
    if (isBinary) {
      this.#sequence = bytes.readUInt16BE(0);
      this.#options.onBinary(bytes.readUInt8(2), bytes.subarray(3));
      return;
    }
    const message = JSON.parse(bytes.toString()) as { op: number; d: Payload | null; seq?: number };
    if (message.seq !== undefined) this.#sequence = message.seq;
    if (message.op === VoiceOp.HeartbeatAck) return;
    if (message.op === VoiceOp.Hello) this.#beat(Number(message.d?.heartbeat_interval));
    else this.#options.onMessage(message.op, message.d ?? {});
  }

  #beat(intervalMs: number): void {
    const beat = (): void => this.send(VoiceOp.Heartbeat, { t: Date.now(), seq_ack: this.#sequence });
    this.#heartbeat = setInterval(beat, intervalMs);
    this.#options.onMessage(VoiceOp.Hello, {});
  }
}
