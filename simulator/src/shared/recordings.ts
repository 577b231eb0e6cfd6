import { readFileSync } from 'node:fs';
import { readWav, type Sound } from './wav.ts';

/** The recordings that come with the package; fixtures/README.md says how they were made, and what is said in them. */
export type Recording =
  | 'anna-weather'
  | 'ben-first'
  | 'ben-interrupt'
  | 'check-clock'
  | 'check-enough'
  | 'check-garden'
  | 'check-story'
  | 'check-train'
  | 'cough'
  | 'model-here'
  | 'model-weather';

const FOLDER = new URL('../../fixtures/', import.meta.url);

/** A recording: mono, 24 kHz. Throws where the file is missing. */
export function recording(name: Recording): Sound {
  return readWav(readFileSync(new URL(`${name}.wav`, FOLDER)));
}
