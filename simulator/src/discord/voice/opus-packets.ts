import { createHash } from 'node:crypto';
import OpusScript from 'opusscript';
import type { Sound } from '../../shared/wav.ts';
import { SILENCE_FRAME } from './rtp.ts';

/** The rate of Discord's clients. */
const RATE = 48000;
const FRAME_SAMPLES = 960;
const CACHED_SOUNDS = 64;
/** Half the width of the interpolation filter, in samples of the slower rate. */
const FILTER_REACH = 16;

const cache = new Map<string, readonly Buffer[]>();

/**
 * A sound as 20 ms Opus packets at 48 kHz stereo, as Discord's clients make them; the last is filled up with silence.
 * Made once per content. One encoder lives at a time, because opusscript can't have 29 codecs in a process.
 */
export function encodeSound(sound: Sound): readonly Buffer[] {
  const key = createHash('sha1')
    .update(new Uint8Array(sound.pcm.buffer, sound.pcm.byteOffset, sound.pcm.byteLength))
    .update(`${sound.sampleRate}/${sound.channels}`)
    .digest('base64');
  const known = cache.get(key);
  if (known) return known;
  const packets = encode(stereo48(sound));
  if (cache.size >= CACHED_SOUNDS) cache.delete(cache.keys().next().value as string);
  cache.set(key, packets);
  return packets;
}

/** A packet to decode and where it begins, in samples at 48 kHz. */
export interface PlacedPacket {
  readonly at: number;
  readonly opus: Buffer;
}

/** Decodes packets of one sender onto a 48 kHz mono timeline; what no packet covers is silence. */
export function decodeTimeline(packets: readonly PlacedPacket[]): Int16Array {
  const parts: { at: number; pcm: Int16Array }[] = [];
  let end = 0;
  const decoder = new OpusScript(RATE, 1, OpusScript.Application.AUDIO);
  try {
    for (const { at, opus } of packets) {
      const pcm = decodeOne(decoder, opus);
      parts.push({ at, pcm });
      end = Math.max(end, at + pcm.length);
    }
  } finally {
    decoder.delete();
  }
  const timeline = new Int16Array(end);
  for (const { at, pcm } of parts) timeline.set(pcm, at);
  return timeline;
}

function decodeOne(decoder: OpusScript, opus: Buffer): Int16Array {
  if (opus.length === 0 || opus.equals(SILENCE_FRAME)) return new Int16Array(FRAME_SAMPLES);
  try {
    const bytes = decoder.decode(opus);
    return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  } catch {
    return new Int16Array(FRAME_SAMPLES); // not Opus: as good as lost
  }
}

function encode(pcm: Int16Array): Buffer[] {
  const packets: Buffer[] = [];
  const encoder = new OpusScript(RATE, 2, OpusScript.Application.VOIP);
  try {
    for (let at = 0; at < pcm.length; at += FRAME_SAMPLES * 2) {
      const frame = new Int16Array(FRAME_SAMPLES * 2);
      frame.set(pcm.subarray(at, at + FRAME_SAMPLES * 2));
      packets.push(encoder.encode(Buffer.from(frame.buffer), FRAME_SAMPLES));
    }
  } finally {
    encoder.delete();
  }
  return packets;
}

function stereo48(sound: Sound): Int16Array {
  const length = Math.floor(sound.pcm.length / sound.channels);
  const outLength = Math.round((length * RATE) / sound.sampleRate);
  const pcm = new Int16Array(outLength * 2);
  for (let side = 0; side < 2; side++) {
    const source = new Float32Array(length);
    const channel = Math.min(side, sound.channels - 1);
    for (let i = 0; i < length; i++) source[i] = sound.pcm[i * sound.channels + channel] as number;
    const resampled = resample(source, sound.sampleRate / RATE, outLength);
    for (let i = 0; i < outLength; i++) {
      pcm[i * 2 + side] = Math.max(-32768, Math.min(32767, Math.round(resampled[i] as number)));
    }
  }
  return pcm;
}

/** Windowed-sinc interpolation at `step` source samples per output sample. Slow and good: it runs once per sound. */
function resample(source: Float32Array, step: number, outLength: number): Float32Array {
  if (step === 1) return source;
  const cutoff = Math.min(1, 1 / step);
  const reach = FILTER_REACH / cutoff;
  const out = new Float32Array(outLength);
  for (let i = 0; i < outLength; i++) {
    const centre = i * step;
    let sum = 0;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(source.length - 1, Math.floor(centre + reach));
    for (let j = first; j <= last; j++) {
      const distance = (j - centre) * cutoff;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / FILTER_REACH);
      sum += (source[j] as number) * window * sinc(distance) * cutoff;
    }
    out[i] = sum;
  }
  return out;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
