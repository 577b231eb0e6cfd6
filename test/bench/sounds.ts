import { encodeSound } from '@parley/simulator/discord';
import { type Recording, recording, type Sound } from '@parley/simulator/sound';

const RATE = 48_000;
const FRAME = RATE / 50;
/** A frame of a recording is voiced above this RMS level. */
const VOICED_DB = -45;

/** Samples of a recording, 24 kHz mono. */
export function fixture(name: Recording): Int16Array {
  return recording(name).pcm;
}

/** `ms` of these fixtures one after the other, over and over. */
export function speech(names: readonly Recording[], ms: number): Int16Array {
  const pieces = names.map(fixture);
  const pcm = new Int16Array(ms * 24);
  for (let at = 0, next = 0; at < pcm.length; next += 1) {
    const piece = pieces[next % pieces.length] as Int16Array;
    pcm.set(piece.subarray(0, pcm.length - at), at);
    at += piece.length;
  }
  return pcm;
}

/**
 * What a person says, at the rate of Discord's clients, encoded beforehand: the simulator keeps the packets, so that it
 * has little to do while something is measured.
 */
export class Utterance {
  readonly sound: Sound;
  /** Packets of 20 ms, without the silence that ends a talk spurt. */
  readonly packets: number;
  /** Index of the last packet with voice in it. */
  readonly lastVoiced: number;

  constructor(pcm: Int16Array) {
    const doubled = new Int16Array(pcm.length * 2);
    for (let i = 0; i < pcm.length; i += 1) {
      const sample = pcm[i] as number;
      doubled[i * 2] = sample;
      doubled[i * 2 + 1] = (sample + (pcm[i + 1] ?? sample)) >> 1;
    }
    this.sound = { pcm: doubled, sampleRate: RATE, channels: 1 };
    this.packets = encodeSound(this.sound).length;
    let last = 0;
    for (let i = 0; i < this.packets; i += 1) if (isVoiced(doubled.subarray(i * FRAME, (i + 1) * FRAME))) last = i;
    this.lastVoiced = last;
  }
}

function isVoiced(pcm: Int16Array): boolean {
  let sum = 0;
  for (const sample of pcm) sum += sample * sample;
  return 10 * Math.log10(sum / pcm.length / 32768 ** 2) > VOICED_DB;
}
