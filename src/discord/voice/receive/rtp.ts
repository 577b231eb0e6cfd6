/** Discord's payload type for Opus. */
const OPUS_PAYLOAD_TYPE = 0x78;
const FIXED_HEADER_BYTES = 12;
const EXTENSION_HEADER_BYTES = 4;
/** AEAD tag and the 32-bit nonce that the rtpsize modes append. */
const NONCE_BYTES = 4;
const TRAILER_BYTES = 16 + NONCE_BYTES;

/** Where things are in one RTP datagram of Discord's `…_rtpsize` modes. */
export interface RtpHeader {
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  /** Unencrypted bytes: fixed header, CSRCs and, with the X bit, the four bytes that begin the extension. */
  readonly headerBytes: number;
  /** Encrypted bytes at the start of the payload that belong to the header extension. */
  readonly extensionBytes: number;
  readonly padded: boolean;
  /** The counter that the sender appended, which is the nonce: it grows with every packet under one key. */
  readonly nonce: number;
}

/** Lengths of what else the voice server sends: the echo of a keep-alive, and the answer to IP discovery. */
const KEEP_ALIVE_BYTES = 8;
const DISCOVERY_BYTES = 74;

/**
 * Whether a datagram that is no media is to be expected all the same: RTCP, which shares the port (RFC 5761 §4: payload
 * types 192–223, of which RFC 3550 §12.1 uses 200–204), a keep-alive or an answer to IP discovery. Never throws.
 */
export function isControl(datagram: Buffer): boolean {
  if (datagram.length === KEEP_ALIVE_BYTES) return true;
  if (datagram.length < 2) return false;
  if (datagram.length === DISCOVERY_BYTES && datagram.readUInt16BE(0) === 2) return true;
  const type = datagram[1] as number;
  return (datagram[0] as number) >> 6 === 2 && type >= 192 && type <= 223;
}

/** Reads a datagram's RTP header (RFC 3550 §5.1); undefined for anything that is no Opus packet of Discord. Never throws. */
export function parseRtp(datagram: Buffer): RtpHeader | undefined {
  if (datagram.length < FIXED_HEADER_BYTES + TRAILER_BYTES) return undefined;
  const first = datagram[0] as number;
  // Version 2; RTCP shares the port (RFC 5761) and has other payload types.
  if (first >> 6 !== 2 || ((datagram[1] as number) & 0x7f) !== OPUS_PAYLOAD_TYPE) return undefined;
  const extended = (first & 0x10) !== 0;
  const csrcBytes = (first & 0x0f) * 4;
  const headerBytes = FIXED_HEADER_BYTES + csrcBytes + (extended ? EXTENSION_HEADER_BYTES : 0);
  if (datagram.length < headerBytes + TRAILER_BYTES) return undefined;
  return {
    sequence: datagram.readUInt16BE(2),
    timestamp: datagram.readUInt32BE(4),
    ssrc: datagram.readUInt32BE(8),
    headerBytes,
    extensionBytes: extended ? datagram.readUInt16BE(headerBytes - 2) * 4 : 0,
    padded: (first & 0x20) !== 0,
    nonce: datagram.readUInt32BE(datagram.length - NONCE_BYTES),
  };
}

/** The media of a decrypted payload: without header extension and padding. Undefined where the lengths do not add up. */
export function mediaOf(payload: Buffer, header: RtpHeader): Buffer | undefined {
  if (payload.length <= header.extensionBytes) return undefined;
  const padding = header.padded ? (payload[payload.length - 1] as number) : 0;
  const end = payload.length - padding;
  if (end <= header.extensionBytes || (header.padded && padding === 0)) return undefined;
  return payload.subarray(header.extensionBytes, end);
}
