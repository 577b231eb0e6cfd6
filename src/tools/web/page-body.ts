import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import {
  type BrotliOptions,
  brotliDecompress,
  constants,
  gunzip,
  inflate,
  inflateRaw,
  type ZlibOptions,
  type ZstdOptions,
  zstdDecompress,
} from 'node:zlib';
import { ToolError } from '../tool.ts';

const MOST_BYTES = 2 * 1024 * 1024;
/** Nobody packs more often; each layer is work. */
const MOST_CODINGS = 3;

/** What PACKINGS unpack, for the header Accept-Encoding. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br, zstd';

type Unpack = (bytes: Buffer) => Promise<Buffer>;

// As browsers do: a body that ends too early gives what it has.
const lenient: ZlibOptions = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST_BYTES };
const gunzipped = promisify<Buffer, ZlibOptions, Buffer>(gunzip);
const inflated = promisify<Buffer, ZlibOptions, Buffer>(inflate);
const inflatedRaw = promisify<Buffer, ZlibOptions, Buffer>(inflateRaw);
const unBrotlied = promisify<Buffer, BrotliOptions, Buffer>(brotliDecompress);
const unZstd = promisify<Buffer, ZstdOptions, Buffer>(zstdDecompress);

const ungzip: Unpack = (bytes) => gunzipped(bytes, lenient);
const PACKINGS: ReadonlyMap<string, Unpack> = new Map<string, Unpack>([
  ['gzip', ungzip],
  ['x-gzip', ungzip],
  // "deflate" is the zlib format, and there are servers that send it bare: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.2
  ['deflate', (bytes) => ((bytes[0]! & 0x0f) === 0x08 ? inflated : inflatedRaw)(bytes, lenient)],
  ['br', (bytes) => unBrotlied(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: MOST_BYTES })],
  // A window of at most 8 MB: https://www.rfc-editor.org/rfc/rfc9659#section-3
  ['zstd', (bytes) => unZstd(bytes, { params: { [constants.ZSTD_d_windowLogMax]: 23 }, maxOutputLength: MOST_BYTES })],
]);

/** The body of an answer, unpacked. Rejects with ToolError where it is too large, packed or not, or packed in an unknown way. */
export async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const codings = (response.headers['content-encoding'] ?? '')
    .split(',')
    .map((one) => one.trim().toLowerCase())
    .filter((one) => one !== '' && one !== 'identity');
  const unpacks = codings.flatMap((coding) => PACKINGS.get(coding) ?? []);
  if (unpacks.length < codings.length || unpacks.length > MOST_CODINGS) {
    throw new ToolError('The page is packed in a way that I cannot read.');
  }
  let bytes = await received(response);
  // The last one that was put on comes off first.
  for (const unpack of unpacks.reverse()) bytes = bytes.length === 0 ? bytes : await unpacked(bytes, unpack);
  return bytes;
}

async function received(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A small file can unpack to any size, so unpacking ends at the limit. */
async function unpacked(bytes: Buffer, unpack: Unpack): Promise<Buffer> {
  try {
    return await unpack(bytes);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge() : error;
  }
}

function tooLarge(): ToolError {
  return new ToolError('The page is too large: more than 2 MB.');
}
