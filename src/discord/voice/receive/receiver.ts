import { sequenceDistance } from '../../../audio/jitter-buffer.ts';
import type { LineEvent, PcmRate, UserId } from '../../../ports/voice.ts';
import { isSealed } from '../dave/dave-decryptor.ts';
import { DecryptFailures } from '../dave/decrypt-failures.ts';
import { whoseKeyOpens } from '../dave/identify-by-key.ts';
import type { OpusCodecs } from './opus.ts';
import type { PersonReception } from './receive-stats.ts';
import { isControl, mediaOf, parseRtp, type RtpHeader } from './rtp.ts';
import { SpeakerLegs } from './speaker-legs.ts';
import { SILENCE_PACKET } from './speaker-stream.ts';
import { type OpenedPacket, SsrcOwners } from './ssrc-owners.ts';
import { type TransportOpener, transportOpener } from './transport.ts';

/** Two seconds of speech: a sender whose sequence numbers jump further was away, began anew, or is another. */
const FAR_PACKETS = 100;
/** People whose choices are kept; beyond that the one who chose first goes. */
const CHOICES_KEPT = 500;

/** What decrypts a datagram's media, as the connection has it now. */
export interface MediaKeys {
  readonly encryptionMode: string;
  readonly secretKey: Uint8Array;
  /** End-to-end decryption; throws where it cannot. Undefined when the call has none. */
  readonly dave: ((userId: UserId, packet: Buffer) => Buffer) | undefined;
  /** The members of the end-to-end group. */
  readonly members?: () => readonly UserId[];
  /** Joins the end-to-end group anew, when somebody's packets stay closed. */
  readonly recover?: () => void;
}

/** What was received and what became of it, in packets. `control`: expected, and no sound. */
export interface ReceiveCounts {
  readonly datagrams: number;
  readonly control: number;
  readonly malformed: number;
  readonly undecryptable: number;
  readonly replayed: number;
  readonly unnamed: number;
  readonly undecodable: number;
  /** Of people who may not be heard: authentic, and neither decoded nor kept. */
  readonly withheld: number;
  readonly lost: number;
  readonly late: number;
  readonly concealedMs: number;
  readonly recoveries: number;
}

interface Keys {
  readonly open: TransportOpener;
  readonly of: MediaKeys;
}
/**
 * From datagrams to every person's sound in order. Pure of sockets: the line hands in datagrams and voice gateway
 * messages. Nothing that comes from outside makes it throw; a bad packet costs itself only.
 */
