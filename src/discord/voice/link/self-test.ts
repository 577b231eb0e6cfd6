import { createCipheriv, randomBytes } from 'node:crypto';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { DAVE_PROTOCOL_VERSION, DAVESession } from '@snazzah/davey';
import { OpusCodecs } from '../receive/opus.ts';
import { transportOpener } from '../receive/transport.ts';

const RATE = 24_000;
const FRAME = 480;
const FRAMES = 20;
const TONE_HZ = 440;
const REINSTALL = 'Install the packages anew: npm ci';

/** Sends a tone through the codec and back. Gives what came out in words; throws where it is no tone any more. */
export function testOpus(): string {
  const codecs = new OpusCodecs();
  const lease = codecs.lease(RATE);
  try {
    const tone = Int16Array.from(
      { length: FRAME * FRAMES },
      (_, at) => 8_000 * Math.sin((2 * Math.PI * TONE_HZ * at) / RATE),
    );
    const out: number[] = [];
    for (let at = 0; at < tone.length; at += FRAME)
      out.push(...lease.decode(lease.encode(tone.subarray(at, at + FRAME))));
    // The first frames are the codec's run-up.
    const share = toneShare(out.slice(FRAME * 5));
    if (out.length !== tone.length || share < 0.9) throw new Error(`the tone did not come back. ${REINSTALL}`);
    return `a tone of ${TONE_HZ} Hz came back (${Math.round(share * 100)} % of it)`;
  } finally {
    lease.release();
  }
}

/** How much of the power is in the tone: its correlation with sine and cosine. */
function toneShare(samples: readonly number[]): number {
  let [sine, cosine, power] = [0, 0, 0];
  samples.forEach((sample, at) => {
    const phase = (2 * Math.PI * TONE_HZ * at) / RATE;
    sine += sample * Math.sin(phase);
    cosine += sample * Math.cos(phase);
    power += sample * sample;
  });
  return power === 0 ? 0 : (2 * (sine ** 2 + cosine ** 2)) / (samples.length * power);
}

/** Makes what a person brings to an end-to-end encrypted call. Throws where the library does not work on this machine. */
export function testDave(): string {
  const session = new DAVESession(DAVE_PROTOCOL_VERSION, '100000000000000001', '100000000000000002');
  const bytes = session.getSerializedKeyPackage().length;
  if (bytes === 0) throw new Error(`the key package is empty. ${REINSTALL}`);
  return `protocol ${DAVE_PROTOCOL_VERSION}, a key package of ${bytes} bytes`;
}

/** Opens a datagram of each of Discord's two encryption modes. Throws for one that cannot be opened here. */
export function testEncryption(): string {
  const key = randomBytes(32);
  const header = Buffer.alloc(12);
  const nonce = Buffer.from([0, 0, 0, 1]);
  const sound = Buffer.from('sound');
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.concat([nonce, Buffer.alloc(8)]));
  cipher.setAAD(header);
  const aes = Buffer.concat([header, cipher.update(sound), cipher.final(), cipher.getAuthTag(), nonce]);
  const long = new Uint8Array(Buffer.concat([nonce, Buffer.alloc(20)]));
  const xchacha = Buffer.concat([header, xchacha20poly1305(key, long, header).encrypt(sound), nonce]);
  const modes = [
    ['aead_aes256_gcm_rtpsize', aes],
    ['aead_xchacha20_poly1305_rtpsize', xchacha],
  ] as const;
  for (const [mode, datagram] of modes) {
    const opened = transportOpener(mode, key)(datagram, header.length);
    if (!opened.equals(sound)) throw new Error(`${mode} does not work. ${REINSTALL}`);
  }
  return 'AES-256-GCM and XChaCha20-Poly1305';
}
