import { JitterBuffer, type JitterOutput, type MediaPacket } from '../audio/jitter-buffer.ts';
import type { LineEvent, PcmRate, UserId } from '../bridge/ports.ts';
import type { OpusCodecs, OpusLease } from './opus.ts';
import { mediaOf, parseRtp } from './rtp.ts';
import { type TransportOpener, transportOpener } from './transport.ts';

/** Opus over RTP counts time in samples at 48 kHz, whatever the sound's own rate is (RFC 7587 §4.1). */
const TICKS_PER_MS = 48;
/** How long packets wait behind a gap before what is missing is given up. */
const JITTER_WAIT_MS = 60;
/** Lost sound that is guessed; past that a guess is worse than silence. */
const CONCEAL_LIMIT_MS = 100;
/** A stream that is silent this long gives its decoder back; the next talk spurt starts a fresh one. */
const IDLE_MS = 3_000;
/** Media may overtake the op 5 that names its sender. */
const UNNAMED_WAIT_MS = 500;
const UNNAMED_LIMIT = 64;
/** Media may also overtake the end-to-end key that opens it, when somebody joins or leaves: it waits this long for it. */
const SEALED_WAIT_MS = 500;
const SEALED_LIMIT = 32;
/** Longest silence that is worth telling as a gap. */
const GAP_LIMIT_MS = 60_000;

/** The end of a talk spurt as clients send it; DAVE leaves it unencrypted. */
const SILENCE_PACKET = Buffer.from([0xf8, 0xff, 0xfe]);
/** A DAVE frame ends with this marker (protocol whitepaper, frame format). */
const DAVE_MARKER = 0xfafa;

/** What decrypts a datagram's media, as the connection has it now. */
export interface MediaKeys {
  readonly encryptionMode: string;
  readonly secretKey: Uint8Array;
  /** End-to-end decryption; throws where it cannot. Undefined when the call has none. */
  readonly dave: ((userId: UserId, packet: Buffer) => Buffer) | undefined;
}

/** What was received and what became of it, in packets. */
export interface ReceiveCounts {
  readonly datagrams: number;
  readonly malformed: number;
  readonly undecryptable: number;
  readonly unnamed: number;
  readonly undecodable: number;
  readonly concealedMs: number;
}

interface Stream {
  readonly userId: UserId;
  readonly jitter: JitterBuffer;
  readonly codec: OpusLease;
  lastPacketAt: number;
  /** RTP timestamp that follows the last sound given out. */
  nextTimestamp: number | undefined;
  /** Length of the last packet, which is what a lost one is taken to have had. */
  packetMs: number;
  /** Packets that could not be opened yet, oldest first. */
  readonly sealed: MediaPacket[];
}

/**
 * From datagrams to every person's sound in order. Pure of sockets: the line hands in datagrams and voice gateway
 * messages. Nothing that comes from outside makes it throw; a bad packet costs itself only.
 */
export class Receiver {
  readonly #codecs: OpusCodecs;
  readonly #rate: PcmRate;
  readonly #emit: (event: LineEvent) => void;
  readonly #now: () => number;
  readonly #users = new Map<number, UserId>();
  readonly #streams = new Map<number, Stream>();
  readonly #unnamed = new Map<number, { since: number; datagrams: { datagram: Buffer; at: number }[] }>();
  #counts = { datagrams: 0, malformed: 0, undecryptable: 0, unnamed: 0, undecodable: 0, concealedMs: 0 };
  #keys: { readonly open: TransportOpener; readonly dave: MediaKeys['dave'] } | undefined;

  /** `rate`: of the sound given out, mono. `emit` gets frames, joins and leaves. */
  constructor(options: { codecs: OpusCodecs; rate: PcmRate; emit: (event: LineEvent) => void; now: () => number }) {
    this.#codecs = options.codecs;
    this.#rate = options.rate;
    this.#emit = options.emit;
    this.#now = options.now;
  }

  get counts(): ReceiveCounts {
    return this.#counts;
  }

  /** New keys, or none while there is no connection. Throws RangeError for an unknown encryption mode. */
  set keys(keys: MediaKeys | undefined) {
    this.#keys = keys && { open: transportOpener(keys.encryptionMode, keys.secretKey), dave: keys.dave };
  }

