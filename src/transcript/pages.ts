import type { TextChannel } from '../ports/room.ts';
import { type Entry, hasWords, linesOf, REFUSED, REMOVED } from './entry.ts';
import { callOf, isHeld, joined, type Line, mayStand, newPage, type Page } from './post-page.ts';

/** Discord's limit for one message. */
const MESSAGE_LIMIT = 2_000;
/** Past this length a new entry begins a new message: the ones already there need room to grow. */
const NEAR_LIMIT = 1_800;
/** A conversation that pauses for this long goes on in a new message. */
const SILENCE_MS = 60_000;
/** Messages that are remembered, so that late words still find their place. */
const PAGES_KEPT = 8;
/** Lines that wait for a message which cannot be posted; past it the oldest is dropped. */
export const UNPOSTED_LIMIT = 200;
/** After so many refused edits a message counts as gone: what it does not show goes to another one. */
const EDITS_TRIED = 5;
/** After so many refused posts lines for a place that was left are given up. */
const POSTS_TRIED = 5;
/** The same where no answer comes: it may show it all the same, and nothing is to stand twice. */
const EDITS_LOST = 30;
/** A message cannot become empty. */
const NOTHING_LEFT = '-# …';

/**
 * Which entry stands in which message. A line stays where it was posted; only the newest message grows. No I/O: the
 * transcript asks for the next() message to write and tells how that went.
 */
export class Pages {
  readonly #botName: string;
  /** Where what begins now is posted. */
  #text: TextChannel;
  readonly #pages: Page[];
  /** Every entry's lines as of its last change: escaping is not free, and words come in small pieces. */
  readonly #texts = new WeakMap<Entry, readonly string[]>();
  readonly #stale = new Set<Entry>();
  readonly #removed = new WeakSet<Entry>();
  #order = 0;
  #unsaid = 0;
  #changedAt = Number.NEGATIVE_INFINITY;
  #dropped = 0;
  #closed = false;

  constructor(botName: string, text: TextChannel) {
    this.#botName = botName;
    this.#text = text;
    this.#pages = [newPage(text)];
  }

  /** Lines that were given up because nothing could be posted. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Lines that Discord does not have as they are. */
  get unposted(): number {
    this.#refresh();
    return this.#pages.flatMap(({ lines }) => lines).filter((line) => this.#textOf(line) !== line.shown).length;
  }

