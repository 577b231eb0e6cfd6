import type { PostExtras } from '../../ports/tools.ts';

/** A tool that attaches without end takes no memory without end; what comes later is dropped. */
const MOST_LINKS = 50;
const MOST_FILES = 10;
const MOST_BYTES = 16 * 1024 * 1024;

/** What one call attached for its post. */
export class CallAttachments {
  readonly #links: PostExtras['links'][number][] = [];
  readonly #files: PostExtras['files'][number][] = [];
  #bytes = 0;

  /** undefined: nothing was attached. */
  get all(): PostExtras | undefined {
    if (this.#links.length === 0 && this.#files.length === 0) return undefined;
    return { links: [...this.#links], files: [...this.#files] };
  }

  /** Throws TypeError for what is neither a link nor a file: a tool of one's own may be plain JavaScript. */
  add({ links = [], files = [] }: Partial<PostExtras>): void {
    for (const { title, url } of links) {
      if (typeof title !== 'string' || typeof url !== 'string')
        throw new TypeError('a link is { title, url }, two texts');
    }
    for (const { name, bytes, description = '' } of files) {
      const isFile = typeof name === 'string' && bytes instanceof Uint8Array && typeof description === 'string';
      if (!isFile) throw new TypeError('a file is { name, bytes, description? }, with bytes as a Uint8Array or Buffer');
    }
    this.#links.push(...links.slice(0, MOST_LINKS - this.#links.length));
    for (const file of files) {
      if (this.#files.length >= MOST_FILES || this.#bytes + file.bytes.byteLength > MOST_BYTES) continue;
      this.#files.push(file);
      this.#bytes += file.bytes.byteLength;
    }
  }
}
