import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { localCertificate } from '../certificate.ts';
import { ExternalSender } from '../dave/messages.ts';
import { type FaultCounts, type Faults, NO_FAULTS } from '../faults.ts';
import { speaksVersion8, type VoiceGatewayHost, VoiceGatewayLink } from './gateway.ts';
import type { HalfOpen, LinkFaults } from './link-faults.ts';
import { VoiceClose } from './messages.ts';
import { type VoiceAdmission, VoicePlace } from './place.ts';
import { type RefusedCounts, type RelayedPacket, VoiceRelay } from './relay.ts';
import { VoiceRoom } from './room.ts';
import { ENCRYPTION_MODES, type EncryptionMode } from './transport.ts';

export interface VoiceServerOptions {
  /** End-to-end encryption; default true, as Discord requires it. */
  readonly dave?: boolean;
  readonly encryptionModes?: readonly EncryptionMode[];
  readonly faults?: Partial<Faults>;
  /** Decides what the faults strike; the same seed strikes the same packets. */
  readonly seed?: number;
  /** How long a session outlives its websocket, to be resumed. Default 5000. */
  readonly resumeWindowMs?: number;
}

/** A user's place in a guild, as far as it names a session here. */
export interface VoiceSeat {
  readonly guildId: string;
  readonly userId: string;
}

/**
 * A Discord voice server on 127.0.0.1: voice gateway version 8 over TLS, and media over UDP. Users come in with a token
 * from admit(), which stands for what Discord's main gateway tells its voice servers. Close it when done.
 */
export class VoiceServer {
  /** Host and port as in VOICE_SERVER_UPDATE. */
  readonly endpoint: string;
  /** PEM of the certificate that clients must trust. */
  readonly certificate: string;
  /** Switches for what goes wrong between people and the others; may be changed at any time. */
  readonly faults: Faults;
  /** Switches for the connections of bots; may be changed at any time. */
  readonly links: LinkFaults;
  readonly #turnedAway: { readonly times: number };
  readonly #relay: VoiceRelay;
  readonly #http: Server;
  readonly #wires: ReadonlySet<Duplex>;
  readonly #sockets: WebSocketServer;
  readonly #sender: ExternalSender | undefined;
  readonly #resumeWindowMs: number;
  readonly #rooms = new Map<string, VoiceRoom<VoicePlace>>();
  readonly #admissions = new Map<string, VoiceAdmission>();
  /** Sessions by token, from Identify on. */
  readonly #places = new Map<string, VoicePlace>();
  #nextSsrc = randomInt(1000, 2 ** 30);
  #identifies = 0;

  private constructor(parts: {
    port: number;
    udpPort: number;
    certificate: string;
    relay: VoiceRelay;
    http: Server;
    wires: ReadonlySet<Duplex>;
    sockets: WebSocketServer;
    sender: ExternalSender | undefined;
    faults: Faults;
    links: LinkFaults;
    turnedAway: { readonly times: number };
    options: VoiceServerOptions;
  }) {
    this.endpoint = `127.0.0.1:${parts.port}`;
    this.certificate = parts.certificate;
    this.faults = parts.faults;
    this.links = parts.links;
    this.#turnedAway = parts.turnedAway;
    this.#relay = parts.relay;
    this.#http = parts.http;
    this.#wires = parts.wires;
    this.#sockets = parts.sockets;
    this.#sender = parts.sender;
    this.#resumeWindowMs = parts.options.resumeWindowMs ?? 5000;
    const host: VoiceGatewayHost = {
      encryptionModes: parts.options.encryptionModes ?? ENCRYPTION_MODES,
      udpPort: parts.udpPort,
      identify: (payload, link) => this.#identify(payload, link),
      resumable: (payload) => this.#resumable(payload),
      unlinked: (place, code) => this.#unlinked(place, code),
    };
    this.#sockets.on('connection', (link) => new VoiceGatewayLink(host, link));
  }

