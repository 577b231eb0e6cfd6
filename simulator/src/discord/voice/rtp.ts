// RTP as Discord uses it: RFC 3550 section 5.1, Opus in payload type 0x78, one-byte header extensions (RFC 8285, 0xBEDE).

/** RTP payload type of Opus on Discord. */
export const OPUS_PAYLOAD_TYPE = 0x78;
/** RTP clock ticks of a 20 ms Opus frame: the clock runs at 48 kHz whatever the coded rate (RFC 7587 section 4.1). */
export const FRAME_TICKS = 960;
/** The Opus frame that ends a talk spurt, five times; DAVE leaves it unencrypted (DAVE protocol, "Silence Packets"). */
export const SILENCE_FRAME: Buffer = Buffer.from([0xf8, 0xff, 0xfe]);

const FIXED_BYTES = 12;
const EXTENSION_HEADER_BYTES = 4;

/**
 * Bytes of the part of an RTP packet that the rtpsize modes leave readable: fixed header, CSRCs, and the four bytes that
 * announce a header extension. 0: not an RTP packet.
 */
export function clearHeaderBytes(packet: Buffer): number {
  if (packet.length < FIXED_BYTES) return 0;
  const first = packet[0] as number;
  if (first >> 6 !== 2) return 0;
  const bytes = FIXED_BYTES + 4 * (first & 0x0f) + (first & 0x10 ? EXTENSION_HEADER_BYTES : 0);
  return packet.length >= bytes ? bytes : 0;
}

/**
 * The Opus (or DAVE) payload of a decrypted packet: `body` without the extension's content at its front and the padding at
 * its end. Undefined when these don't fit into it.
 */
export function payloadOf(header: Buffer, body: Buffer): Buffer | undefined {
  const first = header[0] as number;
  const start = first & 0x10 ? 4 * header.readUInt16BE(header.length - 2) : 0;
  const padding = first & 0x20 ? (body[body.length - 1] ?? 0) : 0;
  return start + padding <= body.length ? body.subarray(start, body.length - padding) : undefined;
}

/** What stands in a packet's fixed header. */
export interface RtpHeader {
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
}

/** Reads the fixed header of a packet that clearHeaderBytes() accepted. */
export function readRtpHeader(packet: Buffer): RtpHeader {
  return { sequence: packet.readUInt16BE(2), timestamp: packet.readUInt32BE(4), ssrc: packet.readUInt32BE(8) };
}

/** The readable header of a packet with one word of header extension, as Discord's own clients send it. */
export function writeRtpHeader(rtp: RtpHeader): Buffer {
  const header = Buffer.allocUnsafe(FIXED_BYTES + EXTENSION_HEADER_BYTES);
  header[0] = 0x90; // version 2, extension
  header[1] = OPUS_PAYLOAD_TYPE;
  header.writeUInt16BE(rtp.sequence & 0xffff, 2);
  header.writeUInt32BE(rtp.timestamp >>> 0, 4);
  header.writeUInt32BE(rtp.ssrc >>> 0, 8);
  header.writeUInt16BE(0xbede, 12);
  header.writeUInt16BE(1, 14);
  return header;
}

/** The same header with so many more contributing sources, 0..15 in all. */
export function withSources(header: Buffer, count: number): Buffer {
  if (count === 0) return header;
  const wider = Buffer.concat([
    header.subarray(0, FIXED_BYTES),
    Buffer.alloc(4 * count, 7),
    header.subarray(FIXED_BYTES),
  ]);
  wider[0] = (wider[0] as number) + count;
  return wider;
}

/** The extension's content: id 1, one byte: audio level with the voice bit (RFC 6464), here −30 dBov; then padding. */
export const AUDIO_LEVEL_EXTENSION: Buffer = Buffer.from([0x10, 0x80 | 30, 0, 0]);
