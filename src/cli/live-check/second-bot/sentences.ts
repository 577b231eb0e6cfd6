import { recording } from '@parley/simulator/sound';
import OpusScript from 'opusscript';
import { levelDb } from '../../../audio/level.ts';
import { SILENCE_DB } from './sound.ts';

/** What the second bot says. Synthetic; simulator/fixtures/README.md tells how the recordings were made. */
export const SENTENCES = {
  garden: 'Good evening. My sister plays the violin in the garden.',
  clock: 'The old clock in the kitchen is slow.',
  train: 'The morning train was early today.',
  story: 'Please tell me a story about a green boat.',
  enough: 'Thank you, that is enough for now.',
} as const;
export type Sentence = keyof typeof SENTENCES;

/** How the bot is to be while it is checked: short, since every second of its voice costs, and once long enough to be cut off. */
export const PERSONA =
  'This is a test of the connection; a recorded voice speaks to you. Answer everything in English with the words ' +
  '“I heard you.” and nothing else. Only when you are asked for a story, tell one of about thirty words.';

/** A recorded sentence as Opus packets of 20 ms. `firstVoiced`, `lastVoiced`: their indices. */
export interface Recording {
  readonly packets: readonly Buffer[];
  readonly firstVoiced: number;
  readonly lastVoiced: number;
}

/** Throws where the file is missing. */
export function recordingOf(sentence: Sentence): Recording {
  const { pcm, sampleRate } = soundOfFile(sentence);
  const size = sampleRate / 50;
  const encoder = new OpusScript(sampleRate as 24_000, 1, OpusScript.Application.VOIP);
  const packets: Buffer[] = [];
  const voiced: number[] = [];
  for (let at = 0; at + size <= pcm.length; at += size) {
    const frame = pcm.slice(at, at + size);
    if (levelDb(frame) > SILENCE_DB) voiced.push(packets.length);
    packets.push(encoder.encode(Buffer.from(frame.buffer), size));
  }
  encoder.delete();
  return { packets, firstVoiced: voiced[0] ?? 0, lastVoiced: voiced.at(-1) ?? packets.length - 1 };
}

/** How long all of them together take to say. */
export function spokenSeconds(): number {
  return Object.keys(SENTENCES).reduce((sum, name) => {
    const { pcm, sampleRate } = soundOfFile(name as Sentence);
    return sum + pcm.length / sampleRate;
  }, 0);
}

function soundOfFile(sentence: Sentence) {
  return recording(`check-${sentence}`);
}
