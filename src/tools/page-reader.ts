import { Worker } from 'node:worker_threads';
import { type FetchRules, fetchPage } from './page-fetch.ts';
import { type PageText, tidy } from './page-text.ts';
import { ToolError } from './tool.ts';

/** A page, read. `url`: where the redirects led. */
export interface ReadPage extends PageText {
  readonly url: string;
}

/** A page that takes longer to take apart than this is no page that people wrote. */
const THREAD_MS = 4_000;
/** The same, known without a thread. */
const MOST_TAGS = 200_000;
const AT_ONCE = 2;

/** Reads web pages. HTML is taken apart in a thread of its own: a page can be made to keep a parser busy for minutes. */
export class PageReader {
  readonly #rules: FetchRules;
  readonly #threadMs: number;
  #running = 0;

  /** `allow`, `resolve`, `threadMs`: only tests need them. */
  constructor({ threadMs = THREAD_MS, ...rules }: Partial<FetchRules> & { threadMs?: number } = {}) {
    this.#rules = { allow: [], ...rules };
    this.#threadMs = threadMs;
  }

  /** Rejects with ToolError, or with the signal's reason. */
  async read(address: string, signal: AbortSignal): Promise<ReadPage> {
    if (this.#running >= AT_ONCE)
      throw new ToolError('Other pages are being read at the moment; try again in a few seconds.');
    this.#running += 1;
    try {
      const { url, type, text } = await fetchPage(address, this.#rules, signal);
      const html = type === 'text/html' || type === 'application/xhtml+xml';
      return { url, ...(html ? await taken(text, this.#threadMs, signal) : { title: '', text: tidy(text) }) };
    } finally {
      this.#running -= 1;
    }
  }
}

async function taken(html: string, threadMs: number, signal: AbortSignal): Promise<PageText> {
  if (html.split('<', MOST_TAGS + 1).length > MOST_TAGS) throw unreadable();
  const worker = new Worker(new URL('./page-worker.ts', import.meta.url), {
    workerData: { html },
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
  });
  const ended = Promise.withResolvers<PageText>();
  const broken = (): void => ended.reject(unreadable());
  const late = setTimeout(broken, threadMs);
  const abort = (): void => ended.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  worker.once('message', ended.resolve);
  worker.on('error', broken);
  worker.once('exit', broken);
  try {
    return await ended.promise;
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', abort);
    await worker.terminate();
  }
}

function unreadable(): ToolError {
  return new ToolError('The page is built in a way that I cannot read.');
}
