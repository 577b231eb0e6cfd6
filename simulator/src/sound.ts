export { type Recording, recording } from './shared/recordings.ts';
export { readWav, type Sound, writeWav } from './shared/wav.ts';
