import { Worker } from 'node:worker_threads';
import { type Claimant, FairQueue, NOBODY } from '../../lib/fair-queue.ts';
import { ToolError } from '../tool.ts';
import { type FetchRules, fetchPage } from './page-fetch.ts';
import { decoded, type PageBytes, type PageText, tidy } from './page-text.ts';

/** A page, read. `url`: where the redirects led. */
export interface ReadPage extends PageText {
  readonly url: string;
}

/** A page that takes longer to take apart than this is no page that people wrote. */
const THREAD_MS = 4_000;
/** Bytes. Tidying so much takes a millisecond or two; what is longer would hold up the sound. */
const SHORT_TEXT = 20_000;
const BUSY = 'Other pages are being read at the moment; try again in a few seconds.';

/** Reads web pages. HTML is taken apart in a thread of its own: a page can be made to keep a parser busy for minutes. */
export class PageReader {
  readonly #rules: FetchRules;
  readonly #threadMs: number;
  /** One server never has all places, and one person never all of their server's: a page may take half a minute. */
  readonly #queue = new FairQueue({
    atOnce: 3,
    atOnceForGuild: 2,
    atOnceForPerson: 1,
    mostForPerson: 3,
    mostForGuild: 8,
    mostWaiting: 100,
  });

  /** `allow`, `resolve`, `threadMs`: only tests need them. */
  constructor({ threadMs = THREAD_MS, ...rules }: Partial<FetchRules> & { threadMs?: number } = {}) {
    this.#rules = { allow: [], ...rules };
    this.#threadMs = threadMs;
  }

  /** Servers and people have their turns. Rejects with ToolError, or with the signal's reason. */
  read(address: string, signal: AbortSignal, who: Claimant = NOBODY): Promise<ReadPage> {
    return this.#queue.run(who, {
      signal,
      tooMany: () => new ToolError(BUSY),
      work: () => this.#read(address, signal),
    });
  }

  async #read(address: string, signal: AbortSignal): Promise<ReadPage> {
    const { url, type, header, bytes } = await fetchPage(address, this.#rules, signal);
    const html = type === 'text/html' || type === 'application/xhtml+xml';
    if (!html && bytes.length <= SHORT_TEXT) return { url, title: '', text: tidy(decoded(bytes, header)) };
    return { url, ...(await taken({ bytes, header, html }, this.#threadMs, signal)) };
  }
}

async function taken(page: PageBytes, threadMs: number, signal: AbortSignal): Promise<PageText> {
  // Memory of its own, which is handed over and not copied once more.
  const bytes = Uint8Array.from(page.bytes);
  const worker = new Worker(new URL('./page-worker.ts', import.meta.url), {
    workerData: { ...page, bytes } satisfies PageBytes,
    transferList: [bytes.buffer],
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
  });
  const ended = Promise.withResolvers<PageText | undefined>();
  const broken = (): void => ended.reject(unreadable());
  const late = setTimeout(broken, threadMs);
  const abort = (): void => ended.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  worker.once('message', ended.resolve);
  worker.on('error', broken);
  worker.once('exit', broken);
  try {
    const text = await ended.promise;
    if (!text) throw unreadable();
    return text;
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', abort);
    await worker.terminate();
  }
}

function unreadable(): ToolError {
  return new ToolError('The page is built in a way that I cannot read.');
}
