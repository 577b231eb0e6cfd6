/** Large enough to be few, small enough to be compressed between two frames of sound. */
const PIECE_CHARACTERS = 32_768;

/** The lines of a file as they are written: pieces of UTF-8 that end where a line ends, separators between them left out. */
export class LinePieces {
  readonly #separator: string;
  readonly #mostBytes: number;
  readonly #pieces: Buffer[] = [];
  #open: string[] = [];
  #openLength = 0;
  #bytes = 0;

  /** `mostBytes`: past it nothing more is kept in memory. */
  constructor(separator: string, mostBytes: number) {
    this.#separator = separator;
    this.#mostBytes = mostBytes;
  }

  /** Throws RangeError past the limit. */
  add(line: string): void {
    this.#open.push(line);
    this.#openLength += line.length;
    if (this.#openLength >= PIECE_CHARACTERS) this.#close();
  }

  /** All pieces so far. */
  take(): readonly Buffer[] {
    this.#close();
    return this.#pieces;
  }

  #close(): void {
    if (this.#open.length === 0) return;
    const piece = Buffer.from(this.#open.join(this.#separator));
    this.#open = [];
    this.#openLength = 0;
    this.#bytes += piece.length;
    if (this.#bytes > this.#mostBytes)
      throw new RangeError('The conversation is larger than anything that I may post.');
    this.#pieces.push(piece);
  }
}
