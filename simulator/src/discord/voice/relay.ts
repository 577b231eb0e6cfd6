import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type FaultCounts, type Faults, FaultyPath, seededRandom } from '../faults.ts';
import type { LinkFaults } from './link-faults.ts';
import type { Media, VoicePlace } from './place.ts';
import { clearHeaderBytes, OPUS_PAYLOAD_TYPE, payloadOf, SILENCE_FRAME, withSources } from './rtp.ts';

/** A media packet as it came to the server. `at`: performance.now(); `size`: bytes of the datagram. */
export interface RelayedPacket {
  readonly at: number;
  readonly userId: string;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly size: number;
  /** One of the silence frames that end a talk spurt. */
  readonly silence: boolean;
}

/** Datagrams that were not relayed, by reason. */
export interface RefusedCounts {
  malformed: number;
  /** No session has this SSRC, or its client has another address. */
  strangers: number;
  /** Transport authentication failed. */
  unauthentic: number;
  /** Media before the first op 5. */
  unannounced: number;
}

/** The log keeps this many packets at least (5 minutes of 5 speakers); beyond twice that the older half goes. */
const LOG_PACKETS = 75_000;
const DISCOVERY_BYTES = 74;
const KEEP_ALIVE_BYTES = 8;

/**
 * The media half of the voice server (an SFU): takes each sender's transport encryption off and puts each receiver's on.
 * The body stays as it is: with DAVE only the clients can read it.
 */
export class VoiceRelay {
  readonly packets: RelayedPacket[] = [];
  readonly refused: RefusedCounts = { malformed: 0, strangers: 0, unauthentic: 0, unannounced: 0 };
  readonly struck: FaultCounts = { passed: 0, lost: 0, reordered: 0, duplicated: 0 };
  readonly #faults: Faults;
  readonly #links: LinkFaults;
  readonly #seed: number;
  readonly #socket: Socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
  readonly #places = new Map<number, VoicePlace>();
  #strayed: Promise<Socket> | undefined;

  constructor(options: { faults: Faults; links: LinkFaults; seed: number }) {
    this.#links = options.links;
    this.#faults = options.faults;
    this.#seed = options.seed;
    this.#socket.on('message', (datagram, from) => this.#receive(datagram, from));
    this.#socket.on('error', () => {}); // ECONNREFUSED of a client that just went: its place ends by its websocket
  }

  /** Binds to a free port of 127.0.0.1 and gives it. */
  async open(): Promise<number> {
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
    return this.#socket.address().port;
  }

  /** Takes packets of this session from now on. */
  add(place: VoicePlace): void {
    this.#places.set(place.ssrc, place);
    place.path = new FaultyPath<Media>({
      faults: this.#faults,
      counts: this.struck,
      random: seededRandom(this.#seed, place.userId),
      deliver: (media, copies) => this.#relay(place, media, copies),
    });
  }

  remove(place: VoicePlace): void {
    this.#places.delete(place.ssrc);
    place.path?.close();
  }

  /** Sends any bytes to a client: from the server's own port, or from another one. Resolves when they are sent. */
  async inject(place: VoicePlace, datagram: Uint8Array, from: 'server' | 'stranger'): Promise<void> {
    const { remote } = place;
    if (!remote) throw new TypeError('this client has no UDP address yet');
    const socket = from === 'server' ? this.#socket : await this.#stranger();
    await new Promise<void>((resolve, reject) => {
      socket.send(datagram, remote.port, remote.address, (error) => (error ? reject(error) : resolve()));
    });
  }

  async close(): Promise<void> {
    for (const place of this.#places.values()) place.path?.close();
    this.#places.clear();
    const sockets = [this.#socket, ...(this.#strayed === undefined ? [] : [await this.#strayed])];
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }

  #stranger(): Promise<Socket> {
    this.#strayed ??= new Promise((resolve) => {
      const socket = createSocket('udp4');
      socket.on('error', () => {});
      socket.bind(0, '127.0.0.1', () => resolve(socket));
    });
    return this.#strayed;
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    if (datagram.length === DISCOVERY_BYTES && datagram.readUInt16BE(0) === 1) {
      this.#discover(datagram, from);
      return;
    }
    // Not every voice server answers these (discordjs/discord.js #9185, #9202): nobody may count on it.
    if (datagram.length === KEEP_ALIVE_BYTES) return;
    const headerBytes = clearHeaderBytes(datagram);
    if (headerBytes === 0) this.refused.malformed++;
    else if (((datagram[1] as number) & 0x7f) === OPUS_PAYLOAD_TYPE) this.#receiveMedia(datagram, headerBytes, from);
  }

  /** IP discovery: https://docs.discord.com/developers/topics/voice-connections#ip-discovery */
  #discover(request: Buffer, from: RemoteInfo): void {
    const place = this.#places.get(request.readUInt32BE(4));
    if (!place) {
      this.refused.strangers++;
      return;
    }
    if (place.halfOpen.has('udp')) return;
    if (place.admission.bot && this.#links.loseDiscoveries > 0) {
      this.#links.loseDiscoveries--;
      return;
    }
    place.remote = { address: from.address, port: from.port };
    const answer = Buffer.alloc(DISCOVERY_BYTES);
    answer.writeUInt16BE(2, 0);
    answer.writeUInt16BE(DISCOVERY_BYTES - 4, 2);
    answer.writeUInt32BE(place.ssrc, 4);
    answer.write(from.address, 8, 'latin1');
    answer.writeUInt16BE(from.port, DISCOVERY_BYTES - 2);
    this.#socket.send(answer, from.port, from.address);
  }

  #receiveMedia(datagram: Buffer, headerBytes: number, from: RemoteInfo): void {
    const ssrc = datagram.readUInt32BE(8);
    const place = this.#places.get(ssrc);
    const remote = place?.remote;
    if (place?.halfOpen.has('udp')) return;
    if (!place?.transport || remote?.port !== from.port || remote.address !== from.address) {
      this.refused.strangers++;
      return;
    }
    const body = place.transport.open(datagram, headerBytes);
    if (!body) {
      this.refused.unauthentic++;
      return;
    }
    const header = datagram.subarray(0, headerBytes);
    this.#log(place, header, body, datagram.length);
    if (place.speaking === undefined) {
      this.refused.unannounced++;
      return;
    }
    const media = { header, body };
    if (place.admission.bot) this.#relay(place, media, 1);
    else place.path?.send(media);
  }

  #relay(sender: VoicePlace, media: Media, copies: number): void {
    const header = sender.admission.bot ? media.header : withSources(media.header, this.#faults.csrcs);
    for (const place of sender.room.places.values()) {
      const { transport, remote } = place;
      if (place.halfOpen.has('udp')) continue;
      if (place === sender || !transport || !remote || !place.wants(sender.ssrc)) continue;
      const datagram = transport.seal(header, media.body);
      for (let i = 0; i < copies; i++) this.#socket.send(datagram, remote.port, remote.address);
    }
  }

  #log(place: VoicePlace, header: Buffer, body: Buffer, size: number): void {
    if (this.packets.length >= 2 * LOG_PACKETS) this.packets.splice(0, LOG_PACKETS);
    this.packets.push({
      at: performance.now(),
      userId: place.userId,
      ssrc: place.ssrc,
      sequence: header.readUInt16BE(2),
      timestamp: header.readUInt32BE(4),
      size,
      silence: payloadOf(header, body)?.equals(SILENCE_FRAME) ?? false,
    });
  }
}