  static async start(options: VoiceServerOptions = {}): Promise<VoiceServer> {
    const faults = { ...NO_FAULTS, ...options.faults };
    const { key, cert } = await localCertificate();
    const sender = (options.dave ?? true) ? await ExternalSender.create() : undefined;
    const links: LinkFaults = {
      closeOnIdentify: undefined,
      loseDiscoveries: 0,
      withholdSpeaking: false,
      unreachable: false,
      ssrcs: [],
      lateMs: new Map(),
      again: new Map(),
    };
    const relay = new VoiceRelay({ faults, links, seed: options.seed ?? 1 });
    const udpPort = await relay.open();
    const http = createServer({ key, cert });
    const wires = new Set<Duplex>();
    // A handshake under way is known to neither server: only its socket can be closed.
    const turnedAway = { times: 0 };
    http.on('connection', (wire) => {
      if (links.unreachable) {
        turnedAway.times += 1;
        wire.destroy();
        return;
      }
      wires.add(wire);
      wire.once('close', () => wires.delete(wire));
    });
    const sockets = new WebSocketServer({
      server: http,
      verifyClient: ({ req }: { req: Parameters<typeof speaksVersion8>[0] }) => speaksVersion8(req),
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { port } = http.address() as AddressInfo;
    return new VoiceServer({
      port,
      udpPort,
      certificate: cert,
      relay,
      http,
      wires,
      sockets,
      sender,
      faults,
      links,
      turnedAway,
      options,
    });
  }

  /** What clients sent here, in the order of arrival and before any fault; bounded. */
  get packets(): readonly RelayedPacket[] {
    return this.#relay.packets;
  }

  /** Datagrams that were dropped as wrong, by reason. */
  get refused(): Readonly<RefusedCounts> {
    return this.#relay.refused;
  }

  /** How often somebody identified, let in or not. */
  get identifies(): number {
    return this.#identifies;
  }

  /** How often somebody tried to connect while the voice gateway was unreachable. */
  get turnedAway(): number {
    return this.#turnedAway.times;
  }

  /** What the faults did so far. */
  get struck(): Readonly<FaultCounts> {
    return this.#relay.struck;
  }

  /**
   * Lets a user in; gives the token for Identify, as in VOICE_SERVER_UPDATE. Call it again for every join, rejoin and move:
   * older tokens of the user in the guild end, and a session in another channel is closed (4014) like a moved client's.
   */
  admit(admission: VoiceAdmission): string {
    for (const [token, older] of this.#admissions) {
      if (older.guildId !== admission.guildId || older.userId !== admission.userId) continue;
      this.#admissions.delete(token);
      const place = this.#places.get(token);
      if (place && older.channelId !== admission.channelId) this.#remove(place, VoiceClose.Disconnected);
    }
    const token = randomBytes(20).toString('hex');
    this.#admissions.set(token, admission);
    return token;
  }

  /** Puts a user out: the websocket is closed with this code, the others are told, and its token ends. */
  dismiss(seat: VoiceSeat, closeCode: number = VoiceClose.Disconnected): void {
    for (const [token, { guildId, userId }] of this.#admissions) {
      if (guildId === seat.guildId && userId === seat.userId) this.#admissions.delete(token);
    }
    for (const place of this.#placesOf(seat)) this.#remove(place, closeCode);
  }

  /** Breaks a client's websocket and keeps its session, so that it can resume. 4015: "the server crashed". */
  sever(seat: VoiceSeat, closeCode: number = VoiceClose.ServerCrashed): void {
    for (const place of this.#placesOf(seat)) place.link?.close(closeCode);
  }

  /** From now on nothing comes through on these ways of the client's session, and nobody is told. A new session works. */
  halfOpen(seat: VoiceSeat, ...ways: HalfOpen[]): void {
    for (const place of this.#placesOf(seat)) for (const way of ways) place.halfOpen.add(way);
  }

  /** The bots' network is gone: their sessions are half open, and no new ones can be made. */
  cutOffBots(): void {
    this.links.unreachable = true;
    for (const { admission, halfOpen } of this.#places.values())
      if (admission.bot) halfOpen.add('websocket').add('udp');
  }

  /** What cutOffBots() did is over; sessions that still live go on. */
  letBotsIn(): void {
    this.links.unreachable = false;
    for (const { halfOpen } of this.#places.values()) halfOpen.clear();
  }

  /** Sends any bytes to a client's UDP address, from the server's port or from one that it has never heard of. */
  async inject(seat: VoiceSeat, datagram: Uint8Array, from: 'server' | 'stranger' = 'stranger'): Promise<void> {
    const place = this.#placesOf(seat)[0];
    if (!place) throw new TypeError(`user ${seat.userId} is not connected here`);
    await this.#relay.inject(place, datagram, from);
  }

  /** Sends a binary voice gateway message to a client, whatever stands in it. */
  sendBinary(seat: VoiceSeat, op: number, payload: Buffer): void {
    for (const place of this.#placesOf(seat)) place.sendBinary(op, payload);
  }

  /** Sends any frame to a client over its voice gateway link: text, or binary as for the DAVE opcodes. */
  injectMessage(seat: VoiceSeat, frame: string | Uint8Array): void {
    const link = this.#placesOf(seat)[0]?.link;
    if (!link) throw new TypeError(`user ${seat.userId} is not connected here`);
    link.send(frame);
  }

  /** User ids in a channel that came as far as a transport key. */
  connected(channelId: string): readonly string[] {
    return [...(this.#rooms.get(channelId)?.places.keys() ?? [])];
  }

  async close(): Promise<void> {
    for (const place of this.#places.values()) clearTimeout(place.expiry);
    this.#places.clear();
    this.#admissions.clear();
    for (const room of this.#rooms.values()) room.close();
    this.#rooms.clear();
    for (const link of this.#sockets.clients) link.terminate();
    this.#sockets.close();
    this.#http.closeAllConnections();
    for (const wire of this.#wires) wire.destroy();
    await Promise.all([this.#relay.close(), new Promise((resolve) => this.#http.close(resolve))]);
  }

  #placesOf(seat: VoiceSeat): VoicePlace[] {
    return [...this.#places.values()].filter(
      ({ admission }) => admission.guildId === seat.guildId && admission.userId === seat.userId,
    );
  }

  #identify(payload: Readonly<Record<string, unknown>>, link: WebSocket): VoicePlace | number {
    this.#identifies += 1;
    const token = String(payload.token);
    const admission = this.#admissions.get(token);
    if (admission?.bot && this.links.closeOnIdentify !== undefined) return this.links.closeOnIdentify;
    if (!admission) return VoiceClose.AuthenticationFailed;
    if (!matches(payload, admission) || payload.user_id !== admission.userId) return VoiceClose.SessionInvalid;
    const sealed = this.#sender !== undefined && !admission.stage;
    if (sealed && !(Number(payload.max_dave_protocol_version) >= 1)) return VoiceClose.DaveRequired;
    // A client that identifies again has given its old session up; alone in it, its room ends with that.
    for (const older of this.#placesOf(admission)) this.#remove(older, VoiceClose.Disconnected);
    const room = this.#room(admission);
    const place = new VoicePlace({
      admission,
      token,
      ssrc: this.links.ssrcs.shift() ?? this.#nextSsrc++,
      room,
      link,
      delayMs: () => (admission.bot ? this.faults.gatewayDelayMs : 0),
      ...(admission.bot && { faults: this.links }),
    });
    this.#places.set(token, place);
    this.#relay.add(place);
    return place;
  }

  #resumable(payload: Readonly<Record<string, unknown>>): VoicePlace | number {
    const place = this.#places.get(String(payload.token));
    if (!place?.transport || !matches(payload, place.admission)) return VoiceClose.SessionInvalid;
    return place.acknowledge(payload.seq_ack) ? place : VoiceClose.SessionInvalid;
  }

  #unlinked(place: VoicePlace, code: number): void {
    place.unlink();
    // 1000 and 1001 are a client that leaves, 4017 and the like our own refusal; the rest may come back.
    const final = code === 1000 || code === 1001 || (code >= 4000 && code < 4100 && code !== VoiceClose.ServerCrashed);
    if (final || !place.transport) this.#remove(place, code);
    else place.expiry = setTimeout(() => this.#remove(place, VoiceClose.SessionInvalid), this.#resumeWindowMs);
  }

  #remove(place: VoicePlace, closeCode: number): void {
    clearTimeout(place.expiry);
    const { link } = place;
    place.unlink();
    this.#places.delete(place.token);
    this.#relay.remove(place);
    place.room.leave(place);
    if (place.room.places.size === 0) this.#discard(place.room);
    link?.close(closeCode);
  }

  #room(admission: VoiceAdmission): VoiceRoom<VoicePlace> {
    let room = this.#rooms.get(admission.channelId);
    if (!room) {
      room = new VoiceRoom<VoicePlace>(admission.channelId, admission.stage ? undefined : this.#sender, this.links);
      this.#rooms.set(admission.channelId, room);
    }
    return room;
  }

  /** Forgets an empty room, unless somebody on the way in holds it already. */
  #discard(room: VoiceRoom<VoicePlace>): void {
    if ([...this.#places.values()].some((place) => place.room === room)) return;
    this.#rooms.delete(room.channelId);
    room.close();
  }
}

function matches(payload: Readonly<Record<string, unknown>>, admission: VoiceAdmission): boolean {
  return payload.server_id === admission.guildId && payload.session_id === admission.sessionId;
}
