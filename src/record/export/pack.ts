import { Zip, ZipDeflate } from 'fflate';
import type { ExportedFiles } from '../../ports/export.ts';
import { Breath } from './breath.ts';

/** https://docs.discord.com/developers/resources/message#create-message */
const MOST_FILES = 10;
/** What Discord's API is known to take in one request, whatever it takes of one file. */
const MOST_TOGETHER_BYTES = 25_000_000;
/** What is compressed between two looks at the clock. */
const STEP_BYTES = 65_536;

/** A file in pieces. Every file of a split one begins with `head` and ends with `foot`. */
export interface PiecedFile {
  /** Without its extension. */
  readonly name: string;
  readonly extension: string;
  readonly head: string;
  readonly pieces: readonly Buffer[];
  readonly separator: string;
  readonly foot: string;
}

/**
 * As Discord takes it: as it is, else zipped, else in several files, each zipped and complete in itself. Rejects with
 * RangeError, with a sentence for people.
 */
export async function pack(file: PiecedFile, limitBytes: number): Promise<Pick<ExportedFiles, 'files' | 'packed'>> {
  const whole = joined(file, file.pieces);
  const fullName = `${file.name}.${file.extension}`;
  if (sizeOf(whole) <= limitBytes) return { files: [{ name: fullName, bytes: Buffer.concat(whole) }], packed: 'whole' };
  const zipped = await zip(fullName, whole);
  if (zipped.length <= limitBytes) return { files: [{ name: `${file.name}.zip`, bytes: zipped }], packed: 'zipped' };
  // Parts are not equally easy to compress.
  const parts = split(file.pieces, Math.ceil((zipped.length / limitBytes) * 1.2));
  const files: { name: string; bytes: Buffer }[] = [];
  for (const [at, part] of parts.entries()) {
    const name = `${file.name}-part-${at + 1}-of-${parts.length}`;
    files.push({ name: `${name}.zip`, bytes: await zip(`${name}.${file.extension}`, joined(file, part)) });
  }
  const isTaken = files.every(({ bytes }) => bytes.length <= limitBytes);
  const most = Math.max(MOST_TOGETHER_BYTES, limitBytes);
  if (isTaken && files.length <= MOST_FILES && sizeOf(files.map(({ bytes }) => bytes)) <= most)
    return { files, packed: 'split' };
  throw new RangeError('The conversation is larger than anything that I may post.');
}

function joined({ head, separator, foot }: PiecedFile, pieces: readonly Buffer[]): Buffer[] {
  const between = Buffer.from(separator);
  return [
    Buffer.from(head),
    ...pieces.flatMap((piece, at) => (at === 0 ? [piece] : [between, piece])),
    Buffer.from(foot),
  ];
}

/** In about equal parts, none of them empty. */
function split(pieces: readonly Buffer[], count: number): Buffer[][] {
  const target = sizeOf(pieces) / count;
  const parts: Buffer[][] = [];
  let sum = 0;
  for (const piece of pieces) {
    if (sum >= target * parts.length) parts.push([]);
    parts.at(-1)?.push(piece);
    sum += piece.length;
  }
  return parts;
}

async function zip(name: string, pieces: readonly Buffer[]): Promise<Buffer> {
  const made: Uint8Array[] = [];
  let failure: Error | null = null;
  const archive = new Zip((error, bytes) => {
    if (error) failure = error;
    else made.push(bytes);
  });
  const entry = new ZipDeflate(name, { level: 6 });
  archive.add(entry);
  const breath = new Breath();
  for (const piece of pieces) {
    for (let from = 0; from < piece.length; from += STEP_BYTES) {
      entry.push(piece.subarray(from, from + STEP_BYTES));
      await breath.due();
    }
  }
  entry.push(new Uint8Array(0), true);
  archive.end();
  if (failure) throw failure;
  return Buffer.concat(made);
}

function sizeOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
