import type { Logger } from 'pino';
import type { BridgeEvent, EndReason } from '../bridge/bridge-ports.ts';
import { MessageGoneError } from '../bridge/errors.ts';
import type { Person, Turn, UserId } from '../bridge/ports.ts';
import type { LiveRecord } from '../bridge/record-ports.ts';
import type { MessageButton, TextChannel } from '../bridge/room-ports.ts';
import { CallPosts } from './call-posts.ts';
import { type Entry, endText } from './entry.ts';
import { type Outcome, Pace, type Timer } from './pace.ts';
import { callOf, type Page, Pages } from './page.ts';
import { withoutFiles } from './tool-outcome.ts';

type TurnEntry = Extract<Entry, { kind: 'turn' }>;
type ReplyEntry = Extract<Entry, { kind: 'reply' }>;
type WorkEntry = Extract<Entry, { kind: 'work' }>;
type NoteEntry = Extract<Entry, { kind: 'note' }>;
type EventOf<Type extends BridgeEvent['type']> = Extract<BridgeEvent, { type: Type }>;

/** Discord lets a bot write 5 messages in 5 s to a channel; others of its posts go there, too. */
const WRITE_INTERVAL_MS = 1_200;
/** A file that could not be uploaded so often is given up. */
const UPLOADS_TRIED = 2;
/** A turn whose words did not come this long after its end will stay without. */
const TRANSCRIPT_WAIT_MS = 30_000;
/** Entries of a kind that are remembered while nothing is posted. */
const QUIET_KEPT = 100;

/** The buttons below the post of a call; one that is not there is not shown. */
export interface CallButtons {
  /** While it runs. */
  cancel?(cancelId: string): MessageButton;
  /** When it is over. */
  again?(againId: string): MessageButton;
}

/**
 * Writes one conversation into a text channel: who said what, which tools ran, in the order in which things began.
 * Fed with observe(); writes by itself at a bounded rate. Whoever made it closes it.
 */
export class Transcript {
  readonly #text: TextChannel;
  readonly #now: () => number;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #nameOf: (userId: UserId) => string;
  #pages: Pages;
  /** What was posted before it was not live any more. */
  #past: Pages | undefined;
  readonly #botName: string;
  #live = true;
  readonly #pace: Pace;
  readonly #buttons: CallButtons;
  readonly #record: LiveRecord | undefined;
  readonly #turns = new Map<number, TurnEntry>();
  /** How the record calls each entry. */
  readonly #keys = new WeakMap<Entry, string>();
  readonly #owners = new WeakMap<Entry, Owners>();
  #unknown = 0;
  /** How often something was taken back. */
  #withdrawals = 0;
  #notes = 0;
  readonly #replies = new Map<string, ReplyEntry>();
  readonly #calls: CallPosts;
  /** Sources by reply, so that those which come later stand with the first ones. */
  readonly #sources = new Map<string, WorkEntry>();
  /** Turns that ended without their words so far, with the instant of their end. */
  readonly #awaited = new Map<TurnEntry, number>();
  /** Words of somebody unknown that are not final yet. */
  #uncertain: TurnEntry | undefined;
  #lastDrop: { note: NoteEntry; userId: string; ms: number } | undefined;
  #warnedOfDrops = false;
  #warnedOfFailure = false;
  #closing: Promise<void> | undefined;