  /** op 5: from now on this SSRC is this person's, and nobody else's. */
  name(ssrc: number, userId: UserId): void {
    const before = this.#users.get(ssrc);
    if (before !== undefined && before !== userId) this.#dropStream(ssrc);
    for (const [other, owner] of this.#users) {
      if (owner === userId && other !== ssrc) this.#forget(other);
    }
    this.#users.set(ssrc, userId);
    const held = this.#unnamed.get(ssrc);
    this.#unnamed.delete(ssrc);
    for (const { datagram, at } of held?.datagrams ?? []) this.#receive(datagram, at);
  }

  /** op 11. */
  joined(userId: UserId): void {
    this.#emit({ type: 'joined', userId });
  }

  /** op 13: the person's SSRC is free again. */
  left(userId: UserId): void {
    for (const [ssrc, owner] of this.#users) if (owner === userId) this.#forget(ssrc);
    this.#emit({ type: 'left', userId });
  }

  /** Another voice server: SSRCs of the old one mean nothing there. */
  reset(): void {
    for (const ssrc of [...this.#users.keys()]) this.#forget(ssrc);
    this.#unnamed.clear();
    this.#keys = undefined;
  }

  /** Something waits for a moment: call tick() every 20 ms. Otherwise a few times a second is enough. */
  get busy(): boolean {
    if (this.#unnamed.size > 0) return true;
    for (const stream of this.#streams.values()) if (stream.jitter.waiting || stream.sealed.length > 0) return true;
    return false;
  }

  /** One datagram from the voice server. */
  receive(datagram: Buffer): void {
    this.#counts.datagrams += 1;
    this.#receive(datagram, this.#now());
  }

  /** Time passes: gives up gaps, frees idle decoders. */
  tick(now: number): void {
    for (const stream of this.#streams.values()) {
      if (stream.sealed.length > 0) this.#retrySealed(stream, now);
      if (stream.jitter.waiting) this.#play(stream, stream.jitter.tick(now));
      if (now - stream.lastPacketAt >= IDLE_MS) stream.codec.release();
    }
    for (const [ssrc, held] of this.#unnamed) {
      if (now - held.since < UNNAMED_WAIT_MS) continue;
      this.#counts.unnamed += held.datagrams.length;
      this.#unnamed.delete(ssrc);
    }
  }

  #receive(datagram: Buffer, at: number): void {
    const header = parseRtp(datagram);
    const keys = this.#keys;
    if (!header || !keys) {
      this.#counts.malformed += 1;
      return;
    }
    const userId = this.#users.get(header.ssrc);
    if (userId === undefined) {
      this.#hold(header.ssrc, datagram, at);
      return;
    }
    let media: Buffer | undefined;
    try {
      media = mediaOf(keys.open(datagram, header.headerBytes), header);
    } catch {
      // Not made with this key: this packet is lost, the stream is not.
    }
    if (!media) {
      this.#counts.undecryptable += 1;
      return;
    }
    const stream = this.#stream(header.ssrc, userId);
    const packet = { sequence: header.sequence, timestamp: header.timestamp, payload: media, receivedAt: at };
    if (stream.sealed.length > 0) this.#retrySealed(stream, at);
    const waits = stream.sealed.length > 0 && media.equals(SILENCE_PACKET);
    if (waits || !this.#open(stream, packet)) this.#keepSealed(stream, packet);
    else this.#giveUpSealed(stream);
  }

  /** A later packet could be opened: what is still sealed will never be, and nobody waits for it. */
  #giveUpSealed(stream: Stream): void {
    this.#counts.undecryptable += stream.sealed.length;
    stream.sealed.length = 0;
  }

  /** Undoes the end-to-end encryption and hands the packet on; false when there is no key for it (yet). */
  #open(stream: Stream, packet: MediaPacket & { payload: Buffer }): boolean {
    const keys = this.#keys;
    if (!keys) return false;
    let opened: Buffer | undefined;
    try {
      opened = this.#unseal(packet.payload, stream.userId, keys.dave);
    } catch {
      return false;
    }
    if (!opened) return false;
    stream.lastPacketAt = packet.receivedAt;
    this.#play(stream, stream.jitter.push({ ...packet, payload: opened }));
    return true;
  }

  #keepSealed(stream: Stream, packet: MediaPacket): void {
    stream.sealed.push(packet);
    if (stream.sealed.length <= SEALED_LIMIT) return;
    stream.sealed.shift();
    this.#counts.undecryptable += 1;
  }

  /** Opens what waits for a key, in order; gives up what has waited too long. */
  #retrySealed(stream: Stream, now: number): void {
    for (let packet = stream.sealed[0]; packet; packet = stream.sealed[0]) {
      const opened = this.#open(stream, packet as MediaPacket & { payload: Buffer });
      if (!opened && now - packet.receivedAt < SEALED_WAIT_MS) return;
      if (!opened) this.#counts.undecryptable += 1;
      stream.sealed.shift();
    }
  }

  /** Undoes DAVE. What is still sealed must never reach the decoder: it would come out as loud noise. */
  #unseal(media: Buffer, userId: UserId, dave: MediaKeys['dave']): Buffer | undefined {
    if (media.equals(SILENCE_PACKET)) return media;
    if (dave) return dave(userId, media);
    const sealed = media.length > 2 && media.readUInt16BE(media.length - 2) === DAVE_MARKER;
    return sealed ? undefined : media;
  }