  /** Puts a new entry after all others. */
  begin(entry: Entry, now: number): void {
    this.#refresh();
    const pause = now - this.#changedAt >= SILENCE_MS;
    const text = this.#text;
    let newest = this.#newestIn(text);
    const used = newest.lines.length > 0;
    const solo = entry.kind === 'tool';
    const turns = pause || solo || newest.solo || this.#contentOf(newest).length > NEAR_LIMIT;
    if (used && turns) newest = this.#another(text);
    newest.solo = solo;
    newest.lines.push({ entry, part: 0, order: this.#order++, shown: '' });
    this.changed(entry, now);
    this.#bound();
  }

  /** The next entry begins a new message, there. */
  turn(text: TextChannel): void {
    this.#text = text;
    if (this.#newest.lines.length === 0) this.#pages.pop();
    this.#pages.push(newPage(text));
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
    if (own) this.#pages.splice(this.#pages.indexOf(own), 1, ...(own === this.#newest ? [newPage(this.#text)] : []));
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

  /** Entries that are no longer remembered, so that the caller can forget them as well. `needs`: what may change still. */
  evict(needs: (entry: Entry) => boolean): readonly Entry[] {
    const forgotten: Entry[] = [];
    const old = this.#pages.slice(0, Math.max(0, this.#pages.length - PAGES_KEPT));
    // The post of a call that runs waits for its result.
    const isOver = (page: Page): boolean => !this.#isDue(page) && callOf(page)?.ended !== null;
    for (const page of old.filter((one) => isOver(one) && !one.lines.some(({ entry }) => needs(entry)))) {
      this.#pages.splice(this.#pages.indexOf(page), 1);
      forgotten.push(...page.lines.map((line) => line.entry));
    }
    return forgotten;
  }

  /** The message to post or edit next and its content; undefined: Discord has everything. */
  next(): { page: Page; content: string } | undefined {
    this.#refresh();
    // Nothing is posted before a tool's post that is about to come.
    const held = new Set<TextChannel>();
    // Posts keep their order in one place; an edit that fails again and again holds up nothing, nor does another place.
    const firstPosts = new Set<Page>();
    const due: Page[] = [];
    for (const page of this.#pages) {
      const isPost = page.messageId === null;
      const waits = isPost && held.has(page.text);
      if (isPost && page.lines.some(isHeld)) held.add(page.text);
      if (waits || !this.#isDue(page)) continue;
      due.push(page);
      if (isPost && ![...firstPosts].some(({ text }) => text === page.text)) firstPosts.add(page);
    }
    const hides = (page: Page): boolean => page.lines.some(({ entry }) => this.#removed.has(entry));
    const open = this.#closed
      ? due.filter((page) => mayStand(page) && hides(page))
      : due.filter((page) => page.messageId !== null || firstPosts.has(page));
    const page = open.reduce<Page | undefined>(
      (best, one) => (best && best.failures <= one.failures ? best : one),
      undefined,
    );
    return page && { page, content: this.#nextContent(page) };
  }

  /** `content` reached Discord. */
  wrote(page: Page, content: string, messageId: string): void {
    page.messageId = messageId;
    page.shown = content;
    page.failures = 0;
    page.lost = 0;
    if (content === this.#contentOf(page)) page.careful = false;
    this.#markShown(page, content);
  }

  /**
   * Discord never takes this content: finds the line by writing one at a time, and leaves it out with a note. False where
   * not even the note is taken, so that it is not the words.
   */
  refused(page: Page): boolean {
    this.#refresh();
    const suspects = page.lines.filter((line) => this.#textOf(line) !== line.shown);
    const [line] = suspects;
    if (suspects.length > 1 && !page.careful) page.careful = true;
    else if (!line) return this.#leaveAsItIs(page);
    else if (page.messageId !== null) this.#keepOut(page, line);
    else {
      const first = line.refused === undefined;
      if (first) this.#dropped++;
      line.refused = first ? 'noted' : 'left-out';
      return first;
    }
    return true;
  }

  /** It goes to another place, which may take what was refused. */
  restore(page: Page): void {
    for (const line of page.lines) delete line.refused;
  }

  /** Its message was made with this content, and deleted before that was known: the rest goes to another one. */
  vanished(page: Page, content: string): void {
    this.#markShown(page, content);
    this.#moveOn(page);
  }

  /** Lines that were dropped since this was last asked, and in whose place nothing stands. */
  takeUnsaid(): number {
    const unsaid = this.#unsaid;
    this.#unsaid = 0;
    return unsaid;
  }

  /**
   * The write failed; the page is due again. `gone`: its message can never be edited again; `lost`: nobody knows whether
   * it was edited.
   */
  failed(page: Page, how?: 'gone' | 'lost'): void {
    page.failures++;
    // Nobody is asked for ever whether a place that is left takes it after all.
    const isLeft = page.messageId === null && page.text !== this.#text;
    if (isLeft && page.failures >= POSTS_TRIED) this.#giveUp(page);
    if (how === 'lost') page.lost++;
    const enough = how === 'gone' || page.lost >= EDITS_LOST || page.failures - page.lost >= EDITS_TRIED;
    if (page.messageId !== null && enough) this.#moveOn(page);
  }

  #markShown(page: Page, content: string): void {
    const shown = new Set(content.split('\n'));
    for (const line of page.lines) {
      const text = this.#textOf(line);
      // A block of code has several lines of its own.
      if (shown.has(text) || (text.includes('\n') && content.includes(text))) line.shown = text;
    }
  }

  /** What the message does not show goes to another one, and so does what began meanwhile or shows nothing yet. */
  #moveOn(page: Page): void {
    this.#refresh();
    const missing = page.lines.filter((line) => line.shown === '' || this.#textOf(line) !== line.shown);
    if (!this.#pages.includes(page)) return;
    const { text } = page;
    const at = this.#pages.indexOf(page);
    const others = this.#pages.filter((one) => one !== page && one.text === text);
    if (others.length === 0 || others.at(-1)?.messageId !== null) this.#another(text);
    this.#pages.splice(at, 1);
    for (const line of missing) this.#place({ ...line, shown: '' }, text);
    this.#settle(this.#newestIn(text));
  }

  /** Its place does not take it, and no other one is to. */
  #giveUp(page: Page): void {
    const lines = page.lines.filter((line) => this.#textOf(line) !== '').length;
    this.#dropped += lines;
    this.#unsaid += lines;
    this.#pages.splice(this.#pages.indexOf(page), 1);
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
      else this.#place({ entry, part, order, shown: '' }, textOf(this.#pages, entry) ?? this.#text);
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

  /** The newest page of a place; a new one where it has none. */
  #newestIn(text: TextChannel): Page {
    return this.#pages.findLast((page) => page.text === text) ?? this.#another(text);
  }

  /** One more page of a place, behind its others. */
  #another(text: TextChannel): Page {
    const page = newPage(text);
    const last = this.#pages.findLastIndex((one) => one.text === text);
    if (text === this.#text || last < 0) this.#pages.push(page);
    else this.#pages.splice(last + 1, 0, page);
    return page;
  }

  #textOf(line: Line): string {
    const text = this.#texts.get(line.entry)?.[line.part] ?? '';
    if (text === '' || line.refused === undefined || this.#removed.has(line.entry)) return text;
    if (line.refused === 'as-shown') return line.shown;
    return line.refused === 'noted' ? REFUSED : '';
  }

  /** What is neither words nor a line, such as a button, was refused: the message stays without it. */
  #leaveAsItIs(page: Page): boolean {
    if (page.messageId === null) return false;
    page.shown = this.#contentOf(page);
    return true;
  }

  /** An edit with this line was refused: it stays as people read it, or there is a note in its place. */
  #keepOut(page: Page, line: Line): void {
    if (line.refused === undefined) {
      line.refused = line.shown === '' ? 'noted' : 'as-shown';
      this.#dropped++;
      return;
    }
    // Not even the note: then it is what stands there already, and the line is tried in a message of its own.
    delete line.refused;
    this.#dropped--;
    const { text } = page;
    page.lines.splice(page.lines.indexOf(line), 1);
    const newest = this.#newestIn(text);
    if (page === newest || newest.messageId !== null) this.#another(text);
    this.#place(line, text);
    this.#settle(this.#newestIn(text));
  }

  /** What is to be written now: where something was refused, one new line at a time. */
  #nextContent(page: Page): string {
    const next = page.careful ? page.lines.find((line) => this.#textOf(line) !== line.shown) : undefined;
    if (!next) return this.#contentOf(page);
    const texts = page.lines.map((line) => (line === next ? this.#textOf(line) : line.shown));
    return joined(texts) || NOTHING_LEFT;
  }

  #contentOf(page: Page): string {
    const content = joined(page.lines.map((line) => this.#textOf(line)));
    return content === '' && mayStand(page) ? NOTHING_LEFT : content;
  }

  #isDue(page: Page): boolean {
    const content = this.#contentOf(page);
    if (mayStand(page)) return page.messageId === null || content !== page.shown;
    return content !== '' && page.lines.some((line) => hasWords(line.entry) && this.#textOf(line) !== '');
  }

  /** Puts a line into the newest page of a place, among the others by its beginning. */
  #place(line: Line, text: TextChannel): void {
    const newest = this.#newestIn(text);
    const { lines } = newest.solo ? this.#another(text) : newest;
    const at = lines.findIndex(
      (other) => other.order > line.order || (other.entry === line.entry && other.part > line.part),
    );
    lines.splice(at < 0 ? lines.length : at, 0, line);
  }

  /** Makes the page fit into a message again by moving lines to the newest page, or from there to a new one. */
  #settle(page: Page): void {
    const texts = page.lines.map((line) => this.#textOf(line));
    if (joined(texts).length <= MESSAGE_LIMIT) return;
    const { text } = page;
    if (page === this.#newestIn(text)) {
      let fitting = page.lines.length;
      while (joined(texts.slice(0, fitting)).length > MESSAGE_LIMIT) fitting--;
      const moved = page.lines.splice(fitting);
      this.#another(text).lines = moved.map((line) => ({ ...line, shown: '' }));
      return;
    }
    const at = page.lines.findLastIndex((line, index) => texts[index] !== line.shown && texts[index] !== '');
    if (at < 0) return;
    const [line] = page.lines.splice(at, 1);
    this.#place({ ...line!, shown: '' }, text);
    this.#settle(page);
    this.#settle(this.#newestIn(text));
  }

  #bound(): void {
    const unposted = this.#pages.filter((page) => page.messageId === null);
    let excess = unposted.reduce((sum, page) => sum + page.lines.length, 0) - UNPOSTED_LIMIT;
    for (; excess > 0; excess--) {
      const page = unposted.find((one) => one.lines.length > 0)!;
      page.lines.shift();
      this.#dropped++;
      this.#unsaid++;
      if (page.lines.length === 0 && page !== this.#newest) this.#pages.splice(this.#pages.indexOf(page), 1);
    }
  }
}

/** The place where an entry stands. */
function textOf(pages: readonly Page[], entry: Entry): TextChannel | undefined {
  return pages.find(({ lines }) => lines.some((line) => line.entry === entry))?.text;
}
