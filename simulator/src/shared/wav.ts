// 16-bit PCM in RIFF/WAVE files (Multimedia Programming Interface and Data Specifications 1.0, Microsoft and IBM 1991).

/** Signed 16-bit samples, interleaved when stereo. */
export interface Sound {
  readonly pcm: Int16Array;
  readonly sampleRate: number;
  readonly channels: 1 | 2;
}

const PCM_FORMAT = 1;
const HEADER_BYTES = 44;

/** Reads a 16-bit PCM WAV file; a cut-off `data` chunk gives what is there. Throws TypeError for any other kind of file. */
export function readWav(bytes: Uint8Array): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < 12 || tag(view, 0) !== 'RIFF' || tag(view, 8) !== 'WAVE')
    throw new TypeError('not a WAV file');
  let format: { sampleRate: number; channels: 1 | 2 } | undefined;
  for (let offset = 12; offset + 8 <= bytes.byteLength; ) {
    const size = view.getUint32(offset + 4, true);
    const body = offset + 8;
    if (tag(view, offset) === 'fmt ') format = readFormat(view, body);
    if (tag(view, offset) === 'data') {
      if (!format) throw new TypeError('a WAV file without a format before its samples');
      return { ...format, pcm: samples(view, body, Math.min(size, bytes.byteLength - body)) };
    }
    offset = body + size + (size % 2); // chunks are padded to an even length
  }
  throw new TypeError('a WAV file without samples');
}

/** The sound as a whole WAV file. */
export function writeWav(sound: Sound): Buffer {
  const file = Buffer.alloc(HEADER_BYTES + sound.pcm.length * 2);
  const frameBytes = sound.channels * 2;
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(PCM_FORMAT, 20);
  file.writeUInt16LE(sound.channels, 22);
  file.writeUInt32LE(sound.sampleRate, 24);
  file.writeUInt32LE(sound.sampleRate * frameBytes, 28);
  file.writeUInt16LE(frameBytes, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(sound.pcm.length * 2, 40);
  for (let i = 0; i < sound.pcm.length; i++) file.writeInt16LE(sound.pcm[i] as number, HEADER_BYTES + i * 2);
  return file;
}

function tag(view: DataView, offset: number): string {
  return String.fromCharCode(...Array.from({ length: 4 }, (_, i) => view.getUint8(offset + i)));
}

function readFormat(view: DataView, offset: number): { sampleRate: number; channels: 1 | 2 } {
  if (offset + 16 > view.byteLength) throw new TypeError('a WAV file that is cut off');
  const channels = view.getUint16(offset + 2, true);
  const bits = view.getUint16(offset + 14, true);
  if (view.getUint16(offset, true) !== PCM_FORMAT || bits !== 16) throw new TypeError('not a 16-bit PCM WAV file');
  if (channels !== 1 && channels !== 2) throw new TypeError(`a WAV file with ${channels} channels`);
  return { sampleRate: view.getUint32(offset + 4, true), channels };
}

function samples(view: DataView, offset: number, byteCount: number): Int16Array {
  const pcm = new Int16Array(Math.floor(byteCount / 2));
  for (let i = 0; i < pcm.length; i++) pcm[i] = view.getInt16(offset + i * 2, true);
  return pcm;
}