  #hold(ssrc: number, datagram: Buffer, at: number): void {
    const held = this.#unnamed.get(ssrc) ?? { since: at, datagrams: [] };
    if (held.datagrams.length >= UNNAMED_LIMIT || (this.#unnamed.size >= UNNAMED_LIMIT && !this.#unnamed.has(ssrc))) {
      this.#counts.unnamed += 1;
      return;
    }
    held.datagrams.push({ datagram, at });
    this.#unnamed.set(ssrc, held);
  }

  #stream(ssrc: number, userId: UserId): Stream {
    let stream = this.#streams.get(ssrc);
    if (!stream) {
      stream = {
        userId,
        jitter: new JitterBuffer({ maxWaitMs: JITTER_WAIT_MS }),
        codec: this.#codecs.lease(this.#rate),
        lastPacketAt: 0,
        nextTimestamp: undefined,
        packetMs: 20,
        sealed: [],
      };
      this.#streams.set(ssrc, stream);
    }
    return stream;
  }

  #play(stream: Stream, outputs: readonly JitterOutput[]): void {
    for (const output of outputs) {
      switch (output.type) {
        case 'packet':
          this.#playPacket(stream, output.packet);
          break;
        case 'lost':
          this.#conceal(stream, output.count);
          break;
        default:
          output satisfies never;
      }
    }
  }

  #playPacket(stream: Stream, packet: MediaPacket): void {
    const gapMs = this.#gapBefore(stream, packet.timestamp);
    let pcm: Int16Array;
    try {
      pcm = stream.codec.decode(packet.payload);
    } catch {
      this.#counts.undecodable += 1;
      return;
    }
    if (pcm.length === 0) return;
    stream.packetMs = (pcm.length * 1000) / this.#rate;
    stream.nextTimestamp = (packet.timestamp + stream.packetMs * TICKS_PER_MS) >>> 0;
    const { userId } = stream;
    this.#emit({ type: 'frame', userId, pcm, gapMs, receivedAt: packet.receivedAt, concealed: false });
  }

  #conceal(stream: Stream, count: number): void {
    const ms = Math.min(count * stream.packetMs, CONCEAL_LIMIT_MS);
    if (stream.nextTimestamp === undefined || ms <= 0) return;
    this.#counts.concealedMs += ms;
    const pcm = stream.codec.conceal(ms);
    stream.nextTimestamp = (stream.nextTimestamp + ms * TICKS_PER_MS) >>> 0;
    this.#emit({
      type: 'frame',
      userId: stream.userId,
      pcm,
      gapMs: 0,
      receivedAt: stream.lastPacketAt,
      concealed: true,
    });
  }

  #gapBefore(stream: Stream, timestamp: number): number {
    if (stream.nextTimestamp === undefined) return 0;
    const ms = ((timestamp - stream.nextTimestamp) | 0) / TICKS_PER_MS;
    return ms > 0 ? Math.min(ms, GAP_LIMIT_MS) : 0;
  }

  #forget(ssrc: number): void {
    this.#users.delete(ssrc);
    this.#dropStream(ssrc);
  }

  #dropStream(ssrc: number): void {
    const stream = this.#streams.get(ssrc);
    if (!stream) return;
    this.#streams.delete(ssrc);
    this.#play(stream, stream.jitter.drain());
    stream.codec.release();
  }
}
