import type { Logger } from 'pino';
import type { BridgeEvent, EndReason } from '../ports/bridge-events.ts';
import type { LiveRecord } from '../ports/record.ts';
import type { TextChannel } from '../ports/room.ts';
import type { Person, UserId } from '../ports/voice.ts';
import { CallPosts } from './call-posts.ts';
import { type Entry, endText } from './entry.ts';
import { type CallButtons, PageWriter } from './page-writer.ts';
import { Pages } from './pages.ts';
import { belongsTo, type Owners, type Posting } from './posting.ts';
import { ReplyPosts } from './reply-posts.ts';
import { TurnPosts } from './turn-posts.ts';
import { type Outcome, type Timer, WriteThrottle } from './write-throttle.ts';

type NoteEntry = Extract<Entry, { kind: 'note' }>;
type EventOf<Type extends BridgeEvent['type']> = Extract<BridgeEvent, { type: Type }>;

/** Discord lets a bot write 5 messages in 5 s to a channel; others of its posts go there, too. */
const WRITE_INTERVAL_MS = 1_200;
/** Entries of a kind that are remembered while nothing is posted. */
const QUIET_KEPT = 100;

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
  readonly #pace: WriteThrottle;
  readonly #writer: PageWriter;
  readonly #record: LiveRecord | undefined;
  readonly #turns: TurnPosts;
  readonly #replies: ReplyPosts;
  /** How the record calls each entry. */
  readonly #keys = new WeakMap<Entry, string>();
  readonly #owners = new WeakMap<Entry, Owners>();
  #notes = 0;
  readonly #calls: CallPosts;
  #lastDrop: { note: NoteEntry; userId: string; ms: number } | undefined;
  #warnedOfDrops = false;
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
    this.#pages = new Pages(options.botName, this.#here);
    const { timer = wallTimer, now } = options;
    this.#writer = new PageWriter({
      buttons: options.buttons ?? {},
      record: options.record,
      keyOf: (entry) => this.#keys.get(entry),
      changed: (entry) => this.#changed(entry, false),
      isClosing: () => this.#closing !== undefined,
      log: options.log,
    });
    const posting: Posting = {
      begin: (entry, key, owners) => this.#begin(entry, key, owners),
      changed: (entry, alive) => this.#changed(entry, alive),
    };
    this.#turns = new TurnPosts({ ...posting, now });
    this.#replies = new ReplyPosts(posting);
    this.#calls = new CallPosts({
      now,
      timer,
      begin: (entry) => {
        const people = entry.askers.map((asker) => asker.userId);
        return this.#begin(entry, `call:${entry.call.callId}`, { people, some: true });
      },
      changed: (entry, alive) => this.#changed(entry, alive),
    });
    this.#pace = new WriteThrottle({ intervalMs: WRITE_INTERVAL_MS, now, timer, write: () => this.#write() });
  }

  /** Lines that were given up because the channel took none for too long. */
  get dropped(): number {
    return this.#pages.dropped;
  }

  /** Takes in what happened. Never throws or waits; nothing after close(). */
  observe(event: BridgeEvent): void {
    if (this.#closing !== undefined) return;
    this.#turns.giveUpWaiting();
    switch (event.type) {
      case 'turn-began':
      case 'turn-ended':
      case 'turn-transcript':
        this.#turns.observe(event);
        break;
      case 'turn-withdrawn':
        this.#withdraw(event.turn.id);
        break;
      case 'reply-started':
      case 'reply-audible':
      case 'reply-transcript':
      case 'reply-ended':
        this.#replies.observe(event);
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
        this.#turns.stopWaiting();
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
      case 'private-answer':
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
  erase(userId: UserId): void {
    for (const entry of this.#pages.entries) {
      const owners = this.#owners.get(entry);
      if (!owners || !belongsTo(owners, userId)) continue;
      this.#pages.remove(entry);
      this.#turns.removed(entry);
    }
    this.#lastDrop = undefined;
    this.#pace.wake();
  }

  /** Of these replies nothing is shown any more: they repeated what somebody had forgotten. */
  eraseReplies(replyIds: readonly string[]): void {
    for (const replyId of replyIds) {
      const entry = this.#replies.of(replyId);
      if (entry) this.#pages.remove(entry);
    }
    this.#pace.wake();
  }

  /** Whether it still writes this message, and whether that has to be edited; undefined: it does not (any more). */
  holds(messageId: string): 'shown' | 'due' | undefined {
    return this.#pages.holds(messageId);
  }

  /** What could not be written before may be now. Cheap. */
  wake(): void {
    this.#pace.wake(true);
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
    this.#pages = new Pages(this.#botName, this.#here);
  }

  /**
   * What begins from now on stands in a new message, where the channel is chosen now. What began before goes on where it
   * began, posted or not: other people read there.
   */
  turnPage(): void {
    this.#pages.turn(this.#here);
  }

  /** The last flush; nothing is written afterwards. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#turns.stopWaiting();
    this.#calls.endAll();
    this.#pace.stop();
    await this.#pace.drain();
    if (this.#pages.next()) {
      this.#log.warn({ lines: this.#pages.unposted }, 'the end of the transcript could not be posted');
    }
  }

  get #here(): TextChannel {
    return this.#text.here?.() ?? this.#text;
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
      // Nothing is posted of these, so nobody says when they can be forgotten.
      this.#turns.keep(QUIET_KEPT);
      this.#replies.keep(QUIET_KEPT);
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

  #observeWork({ replyId, turns, work }: EventOf<'server-tool'>): void {
    if (work.kind === 'call') this.#calls.observeHosted(replyId, turns, work);
    else this.#replies.worked(replyId, turns, work);
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

  async #write(): Promise<Outcome> {
    const pages = this.#pages.next() ? this.#pages : this.#past;
    if (!pages) return 'done';
    const outcome = await this.#writer.write(pages);
    if (outcome !== 'written') return outcome;
    this.#sayDropped(pages);
    this.#evictWritten();
    return this.#pages.next() || this.#past?.next() ? 'more' : 'done';
  }

  /** Nothing is lost without a word. */
  #sayDropped(pages: Pages): void {
    const lines = pages.takeUnsaid();
    if (lines === 0 || this.#closing !== undefined) return;
    const them = lines === 1 ? 'A line' : `${lines} lines`;
    this.#note(`${them} could not be posted while no channel took them. /transcript export has what is recorded.`);
  }

  /** Its speaker took it back: what of it was posted goes. */
  #withdraw(turnId: number): void {
    const entry = this.#turns.withdraw(turnId);
    if (!entry) return;
    this.#writer.withdrew();
    this.#past?.remove(entry);
  }

  #evictWritten(): void {
    const forgotten = new Set(this.#pages.evict((entry) => this.#turns.mayBeNamed(entry)));
    if (forgotten.size === 0) return;
    this.#turns.evict(forgotten);
    this.#replies.evict(forgotten);
  }
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
