import { createSocket, type Socket } from 'node:dgram';
import type { Sound } from '../../shared/wav.ts';
import { VoiceClientDave } from './client-dave.ts';
import { VoiceClientLink } from './client-link.ts';
import { type HeardPacket, type TimelineOptions, VoiceClientReceiver } from './client-receiver.ts';
import { VoiceClientSender } from './client-sender.ts';
import { VoiceOp } from './messages.ts';
import { encodeSound } from './opus-packets.ts';
import { type EncryptionMode, isEncryptionMode, Transport } from './transport.ts';

export type { HeardPacket, TimelineOptions };

export interface VoiceClientOptions {
  /** Host and port, as in VOICE_SERVER_UPDATE. */
  readonly endpoint: string;
  readonly token: string;
  readonly sessionId: string;
  readonly guildId: string;
  readonly channelId: string;
  readonly userId: string;
  /** PEM of the server's certificate. */
  readonly certificate: string;
  /** Only hear these users; what others say isn't sent here at all. Default: everybody. */
  readonly listensTo?: readonly string[];
  /** Default: the first that the server offers and this client knows. */
  readonly encryptionMode?: EncryptionMode;
}

/** The voice server ended the connection, or refused it, with this close code. */
export class VoiceClosedError extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`the voice server closed the connection: ${code}`);
    this.name = 'VoiceClosedError';
    this.code = code;
  }
}

type Payload = Readonly<Record<string, unknown>>;

const CONNECT_MS = 10_000;
const DISCOVERY_BYTES = 74;
const DISCOVERY_RETRY_MS = 250;

/**
 * A person's voice connection, as Discord's own client makes it. Written against the protocol and not on @discordjs/voice,
 * so that the bot is tested by another implementation than its own. It never reconnects: make a new one.
 */
export class VoiceClient {
  readonly userId: string;
  /** Resolves with the close code when the connection has ended, by whomever. */
  readonly closed: Promise<number>;
  readonly #options: VoiceClientOptions;
  readonly #link: VoiceClientLink;
  readonly #socket: Socket = createSocket('udp4');
  readonly #ended: (code: number) => void;
  readonly #up = Promise.withResolvers<void>();
  readonly #wants: Record<string, number> = { any: 0 };
  #isClosed = false;
  #discovery: NodeJS.Timeout | undefined;
  #ssrc = 0;
  #server: { readonly address: string; readonly port: number } | undefined;
  #media: { readonly sender: VoiceClientSender; readonly receiver: VoiceClientReceiver } | undefined;
  #dave: VoiceClientDave | undefined;

