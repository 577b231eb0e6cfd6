import { type Entry, hasWords, linesOf, REMOVED } from './entry.ts';

/** Discord's limit for one message. */
const MESSAGE_LIMIT = 2_000;
/** Past this length a new entry begins a new message: the ones already there need room to grow. */
const NEAR_LIMIT = 1_800;
/** A conversation that pauses for this long goes on in a new message. */
const SILENCE_MS = 60_000;
/** Messages that are remembered, so that late words still find their place. */
const PAGES_KEPT = 8;
/** Lines that wait for a message which cannot be posted; past it the oldest is dropped. */
const UNPOSTED_LIMIT = 200;
/** After so many failed edits a message counts as gone: what it does not show goes to another one. */
const EDITS_TRIED = 5;
/** A message cannot become empty. */
const NOTHING_LEFT = '-# …';

/** A line's place. An entry has one line at least, even while it shows nothing: it holds the place. */
interface Line {
  readonly entry: Entry;
  readonly part: number;
  readonly order: number;
  /** What Discord has of it. */
  shown: string;
}

/** One message of the transcript. */
export interface Page {
  messageId: string | null;
  lines: Line[];
  /** What Discord has. */
  shown: string;
  failures: number;
  /** It belongs to one tool call alone. */
  solo: boolean;
}

/**
 * Which entry stands in which message. A line stays where it was posted; only the newest message grows. No I/O: the
 * transcript asks for the next() message to write and tells how that went.
 */
export class Pages {
  readonly #botName: string;
  readonly #pages: Page[] = [newPage()];
  /** Every entry's lines as of its last change: escaping is not free, and words come in small pieces. */
  readonly #texts = new WeakMap<Entry, readonly string[]>();
  readonly #stale = new Set<Entry>();
  readonly #removed = new WeakSet<Entry>();
  #order = 0;
  #changedAt = Number.NEGATIVE_INFINITY;
  #dropped = 0;
  #closed = false;

  constructor(botName: string) {
    this.#botName = botName;
  }

  /** Lines that were given up because nothing could be posted. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Puts a new entry after all others. */
  begin(entry: Entry, now: number): void {
    this.#refresh();
    const pause = now - this.#changedAt >= SILENCE_MS;
    const used = this.#newest.lines.length > 0;
    const solo = entry.kind === 'tool';
    const turns = pause || solo || this.#newest.solo || this.#contentOf(this.#newest).length > NEAR_LIMIT;
    if (used && turns) this.#pages.push(newPage());
    this.#newest.solo = solo;
    this.#newest.lines.push({ entry, part: 0, order: this.#order++, shown: '' });
    this.changed(entry, now);
    this.#bound();
  }

