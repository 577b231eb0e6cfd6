import type { VoiceClientDave } from './client-dave.ts';
import { decodeTimeline, type PlacedPacket } from './opus-packets.ts';
import { clearHeaderBytes, FRAME_TICKS, payloadOf, readRtpHeader } from './rtp.ts';
import type { Transport } from './transport.ts';

/** A packet of somebody else, decrypted. `at`: performance.now() of its arrival. */
export interface HeardPacket {
  readonly at: number;
  readonly userId: string;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly opus: Buffer;
}

export interface TimelineOptions {
  /** Needed when more than one user was heard. */
  readonly userId?: string;
  /** Only what came at this instant (performance.now()) or later. */
  readonly since?: number;
  /**
   * What makes a gap: the sender's RTP clock (default), or the arrival, for senders whose RTP clock stands still while
   * they are silent, as that of @discordjs/voice does.
   */
  readonly gaps?: 'timestamp' | 'arrival';
}

interface Unread {
  readonly at: number;
  readonly header: Buffer;
  readonly payload: Buffer;
}

/** Past this many the oldest are forgotten (half an hour of one speaker). */
const HEARD_PACKETS = 90_000;
/** Packets that wait for their sender's name or key; the oldest are dropped. */
const UNREAD_PACKETS = 100;
const UNREAD_MS = 2000;
/** Arrivals within this are jitter and no gap. */
const JITTER_MS = 100;
/** A step of the RTP clock past this is a new beginning and no gap: 10 minutes. */
const LONGEST_GAP_TICKS = 48_000 * 600;

/** Takes in what comes by UDP, and keeps what could be read of it. */
export class VoiceClientReceiver {
  readonly heard: HeardPacket[] = [];
  readonly #transport: Transport;
  readonly #dave: VoiceClientDave | undefined;
  readonly #users = new Map<number, string>();
  readonly #listeners = new Set<(packet: HeardPacket) => void>();
  #unread: Unread[] = [];

  constructor(transport: Transport, dave: VoiceClientDave | undefined) {
    this.#transport = transport;
    this.#dave = dave;
  }

  /** Op 5: whose an SSRC is. */
  assign(ssrc: number, userId: string): void {
    this.#users.set(ssrc, userId);
    this.retry();
  }

  /** Op 13. */
  forget(userId: string): void {
    for (const [ssrc, owner] of this.#users) if (owner === userId) this.#users.delete(ssrc);
  }

  /** Calls back for every packet that could be read; gives the function that ends it. */
  listen(listener: (packet: HeardPacket) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  receive(datagram: Buffer): void {
    const headerBytes = clearHeaderBytes(datagram);
    const body = headerBytes > 0 ? this.#transport.open(datagram, headerBytes) : undefined;
    const header = datagram.subarray(0, headerBytes);
    const payload = body && payloadOf(header, body);
    if (!payload) return;
    const packet = { at: performance.now(), header, payload };
    if (this.#read(packet)) return;
    this.#unread.push(packet);
    if (this.#unread.length > UNREAD_PACKETS) this.#unread.shift();
  }

  /** Another key or name is there: tries again what could not be read. */
  retry(): void {
    const now = performance.now();
    this.#unread = this.#unread.filter((packet) => now - packet.at < UNREAD_MS && !this.#read(packet));
  }

  /** What one user said, decoded to 48 kHz mono. Throws TypeError when it isn't clear whom is meant. */
  timeline(options: TimelineOptions): Int16Array {
    const since = options.since ?? 0;
    const users = new Set(this.heard.filter((packet) => packet.at >= since).map((packet) => packet.userId));
    const userId = options.userId ?? [...users][0];
    if (!options.userId && users.size > 1) throw new TypeError(`heard ${users.size} users: say which one`);
    const packets = this.heard.filter((packet) => packet.userId === userId && packet.at >= since);
    return decodeTimeline(place(packets, options.gaps ?? 'timestamp'));
  }

  #read(packet: Unread): boolean {
    const rtp = readRtpHeader(packet.header);
    const userId = this.#users.get(rtp.ssrc);
    if (userId === undefined) return false;
    const opus = this.#dave ? this.#dave.open(userId, packet.payload) : packet.payload;
    if (!opus) return false;
    const heard: HeardPacket = { at: packet.at, userId, ...rtp, opus };
    if (this.heard.length >= HEARD_PACKETS) this.heard.splice(0, HEARD_PACKETS / 10);
    this.heard.push(heard);
    for (const listener of this.#listeners) listener(heard);
    return true;
  }
}

/** Puts packets of one user in the sender's order and says where each begins, in samples at 48 kHz. */
function place(packets: readonly HeardPacket[], gaps: 'timestamp' | 'arrival'): PlacedPacket[] {
  const bySource = Map.groupBy(packets, (packet) => packet.ssrc);
  const placed: PlacedPacket[] = [];
  let last: HeardPacket | undefined;
  let position = 0;
  for (const source of bySource.values()) {
    const first = source[0] as HeardPacket;
    const ticks = (packet: HeardPacket): number => (packet.timestamp - first.timestamp) | 0;
    for (const packet of source.toSorted((a, b) => ticks(a) - ticks(b))) {
      if (last) {
        const step = last.ssrc === packet.ssrc ? ticks(packet) - ticks(last) : Number.NaN;
        if (step === 0) continue; // a duplicate
        position += gap(step, (packet.at - last.at) * 48, gaps);
      }
      placed.push({ at: position, opus: packet.opus });
      last = packet;
    }
  }
  return placed;
}

/** Samples between the beginnings of two packets; `ticks` is NaN between two sources. */
function gap(ticks: number, arrivalTicks: number, gaps: 'timestamp' | 'arrival'): number {
  const arrived = Math.max(FRAME_TICKS, Math.round(arrivalTicks));
  if (Number.isNaN(ticks)) return arrived;
  if (ticks > LONGEST_GAP_TICKS) return FRAME_TICKS;
  return gaps === 'arrival' && arrived - ticks > JITTER_MS * 48 ? arrived : ticks;
}