  private constructor(options: VoiceClientOptions) {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#options = options;
    this.userId = options.userId;
    this.closed = promise;
    this.#ended = resolve;
    this.#socket.on('error', () => {}); // the websocket tells when the connection is over
    this.#socket.on('message', (datagram) => this.#receive(datagram));
    this.#link = new VoiceClientLink({
      endpoint: options.endpoint,
      certificate: options.certificate,
      onMessage: (op, payload) => this.#act(op, payload),
      onBinary: (op, payload) => this.#actBinary(op, payload),
      onClose: (code) => this.#close(code),
    });
  }

  /**
   * Resolves when the person hears and is heard: with others in the channel, when the end-to-end encryption stands.
   * Throws VoiceClosedError when the server refuses, Error after 10 s.
   */
  static async connect(options: VoiceClientOptions): Promise<VoiceClient> {
    const client = new VoiceClient(options);
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error('no voice connection within 10 s')), CONNECT_MS);
    const settled = client.#up.promise.then(() => client.#dave?.whenSettled());
    try {
      await Promise.race([settled, client.#lost(), late.promise]);
      if (client.#isClosed) throw new VoiceClosedError(await client.closed);
      return client;
    } catch (error) {
      client.#link.close();
      client.#close(1000);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  get ssrc(): number {
    return this.#ssrc;
  }

  /** Packets of the others so far, decrypted, in the order in which they could be read; bounded. */
  get heard(): readonly HeardPacket[] {
    return this.#media?.receiver.heard ?? [];
  }

  /** Calls back for every packet of the others; gives the function that ends it. */
  onPacket(listener: (packet: HeardPacket) => void): () => void {
    return this.#media?.receiver.listen(listener) ?? (() => {});
  }

  /**
   * Says something in real time, after what it was asked to say before; resolves when the last silence frame is sent.
   * Aborting stops at the next frame and resolves as well.
   */
  async speak(sound: Sound, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#media?.sender.speak(encodeSound(sound), options.signal);
  }

  /** What one user said: 48 kHz mono, gaps as silence. Throws TypeError when several were heard and none is named. */
  heardPcm(options: TimelineOptions = {}): Int16Array {
    return this.#media?.receiver.timeline(options) ?? new Int16Array();
  }

  /** From here to the next epoch nobody can open what this person says, as with a client that missed one. */
  loseKeys(): void {
    this.#dave?.loseKeys();
  }

  /** Leaves. Idempotent. */
  async disconnect(): Promise<void> {
    this.#link.close();
    await this.closed;
  }

  async #lost(): Promise<never> {
    throw new VoiceClosedError(await this.closed);
  }

  #act(op: number, payload: Payload): void {
    const { receiver } = this.#media ?? {};
    if (op === VoiceOp.Hello) this.#identify();
    else if (op === VoiceOp.Ready) this.#discover(payload);
    else if (op === VoiceOp.SessionDescription) this.#start(payload);
    else if (op === VoiceOp.Speaking) this.#assign(Number(payload.ssrc), String(payload.user_id));
    else if (op === VoiceOp.ClientsConnect) this.#dave?.joined(payload.user_ids as string[]);
    else if (op === VoiceOp.ClientDisconnect) {
      this.#dave?.left(String(payload.user_id));
      receiver?.forget(String(payload.user_id));
    } else this.#dave?.receive(op, payload);
  }

  #actBinary(op: number, payload: Buffer): void {
    this.#dave?.receiveBinary(op, payload);
    this.#media?.receiver.retry();
  }

  #identify(): void {
    this.#link.send(VoiceOp.Identify, {
      server_id: this.#options.guildId,
      user_id: this.userId,
      session_id: this.#options.sessionId,
      token: this.#options.token,
      max_dave_protocol_version: 1,
    });
  }

  #discover(ready: Payload): void {
    this.#ssrc = Number(ready.ssrc);
    this.#server = { address: String(ready.ip), port: Number(ready.port) };
    const mode = this.#options.encryptionMode ?? (ready.modes as unknown[]).find(isEncryptionMode);
    const request = Buffer.alloc(DISCOVERY_BYTES);
    request.writeUInt16BE(1, 0);
    request.writeUInt16BE(DISCOVERY_BYTES - 4, 2);
    request.writeUInt32BE(this.#ssrc, 4);
    const ask = (): void => this.#send(request);
    this.#discovery = setInterval(ask, DISCOVERY_RETRY_MS); // a datagram may be lost
    this.#socket.once('message', (answer: Buffer) => {
      clearInterval(this.#discovery);
      const address = answer.toString('latin1', 8, answer.indexOf(0, 8));
      const port = answer.readUInt16BE(DISCOVERY_BYTES - 2);
      this.#link.send(VoiceOp.SelectProtocol, { protocol: 'udp', data: { address, port, mode } });
    });
    ask();
  }

  #start(description: Payload): void {
    const transport = new Transport(
      description.mode as EncryptionMode,
      Uint8Array.from(description.secret_key as number[]),
    );
    const announce = (speaking: number): void => {
      this.#link.send(VoiceOp.Speaking, { speaking, delay: 0, ssrc: this.#ssrc });
    };
    const epoch = (): void => this.#media?.sender.sealAhead();
    this.#dave =
      description.dave_protocol_version === 1 ? new VoiceClientDave(this.#options, this.#link, epoch) : undefined;
    const emit = (datagram: Buffer): void => this.#send(datagram);
    this.#media = {
      sender: new VoiceClientSender({ ssrc: this.#ssrc, transport, dave: this.#dave, emit, announce }),
      receiver: new VoiceClientReceiver(transport, this.#dave),
    };
    if (this.#options.listensTo) this.#link.send(VoiceOp.MediaSinkWants, this.#wants);
    this.#up.resolve();
  }

  #assign(ssrc: number, userId: string): void {
    if (this.#options.listensTo?.includes(userId) && !this.#wants[ssrc]) {
      this.#wants[ssrc] = 100;
      this.#link.send(VoiceOp.MediaSinkWants, this.#wants);
    }
    this.#media?.receiver.assign(ssrc, userId);
  }

  #send(datagram: Buffer): void {
    if (this.#server && !this.#isClosed) this.#socket.send(datagram, this.#server.port, this.#server.address);
  }

  #receive(datagram: Buffer): void {
    this.#media?.receiver.receive(datagram);
  }

  #close(code: number): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#discovery);
    this.#media?.sender.close();
    this.#dave?.close();
    this.#socket.close();
    this.#ended(code);
  }
}