  /** `now` in ms of performance.now(). `nameOf`: for the person who ended the conversation. `timer` replaces setTimeout in tests. */
  constructor(options: {
    text: TextChannel;
    botName: string;
    now: () => number;
    log: Pick<Logger, 'warn'>;
    nameOf?: (userId: UserId) => string;
    buttons?: CallButtons;
    timer?: Timer;
    /** Nothing is posted before it stands there. */
    record?: LiveRecord;
  }) {
    this.#record = options.record;
    this.#text = options.text;
    this.#now = options.now;
    this.#log = options.log;
    this.#nameOf = options.nameOf ?? ((userId) => userId);
    this.#botName = options.botName;
    this.#pages = new Pages(options.botName);
    const { timer = wallTimer, now } = options;
    this.#buttons = options.buttons ?? {};
    this.#calls = new CallPosts({
      now,
      timer,
      begin: (entry) => {
        const people = entry.askers.map((asker) => asker.userId);
        return this.#begin(entry, `call:${entry.call.callId}`, { people, some: true });
      },
      changed: (entry, alive) => this.#changed(entry, alive),
    });
    this.#pace = new Pace({ intervalMs: WRITE_INTERVAL_MS, now, timer, write: () => this.#write() });
  }

  /** Lines that were given up because the channel took none for too long. */
  get dropped(): number {
    return this.#pages.dropped;
  }

  /** Takes in what happened. Never throws or waits; nothing after close(). */
  observe(event: BridgeEvent): void {
    if (this.#closing) return;
    this.#giveUpWaiting();
    switch (event.type) {
      case 'turn-began':
      case 'turn-ended':
      case 'turn-transcript':
        this.#observeTurn(event);
        break;
      case 'turn-withdrawn':
        this.#withdraw(event.turn.id);
        break;
      case 'reply-started':
      case 'reply-audible':
      case 'reply-transcript':
      case 'reply-ended':
        this.#observeReply(event);
        break;
      case 'tool-started':
      case 'tool-progress':
      case 'tool-ended':
        this.#calls.observe(event);
        break;
      case 'server-tool':
        this.#observeWork(event);
        break;
      case 'speech-dropped':
        this.#droppedSpeech(event.person, event.ms);
        break;
      case 'trouble':
      case 'model-changed':
        this.#note(event.message);
        break;
      case 'moved':
        this.#note('A moderator moved me to another voice channel; the conversation goes on there.');
        break;
      case 'recovered': {
        const text = recoveryText(event);
        if (text) this.#note(text);
        break;
      }
      case 'ended':
        this.#stopWaiting();
        this.#calls.endAll();
        this.#note(endText(event.reason, this.#nameOf), askerOf(event.reason));
        break;
      case 'speaking':
      case 'level':
      case 'joined':
      case 'left':
      case 'ducked':
      case 'unducked':
      case 'interrupted':
      case 'usage':
      case 'transcription-usage':
      case 'decided':
      case 'answer-decided':
        break;
      default:
        event satisfies never;
    }
  }

  /**
   * Shows nothing any more of what is this person's, or was told them alone. What it still has posted is edited with the
   * next writes; older posts are not its own any more. Late events of it are kept away by whoever calls.
   */
  forget(userId: UserId): void {
    for (const entry of this.#pages.entries) {
      const owners = this.#owners.get(entry);
      if (!owners || owners.people.length === 0) continue;
      const theirs = (one: UserId | null): boolean => one === userId;
      if (owners.some ? !owners.people.some(theirs) : !owners.people.every(theirs)) continue;
      this.#pages.remove(entry);
      if (entry.kind === 'turn') this.#awaited.delete(entry);
    }
    this.#lastDrop = undefined;
    this.#pace.wake();
  }

  /** Whether it still writes this message, and whether that has to be edited; undefined: it does not (any more). */
  holds(messageId: string): 'shown' | 'due' | undefined {
    return this.#pages.holds(messageId);
  }

  /** Writes all that is not yet in Discord, now. Does not reject: what cannot be written stays for later. */
  flush(): Promise<void> {
    this.#calls.show();
    return this.#pace.drain();
  }

  /**
   * Whether it is posted. What begins while it is not is only recorded and never posted later; what was posted before is
   * not edited any more, but where its speaker takes it back.
   */
  goLive(live: boolean): void {
    if (live === this.#live) return;
    this.#live = live;
    if (live) return;
    this.#pages.close();
    this.#past = this.#pages;
    this.#pages = new Pages(this.#botName);
  }

  /** What begins from now on stands in a new message, such as after a change of the channel. */
  turnPage(): void {
    this.#pages.turn();
  }

  /** The last flush; nothing is written afterwards. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopWaiting();
    this.#calls.endAll();
    this.#pace.stop();
    await this.#pace.drain();
    if (this.#pages.next()) this.#log.warn('the end of the transcript could not be posted');
  }

  #note(text: string, about?: UserId): NoteEntry {
    this.#notes += 1;
    const key = `note:${this.#notes}`;
    this.#record?.notice(key, text, about);
    return this.#begin<NoteEntry>({ kind: 'note', text }, key, { people: about === undefined ? [] : [about] });
  }

  /** `key`: what the record calls it; none: it is not recorded. */
  #begin<E extends Entry>(entry: E, key?: string, owners?: Owners): E {
    if (owners) this.#owners.set(entry, owners);
    if (key !== undefined) this.#keys.set(entry, key);
    this.#lastDrop = undefined;
    if (!this.#live) {
      this.#forgetQuietly();
      return entry;
    }
    this.#pages.begin(entry, this.#now());
    const { dropped } = this.#pages;
    if (dropped > 0 && !this.#warnedOfDrops) {
      this.#warnedOfDrops = true;
      this.#log.warn('the transcript cannot be posted; its oldest lines are dropped');
    }
    this.#pace.wake();
    return entry;
  }

  #changed(entry: Entry, alive = true): void {
    this.#pages.changed(entry, alive ? this.#now() : undefined);
    this.#pace.wake();
  }

  #observeTurn(event: EventOf<'turn-began' | 'turn-ended' | 'turn-transcript'>): void {
    const { turn } = event;
    switch (event.type) {
      case 'turn-began': {
        const { id } = event.turn;
        if (!this.#turns.has(id)) this.#turns.set(id, this.#beginTurn(event.turn));
        break;
      }
      case 'turn-ended': {
        const entry = this.#turns.get(event.turn.id);
        if (entry?.state === 'listening') this.#awaited.set(entry, this.#now());
        break;
      }
      case 'turn-transcript':
        this.#heard(turn, event.text, event.final);
        break;
      default:
        event satisfies never;
    }
  }

  #heard(turn: Turn | null, text: string, final: boolean): void {
    const known = turn ? this.#turns.get(turn.id) : this.#uncertain;
    const entry = known ?? this.#beginTurn(turn);
    if (turn) this.#turns.set(turn.id, entry);
    else this.#uncertain = final ? undefined : entry;
    if (final) this.#awaited.delete(entry);
    entry.text = text;
    if (final) entry.state = 'final';
    this.#changed(entry);
  }

  #beginTurn(turn: Turn | null): TurnEntry {
    if (!turn) this.#unknown += 1;
    const key = turn ? `turn:${turn.id}` : `unknown:${this.#unknown}`;
    const people = turn ? [turn.userId ?? turn.about ?? null] : [];
    return this.#begin<TurnEntry>({ kind: 'turn', name: turn?.name ?? '', text: '', state: 'listening' }, key, {
      people,
    });
  }

  #observeReply(event: EventOf<'reply-started' | 'reply-audible' | 'reply-transcript' | 'reply-ended'>): void {
    const known = this.#replies.get(event.replyId);
    // Words of a reply that is not known (any more) are shown all the same.
    const begin = event.type === 'reply-started' || event.type === 'reply-transcript';
    const turns = event.type === 'reply-started' ? event.turns : [];
    const reply =
      known ?? (begin ? this.#beginReply(event.replyId, turns, event.type === 'reply-transcript') : undefined);
    if (!reply) return;
    switch (event.type) {
      case 'reply-started':
        return;
      case 'reply-audible':
        reply.audible = true;
        break;
      case 'reply-transcript':
        reply.text += event.delta;
        break;
      case 'reply-ended': {
        const { heardMs, producedMs, interrupted } = event;
        reply.ended = { heardMs, producedMs, interrupted };
        break;
      }
      default:
        event satisfies never;
    }
    this.#changed(reply);
  }

  #beginReply(replyId: string, turns: readonly Turn[], audible: boolean): ReplyEntry {
    const entry: ReplyEntry = { kind: 'reply', text: '', audible, ended: null };
    const reply = this.#begin(entry, `reply:${replyId}`, ownersOf(turns));
    this.#replies.set(replyId, reply);
    return reply;
  }

  #buttonsOf(page: Page): readonly MessageButton[] {
    const call = callOf(page);
    if (!call) return [];
    const { ended, cancelId, againId } = call;
    const cancel = !ended && cancelId ? this.#buttons.cancel?.(cancelId) : undefined;
    const again = ended && againId ? this.#buttons.again?.(againId) : undefined;
    return [cancel, again].filter((button) => button !== undefined);
  }

  #observeWork({ replyId, turns, work }: EventOf<'server-tool'>): void {
    if (work.kind === 'call') {
      this.#calls.observeHosted(replyId, turns, work);
      return;
    }
    if (work.kind !== 'sources') {
      this.#begin<WorkEntry>({ kind: 'work', work }, undefined, ownersOf(turns));
      return;
    }
    if (work.sources.length === 0) return;
    const known = this.#sources.get(replyId);
    if (known?.work.kind !== 'sources') {
      this.#sources.set(replyId, this.#begin<WorkEntry>({ kind: 'work', work }, undefined, ownersOf(turns)));
      return;
    }
    known.work = { ...work, sources: [...known.work.sources, ...work.sources] };
    this.#changed(known);
  }

  #droppedSpeech(person: Person, ms: number): void {
    const last = this.#lastDrop?.userId === person.userId ? this.#lastDrop : undefined;
    const all = (last?.ms ?? 0) + ms;
    const text = `${(all / 1_000).toFixed(1)} s of what ${person.name} said could not be heard: too much was waiting.`;
    const note = last?.note ?? this.#note(text, person.userId);
    note.text = text;
    this.#record?.notice(this.#keys.get(note) ?? '', text, person.userId);
    this.#changed(note);
    this.#lastDrop = { note, userId: person.userId, ms: all };
  }

  /** Its speaker took it back: what of it was posted goes. */
  #withdraw(turnId: number): void {
    const entry = this.#turns.get(turnId);
    if (!entry) return;
    this.#awaited.delete(entry);
    entry.text = '';
    entry.state = 'final';
    this.#withdrawals += 1;
    this.#past?.remove(entry);
    this.#changed(entry);
  }

  #giveUpWaiting(): void {
    const since = this.#now() - TRANSCRIPT_WAIT_MS;
    for (const [entry, endedAt] of this.#awaited) if (endedAt <= since) this.#withoutWords(entry);
  }

  #stopWaiting(): void {
    for (const entry of this.#turns.values()) if (entry.state === 'listening') this.#withoutWords(entry);
    if (this.#uncertain) this.#withoutWords(this.#uncertain);
  }

  #withoutWords(entry: TurnEntry): void {
    this.#awaited.delete(entry);
    entry.state = 'unknown';
    this.#pages.changed(entry);
    this.#pace.wake();
  }

  async #write(): Promise<Outcome> {
    const pages = this.#pages.next() ? this.#pages : this.#past;
    const due = pages?.next();
    if (!pages || !due) return 'done';
    const { page, content } = due;
    const ended = callOf(page)?.ended;
    const files = ended?.files ?? [];
    const keys = page.lines.flatMap(({ entry }) => this.#keys.get(entry) ?? []);
    const withdrawals = this.#withdrawals;
    try {
      await this.#record?.flush();
    } catch {
      // The record says in the log why, and once.
      return 'failed';
    }
    // Meanwhile something of it may have been taken back.
    if (withdrawals !== this.#withdrawals) return 'more';
    try {
      const buttons = page.solo ? this.#buttonsOf(page) : undefined;
      const messageId = page.messageId ?? (await this.#text.post(content, buttons, files));
      if (page.messageId !== null) await this.#text.edit(messageId, content, buttons, files);
      if (ended) ended.files = [];
      pages.wrote(page, content, messageId);
      this.#record?.posted(keys, messageId);
      this.#warnedOfFailure = false;
    } catch (error) {
      const gone = error instanceof MessageGoneError;
      pages.failed(page, gone);
      if (gone) return 'more';
      // Once in a row: the same outage is not worth a line a second.
      if (!this.#warnedOfFailure) this.#log.warn({ err: error }, 'the transcript could not be written; trying again');
      this.#warnedOfFailure = true;
      if (files.length === 0 || page.failures < (this.#closing ? 1 : UPLOADS_TRIED)) return 'failed';
      this.#withoutFiles(page);
      return 'more';
    }
    this.#forget();
    return this.#pages.next() || this.#past?.next() ? 'more' : 'done';
  }

  /** A file that Discord does not take must not cost the post. */
  #withoutFiles(page: Page): void {
    const call = callOf(page);
    if (!call?.ended) return;
    call.ended = withoutFiles(call.ended);
    this.#changed(call, false);
  }

  /** Nothing is posted of these, so nobody says when they can be forgotten. */
  #forgetQuietly(): void {
    for (const known of [this.#turns, this.#replies, this.#sources]) {
      const oldest = known.size > QUIET_KEPT ? known.keys().next().value : undefined;
      const entry = oldest === undefined ? undefined : known.get(oldest as never);
      if (entry) this.#awaited.delete(entry as TurnEntry);
      if (oldest !== undefined) known.delete(oldest as never);
    }
  }

  #forget(): void {
    const forgotten = new Set(this.#pages.forget());
    if (forgotten.size === 0) return;
    for (const known of [this.#turns, this.#replies, this.#sources]) {
      for (const [id, entry] of known) if (forgotten.has(entry)) known.delete(id as never);
    }
    for (const entry of this.#awaited.keys()) if (forgotten.has(entry)) this.#awaited.delete(entry);
  }
}

/** Whose an entry is: it goes once all of them (`some`: one of them) are forgotten. null: nobody known. */
interface Owners {
  readonly people: readonly (UserId | null)[];
  readonly some?: true;
}

function ownersOf(turns: readonly Turn[]): Owners {
  return { people: turns.map((turn) => turn.userId ?? turn.about ?? null) };
}

function askerOf(reason: EndReason): UserId | undefined {
  return reason.kind === 'asked' ? (reason.by ?? undefined) : undefined;
}

/** Does not keep the process alive: close() writes what is left. */
const wallTimer: Timer = (run, ms) => {
  const timer = setTimeout(run, ms).unref();
  return () => clearTimeout(timer);
};

/** What people should know of a broken voice connection; a gap in which nobody says a word is no news. */
function recoveryText({ cause, gapMs }: BridgeEvent & { type: 'recovered' }): string | undefined {
  const seconds = Math.max(1, Math.round(gapMs / 1000));
  if (cause === 'deaf') return `I could not hear somebody and joined anew (${seconds} s). Please say it again.`;
  if (gapMs < 1000) return undefined;
  return `My voice connection broke and is back. I did not hear what was said in these ${seconds} s.`;
}