  /** The next entry begins a new message. */
  turn(): void {
    if (this.#newest.lines.length > 0) this.#pages.push(newPage());
  }

  /** Nothing is posted any more; of what was, only what is removed is edited. */
  close(): void {
    // What entries become from now on is none of it.
    this.#refresh();
    this.#closed = true;
  }

  /** Every entry that is remembered. */
  get entries(): readonly Entry[] {
    return [...new Set(this.#pages.flatMap(({ lines }) => lines.map(({ entry }) => entry)))];
  }

  /** Nothing of the entry is shown any more; the post of a call is left to whoever edits old posts. */
  remove(entry: Entry): void {
    const own = this.#pages.find((page) => page.solo && page.lines.some((line) => line.entry === entry));
    if (own) this.#pages.splice(this.#pages.indexOf(own), 1, ...(own === this.#newest ? [newPage()] : []));
    this.#removed.add(entry);
    this.changed(entry);
  }

  /** Whether the message is one of these, and whether Discord has it as it is to be; undefined: it is none. */
  holds(messageId: string): 'shown' | 'due' | undefined {
    this.#refresh();
    const page = this.#pages.find((one) => one.messageId === messageId);
    return page && (this.#isDue(page) ? 'due' : 'shown');
  }

  /** Something in the entry changed. `now` where that is a sign of life in the conversation. */
  changed(entry: Entry, now?: number): void {
    this.#stale.add(entry);
    if (now !== undefined) this.#changedAt = now;
  }

  /** Entries that are no longer remembered, so that the caller can forget them as well. */
  forget(): readonly Entry[] {
    const forgotten: Entry[] = [];
    const old = this.#pages.slice(0, Math.max(0, this.#pages.length - PAGES_KEPT));
    // The post of a call that runs waits for its result.
    for (const page of old.filter((one) => !this.#isDue(one) && callOf(one)?.ended !== null)) {
      this.#pages.splice(this.#pages.indexOf(page), 1);
      forgotten.push(...page.lines.map((line) => line.entry));
    }
    return forgotten;
  }

  /** The message to post or edit next and its content; undefined: Discord has everything. */
  next(): { page: Page; content: string } | undefined {
    this.#refresh();
    // Nothing is posted before a tool's post that is about to come.
    const held = this.#pages.findIndex((page) => page.messageId === null && page.lines.some(isHeld));
    const due = this.#pages.filter(
      (page, index) => this.#isDue(page) && !(page.messageId === null && held >= 0 && index > held),
    );
    // Posts keep their order; an edit that fails again and again holds up nothing.
    const firstPost = due.find((page) => page.messageId === null);
    const hides = (page: Page): boolean => page.lines.some(({ entry }) => this.#removed.has(entry));
    const open = this.#closed
      ? due.filter((page) => page.messageId !== null && hides(page))
      : due.filter((page) => page.messageId !== null || page === firstPost);
    const page = open.reduce<Page | undefined>(
      (best, one) => (best && best.failures <= one.failures ? best : one),
      undefined,
    );
    return page && { page, content: this.#contentOf(page) };
  }

  /** `content` reached Discord. */
  wrote(page: Page, content: string, messageId: string): void {
    page.messageId = messageId;
    page.shown = content;
    page.failures = 0;
    const shown = new Set(content.split('\n'));
    for (const line of page.lines) {
      const text = this.#textOf(line);
      // A block of code has several lines of its own.
      if (shown.has(text) || (text.includes('\n') && content.includes(text))) line.shown = text;
    }
  }

  /** The write failed; the page is due again. `gone`: its message can never be edited again. */
  failed(page: Page, gone = false): void {
    page.failures++;
    if (page.messageId === null || !(gone || page.failures >= EDITS_TRIED)) return;
    const missing = page.lines.filter((line) => this.#textOf(line) !== line.shown);
    if (!this.#pages.includes(page)) return;
    this.#pages.splice(this.#pages.indexOf(page), 1);
    if (this.#pages.length === 0 || this.#newest.messageId !== null) this.#pages.push(newPage());
    for (const line of missing) this.#place({ ...line, shown: '' });
    this.#settle(this.#newest);
  }

  #refresh(): void {
    for (const entry of this.#stale) this.#layOut(entry);
    this.#stale.clear();
    for (let at = 0; at < this.#pages.length; at++) this.#settle(this.#pages[at]!);
  }

  /** Gives the entry as many places as it has lines. */
  #layOut(entry: Entry): void {
    const texts = this.#removed.has(entry) ? this.#placeholder(entry) : linesOf(entry, this.#botName);
    this.#texts.set(entry, texts);
    const wanted = Math.max(texts.length, 1);
    for (const page of this.#pages) {
      page.lines = page.lines.filter((line) => line.entry !== entry || line.part < wanted);
    }
    const present = this.#pages.flatMap((page) => page.lines).filter((line) => line.entry === entry);
    const order = present[0]?.order;
    // Given up meanwhile: there is no place for it any more.
    if (order === undefined) return;
    const own = this.#pages.find((page) => page.solo && page.lines.some((line) => line.entry === entry));
    for (let part = present.length; part < wanted; part++) {
      if (own) own.lines.push({ entry, part, order, shown: '' });
      else this.#place({ entry, part, order, shown: '' });
    }
  }

  /** One line where others may have read what stood there; nothing where nobody did. */
  #placeholder(entry: Entry): readonly string[] {
    const shown = this.#pages.some(({ lines }) => lines.some((line) => line.entry === entry && line.shown !== ''));
    return shown ? [REMOVED] : [];
  }

  get #newest(): Page {
    return this.#pages.at(-1)!;
  }

  #textOf(line: Line): string {
    return this.#texts.get(line.entry)?.[line.part] ?? '';
  }

  #contentOf(page: Page): string {
    const content = joined(page.lines.map((line) => this.#textOf(line)));
    return content === '' && page.messageId !== null ? NOTHING_LEFT : content;
  }

  #isDue(page: Page): boolean {
    const content = this.#contentOf(page);
    if (page.messageId !== null) return content !== page.shown;
    return content !== '' && page.lines.some((line) => hasWords(line.entry) && this.#textOf(line) !== '');
  }

  /** Puts a line into the newest page, among the others by its beginning. */
  #place(line: Line): void {
    if (this.#newest.solo) this.#pages.push(newPage());
    const { lines } = this.#newest;
    const at = lines.findIndex(
      (other) => other.order > line.order || (other.entry === line.entry && other.part > line.part),
    );
    lines.splice(at < 0 ? lines.length : at, 0, line);
  }

  /** Makes the page fit into a message again by moving lines to the newest page, or from there to a new one. */
  #settle(page: Page): void {
    const texts = page.lines.map((line) => this.#textOf(line));
    if (joined(texts).length <= MESSAGE_LIMIT) return;
    if (page === this.#newest) {
      let fitting = page.lines.length;
      while (joined(texts.slice(0, fitting)).length > MESSAGE_LIMIT) fitting--;
      const moved = page.lines.splice(fitting);
      this.#pages.push({ ...newPage(), lines: moved.map((line) => ({ ...line, shown: '' })) });
      return;
    }
    const at = page.lines.findLastIndex((line, index) => texts[index] !== line.shown && texts[index] !== '');
    if (at < 0) return;
    const [line] = page.lines.splice(at, 1);
    this.#place({ ...line!, shown: '' });
    this.#settle(page);
    this.#settle(this.#newest);
  }

  #bound(): void {
    const unposted = this.#pages.filter((page) => page.messageId === null);
    let excess = unposted.reduce((sum, page) => sum + page.lines.length, 0) - UNPOSTED_LIMIT;
    for (; excess > 0; excess--) {
      const page = unposted.find((one) => one.lines.length > 0)!;
      page.lines.shift();
      this.#dropped++;
      if (page.lines.length === 0 && page !== this.#newest) this.#pages.splice(this.#pages.indexOf(page), 1);
    }
  }
}

function newPage(): Page {
  return { messageId: null, lines: [], shown: '', failures: 0, solo: false };
}

function isHeld({ entry }: Line): boolean {
  return entry.kind === 'tool' && entry.held;
}

/** The call that the page belongs to; undefined for every other page. */
export function callOf({ lines, solo }: Page): Extract<Entry, { kind: 'tool' }> | undefined {
  const entry = lines[0]?.entry;
  return solo && entry?.kind === 'tool' ? entry : undefined;
}

function joined(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n');
}