export class Receiver {
  readonly #emit: (event: LineEvent) => void;
  readonly #now: () => number;
  readonly #mayHear: (userId: UserId) => boolean;
  /** Since when somebody may be heard, or not; what came before and still waits for its owner is not theirs to be heard. */
  readonly #chosenAt = new Map<UserId, number>();
  #allChosenAt = Number.NEGATIVE_INFINITY;
  readonly #owners = new SsrcOwners();
  /** The SSRC that a person had before the present one. */
  readonly #former = new Map<UserId, number>();
  /** SSRCs that are to be somebody's again, from their next packet on. */
  readonly #again = new Map<number, UserId>();
  readonly #legs: SpeakerLegs;
  readonly #failures = new DecryptFailures();
  #own = {
    datagrams: 0,
    control: 0,
    malformed: 0,
    undecryptable: 0,
    replayed: 0,
    unnamed: 0,
    withheld: 0,
    recoveries: 0,
  };
  #keys: Keys | undefined;
  /** A packet that was opened to learn whose it is: no key opens a packet twice. */
  #proof: { readonly payload: Buffer; readonly opened: Buffer } | undefined;
  readonly #onNamed: ((ssrc: number, userId: UserId) => void) | undefined;

  /**
   * `rate`: of the sound given out, mono. `emit` gets frames, joins and leaves. `onNamed`: whose an SSRC is was found out
   * by their key, for want of an op 5. `mayHear`: asked for every packet whose owner is known; whoever may not be heard is
   * not decoded.
   */
  constructor(options: {
    codecs: OpusCodecs;
    rate: PcmRate;
    emit: (event: LineEvent) => void;
    now: () => number;
    mayHear: (userId: UserId) => boolean;
    onNamed?: (ssrc: number, userId: UserId) => void;
  }) {
    this.#onNamed = options.onNamed;
    this.#legs = new SpeakerLegs({
      codecs: options.codecs,
      rate: options.rate,
      emit: options.emit,
      unseal: (userId, packet) => this.#unseal(userId, packet),
      sealable: () => this.#keys?.of.dave !== undefined,
      opened: (userId) => this.#failures.opened(userId),
    });
    this.#emit = options.emit;
    this.#now = options.now;
    this.#mayHear = options.mayHear;
  }

  get counts(): ReceiveCounts {
    const sum = { undecodable: 0, lost: 0, late: 0, concealedMs: 0 };
    let { undecryptable, replayed } = this.#own;
    for (const { counts } of this.#legs.counts) {
      undecryptable += counts.undecryptable;
      replayed += counts.replayed;
      for (const key of ['undecodable', 'lost', 'late', 'concealedMs'] as const) sum[key] += counts[key];
    }
    return { ...this.#own, ...sum, undecryptable, replayed };
  }

  /** What became of each person's packets on this line. */
  get reception(): readonly PersonReception[] {
    return this.#legs.counts.map((count) => count.reception);
  }

  /** New keys, or none while there is no connection. Throws RangeError for an unknown encryption mode. */
  set keys(keys: MediaKeys | undefined) {
    const before = this.#keys?.of;
    const isSame = before && keys && before.encryptionMode === keys.encryptionMode && equal(before, keys);
    this.#keys = keys && { open: transportOpener(keys.encryptionMode, keys.secretKey), of: keys };
    if (!isSame) this.#owners.forgetPackets();
  }

  /** Whether what this person says cannot be opened: the silence after it is no sign that they are heard. */
  refuses(userId: UserId): boolean {
    return this.#failures.isFailing(userId);
  }

  /** op 5: from now on this SSRC is this person's, and nobody else's. */
  name(ssrc: number, userId: UserId): void {
    if (this.#isOutdated(ssrc, userId)) this.#again.set(ssrc, userId);
    else this.#name(ssrc, userId);
  }

  #name(ssrc: number, userId: UserId): void {
    this.#again.delete(ssrc);
    const before = this.#owners.ownerOf(ssrc);
    // What the old owner's key did not open may be the new owner's: their key is the judge.
    const unopened = before !== undefined && before !== userId ? this.#dropLeg(ssrc, true) : [];
    for (const other of this.#owners.ssrcsOf(userId)) {
      if (other === ssrc) continue;
      this.#former.set(userId, other);
      this.#forget(other);
    }
    const held = this.#owners.name(ssrc, userId);
    for (const packet of [...unopened, ...held]) this.#take(ssrc, userId, packet);
  }

  /** The SSRC of the device before: a late word, unless packets of it come, too. */
  #isOutdated(ssrc: number, userId: UserId): boolean {
    if (this.#former.get(userId) !== ssrc || this.#owners.holds(ssrc)) return false;
    return this.#owners.ownerOf(ssrc) === undefined && this.#owners.ssrcsOf(userId).length > 0;
  }

  /** op 11. */
  joined(userId: UserId): void {
    this.#emit({ type: 'joined', userId });
  }

  /** op 13: the person's SSRC is free again. */
  left(userId: UserId): void {
    for (const ssrc of this.#owners.ssrcsOf(userId)) this.#forget(ssrc);
    this.#former.delete(userId);
    this.#failures.evict(userId);
    this.#legs.evictCount(userId);
    this.#emit({ type: 'left', userId });
  }

  /**
   * Whether this person (null: anybody) may be heard has changed. What waits of whoever may not is thrown away, and what
   * came before somebody said yes is not heard either.
   */
  consentChanged(userId: UserId | null): void {
    if (userId === null) this.#allChosenAt = this.#now();
    else this.#choseNow(userId);
    for (const [ssrc, leg] of this.#legs) {
      const owner = this.#owners.ownerOf(ssrc);
      if (owner === undefined || this.#mayHear(owner)) continue;
      leg.sealed.close();
      leg.stream.discard();
      this.#failures.evict(owner);
      leg.count.forgetRecent();
    }
  }

  #choseNow(userId: UserId): void {
    if (this.#chosenAt.size >= CHOICES_KEPT) this.#chosenAt.delete(this.#chosenAt.keys().next().value as UserId);
    this.#chosenAt.set(userId, this.#now());
  }

  /** Another voice server: SSRCs of the old one mean nothing there. */
  reset(): void {
    for (const [ssrc] of [...this.#legs]) this.#dropLeg(ssrc, false);
    this.#owners.clear();
    this.#former.clear();
    this.#again.clear();
    this.#failures.reset();
    this.#keys = undefined;
  }

  /** Something waits for a moment: call tick() every 20 ms. Otherwise a few times a second is enough. */
  get busy(): boolean {
    return this.#owners.waiting || this.#legs.waiting;
  }

  /** One datagram from the voice server. */
  receive(datagram: Buffer): void {
    this.#own.datagrams += 1;
    const header = parseRtp(datagram);
    if (!header) {
      if (isControl(datagram)) this.#own.control += 1;
      else this.#own.malformed += 1;
      return;
    }
    const media = this.#openTransport(datagram, header);
    if (!media) {
      this.#own.undecryptable += 1;
      return;
    }
    const { ssrc, sequence, timestamp } = header;
    this.#nameAgain(ssrc, sequence);
    const userId = this.#owners.ownerOf(ssrc);
    if (!this.#owners.isNew(ssrc, sequence, header.nonce)) {
      if (userId === undefined) this.#own.replayed += 1;
      else this.#legs.countOf(userId).add('replayed');
      return;
    }
    const receivedAt = this.#now();
    const packet = { sequence, timestamp, payload: media, receivedAt };
    if (this.#owners.isOfOldOwner(ssrc, sequence, receivedAt)) this.#own.unnamed += 1;
    else if (userId !== undefined && !this.#mayBeAnothers(packet, ssrc)) this.#take(ssrc, userId, packet);
    else if (!this.#owners.hold(ssrc, packet)) this.#own.unnamed += 1;
  }

  #nameAgain(ssrc: number, sequence: number): void {
    const userId = this.#again.get(ssrc);
    if (userId !== undefined && !this.#owners.isOfOldOwner(ssrc, sequence, this.#now())) this.#name(ssrc, userId);
  }

  /** Time passes: gives up gaps, frees idle decoders. */
  tick(now: number): void {
    for (const [, { stream, sealed }] of this.#legs) {
      if (sealed.waiting) sealed.retry(now);
      stream.tick(now);
    }
    for (const [ssrc, packet] of this.#owners.unexplained(now)) this.#nameByKey(ssrc, packet.payload);
    const { unnamed, owned } = this.#owners.expire(now);
    this.#own.unnamed += unnamed;
    for (const { ssrc, userId, packets } of owned) for (const packet of packets) this.#take(ssrc, userId, packet);
  }

  /**
   * Whether this goes on nowhere near where the SSRC's owner left off, and no key tells whose it is: the SSRC may have
   * changed hands, and the message that says so may still be on its way.
   */
  #mayBeAnothers({ sequence, payload }: OpenedPacket, ssrc: number): boolean {
    if (isSealed(payload)) return false;
    if (this.#owners.holds(ssrc)) return true;
    const last = this.#legs.get(ssrc)?.sealed.lastSequence;
    if (last === undefined || payload.equals(SILENCE_PACKET)) return false;
    return Math.abs(sequenceDistance(sequence, last)) > FAR_PACKETS;
  }

  /**
   * The voice server does not tell a newcomer of everybody who speaks (discord-net/Discord.Net#3188,
   * discordjs/discord.js#4364): whoever goes on speaking without a new op 5 is known by their key.
   */
  #nameByKey(ssrc: number, payload: Buffer): void {
    const { members, dave } = this.#keys?.of ?? {};
    if (!members || !dave) return;
    const proof = whoseKeyOpens(payload, members(), dave);
    if (!proof) return;
    this.#proof = { payload, opened: proof.opened };
    this.#onNamed?.(ssrc, proof.userId);
    this.#name(ssrc, proof.userId);
    this.#proof = undefined;
  }

  #unseal(userId: UserId, packet: Buffer): Buffer {
    if (this.#proof?.payload === packet) return this.#proof.opened;
    return this.#keys?.of.dave?.(userId, packet) ?? packet;
  }

  #openTransport(datagram: Buffer, header: RtpHeader): Buffer | undefined {
    try {
      return this.#keys && mediaOf(this.#keys.open(datagram, header.headerBytes), header);
    } catch {
      // Not made with this key: this packet is lost, the stream is not.
      return undefined;
    }
  }

  #take(ssrc: number, userId: UserId, packet: OpenedPacket): void {
    const leg = this.#legs.of(ssrc, userId);
    if (!this.#mayHear(userId) || this.#isFromBefore(userId, packet)) {
      this.#own.withheld += 1;
      leg.sealed.pass(packet);
      return;
    }
    if (leg.sealed.take(packet)) return;
    if (!this.#keys || !this.#failures.failed(userId, packet.receivedAt)) return;
    this.#own.recoveries += 1;
    this.#keys.of.recover?.();
  }

  /** Only what waited for its owner can be. */
  #isFromBefore(userId: UserId, { receivedAt }: OpenedPacket): boolean {
    return receivedAt < this.#allChosenAt || receivedAt < (this.#chosenAt.get(userId) ?? Number.NEGATIVE_INFINITY);
  }

  #forget(ssrc: number): void {
    this.#dropLeg(ssrc, false);
    this.#owners.release(ssrc);
  }

  /** Gives the packets that are still sealed when they are asked for; otherwise they are lost. */
  #dropLeg(ssrc: number, keep: boolean): OpenedPacket[] {
    const dropped = this.#legs.drop(ssrc, keep);
    if (!dropped) return [];
    if (dropped.lastSequence !== undefined) this.#owners.retire(ssrc, dropped.lastSequence, this.#now());
    return dropped.sealed;
  }
}

function equal(a: MediaKeys, b: MediaKeys): boolean {
  return Buffer.compare(a.secretKey, b.secretKey) === 0;
}
