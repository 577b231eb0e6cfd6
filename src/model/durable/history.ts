import type { HistoryItem } from '../../ports/capabilities.ts';
import type { Heard, SessionEvent } from '../../ports/model.ts';
import type { ToolResult } from '../../ports/tool-calls.ts';
import type { Turn, UserId } from '../../ports/voice.ts';
import { pastResultNote } from '../connection/prompt-text.ts';

type Entry = { readonly at: number } & (
  | { readonly kind: 'turn'; readonly turn: Turn; text: string }
  /** `cutAt`: the mark at which it turned out that less of it was heard. */
  | {
      readonly kind: 'reply';
      readonly replyId: string;
      readonly turnIds: readonly number[];
      text: string;
      samples: number;
      over: boolean;
      cutAt: number;
    }
  | {
      readonly kind: 'tool';
      readonly callId: string;
      readonly name: string;
      readonly turnIds: readonly number[];
      readonly text: string;
    }
);
/** What a session is given beside its history: turns, and results of calls. */
export interface Given {
  readonly turnIds: ReadonlySet<number>;
  readonly callIds: ReadonlySet<string>;
}
type Unplaced<E> = E extends Entry ? Omit<E, 'at'> : never;

const ITEMS = 40;
const CHARACTERS = 6_000;
const SAMPLES_PER_MS = 24;
/** What these bring may be anybody's words, whoever asked for it. */
const READS_PEOPLE: ReadonlySet<string> = new Set(['search_transcripts', 'recall']);

/** What was said and done in a conversation, in words, for a session that was not there. Bounded: the oldest goes. */
export class History {
  #entries: Entry[] = [];
  #mark = 0;

  /** A point in the conversation, for since(). */
  get mark(): number {
    return this.#mark;
  }

  began(turn: Turn, text = ''): void {
    this.#add({ kind: 'turn', turn, text });
  }

  note(event: SessionEvent): void {
    switch (event.type) {
      case 'turn-transcript': {
        const entry = this.#entries.find((one) => one.kind === 'turn' && one.turn.id === event.turnId);
        if (entry?.kind === 'turn') entry.text = event.text;
        return;
      }
      case 'reply-started':
        {
          const { replyId, turnIds } = event;
          this.#add({ kind: 'reply', replyId, turnIds, text: '', samples: 0, over: false, cutAt: 0 });
        }
        return;
      case 'reply-transcript': {
        const reply = this.#reply(event.replyId);
        if (reply && !reply.over) reply.text += event.delta;
        return;
      }
      case 'audio': {
        const reply = this.#reply(event.replyId);
        if (reply) reply.samples += event.pcm.length;
        return;
      }
      default:
        return;
    }
  }

  /** `turnIds`: those behind the call. */
  result(result: ToolResult, turnIds: readonly number[]): void {
    const { callId, name } = result;
    this.#add({ kind: 'tool', callId, name, turnIds, text: pastResultNote(result) });
  }

  /** Of these replies, and of those under way, only what was heard was said. */
  interrupt(heard: readonly Heard[], active: readonly string[]): void {
    const unheard = active.filter((id) => !heard.some(({ replyId }) => replyId === id));
    for (const replyId of unheard) this.#cut(replyId, 0);
    for (const { replyId, items } of heard) {
      this.#cut(
        replyId,
        items.reduce((sum, item) => sum + item.heardMs, 0),
      );
    }
  }

  /** These turns were never said: they go, with the answers to them, the results that they asked for, and what was read. */
  erase(turnIds: ReadonlySet<number>): void {
    const kept = this.#entries.filter((entry) => {
      if (entry.kind === 'turn') return !turnIds.has(entry.turn.id);
      return !readsPeople(entry) && !entry.turnIds.some((id) => turnIds.has(id));
    });
    this.#entries.splice(0, this.#entries.length, ...kept);
  }

  /** Nothing was said or done so far. */
  clear(): void {
    this.#entries = [];
  }

  /**
   * No later session is told what this person said until now, nor the answers and results that were for them alone, nor
   * what was read of people; what comes of these turns is not taken in.
   */
  withdraw(userId: UserId, turnIds: readonly number[]): void {
    const theirs = new Set(turnIds);
    for (const entry of this.#entries) {
      if (entry.kind !== 'turn') continue;
      if (entry.turn.userId === userId || entry.turn.about === userId) theirs.add(entry.turn.id);
    }
    this.#entries = this.#entries.filter((entry) => {
      if (entry.kind === 'turn') return !theirs.has(entry.turn.id);
      return !readsPeople(entry) && (entry.turnIds.length === 0 || !entry.turnIds.every((id) => theirs.has(id)));
    });
  }

  /** The words of a reply, as far as they were said. */
  saidIn(replyId: string): string {
    return this.#reply(replyId)?.text ?? '';
  }

  /** Oldest first, without these turns and the results of these calls: the session is going to be given them itself. */
  items(except: Given): readonly HistoryItem[] {
    return inWords(this.#entries, except);
  }

  /**
   * What came after a mark; undefined where what came before it is not true any more: less of a reply was heard. Words
   * of an earlier turn that came later do not matter: whoever was there heard them.
   */
  since(mark: number, except: Given): readonly HistoryItem[] | undefined {
    const before = this.#entries.filter(({ at }) => at <= mark);
    if (before.some((entry) => entry.kind === 'reply' && entry.cutAt > mark)) return undefined;
    return inWords(
      this.#entries.filter(({ at }) => at > mark),
      except,
    );
  }

  #add(entry: Unplaced<Entry>): void {
    this.#mark += 1;
    this.#entries.push({ ...entry, at: this.#mark });
    if (this.#entries.length > ITEMS) this.#entries.shift();
  }

  #reply(replyId: string): (Entry & { kind: 'reply' }) | undefined {
    const entry = this.#entries.find((one) => one.kind === 'reply' && one.replyId === replyId);
    return entry?.kind === 'reply' ? entry : undefined;
  }

  #cut(replyId: string, heardMs: number): void {
    const reply = this.#reply(replyId);
    if (!reply || reply.over) return;
    reply.over = true;
    const producedMs = reply.samples / SAMPLES_PER_MS;
    if (heardMs < producedMs || producedMs === 0) {
      this.#mark += 1;
      reply.cutAt = this.#mark;
      reply.text = reply.text.slice(0, producedMs === 0 ? 0 : Math.round((reply.text.length * heardMs) / producedMs));
    }
  }
}

function readsPeople(entry: Entry): boolean {
  return entry.kind === 'tool' && READS_PEOPLE.has(entry.name);
}

function isGiven(entry: Entry, { turnIds, callIds }: Given): boolean {
  if (entry.kind === 'turn') return turnIds.has(entry.turn.id);
  return entry.kind === 'tool' && callIds.has(entry.callId);
}

/** Oldest first; what is too much is left out at the beginning. */
function inWords(entries: readonly Entry[], except: Given): readonly HistoryItem[] {
  const items: HistoryItem[] = [];
  let left = CHARACTERS;
  for (const entry of entries.toReversed()) {
    const text = entry.text.trim();
    if (text === '' || isGiven(entry, except)) continue;
    left -= text.length;
    if (left < 0) break;
    if (entry.kind === 'turn') items.unshift({ by: 'person', name: entry.turn.name, text });
    else items.unshift({ by: entry.kind === 'reply' ? 'model' : 'tool', text });
  }
  return items;
}
