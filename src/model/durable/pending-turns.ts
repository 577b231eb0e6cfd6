import type { Heard } from '../../ports/model.ts';
import type { ToolCall } from '../../ports/tool-calls.ts';
import type { Pcm, Turn } from '../../ports/voice.ts';
import { TurnSound } from './turn-sound.ts';

/** Something that a session was given, or is to be given, and that no reply has answered for people to hear. */
export type PendingItem =
  | {
      readonly kind: 'spoken';
      readonly seq: number;
      readonly turn: Turn;
      readonly sound: TurnSound;
      ended: boolean;
    }
  | { readonly kind: 'typed'; readonly seq: number; readonly turn: Turn; readonly text: string }
  /** A tool's result, or where an answer broke off, in words. `sent`: the present session knows of it. */
  | {
      readonly kind: 'note';
      readonly seq: number;
      readonly turnIds: readonly number[];
      readonly text: string;
      /** Of the call whose result it is. */
      readonly callId: string | undefined;
      sent: boolean;
      /** Nobody waits for an answer to it. */
      readonly silent: boolean;
      /** It is what was said in its turn, in words. */
      readonly said?: true;
    };
/** One that is words for the model. */
export type Note = PendingItem & { readonly kind: 'note' };

interface Reply {
  readonly turnIds: readonly number[];
  items: readonly PendingItem[];
  sounded: boolean;
  done: boolean;
  cut: boolean;
}
type Ids = ReadonlySet<number>;

/** Sound that is kept to be sent again; beyond it the oldest turn is given up. */
const SOUND_LIMIT_MS = 120_000;
/** Replies that may still turn out not to have been heard; what plays is never further behind. */
const REMEMBERED = 4;
/** So many turns whose words are known are given again as sound; those before them in words. */
const AS_SOUND = 3;
const LONGEST_WORDS = 1_000;

/** What a lost session still owed, so that the next one can be given it again: each turn whole, none twice. */
export class PendingTurns {
  readonly #limit: number;
  #items: PendingItem[] = [];
  readonly #replies = new Map<string, Reply>();
  #seq = 0;

  /** `rate` of the sound, in Hz; `limitMs`: how much of it is kept. */
  constructor(rate: number, limitMs = SOUND_LIMIT_MS) {
    this.#limit = (limitMs * rate) / 1000;
  }

  /** Oldest first. */
  get items(): readonly PendingItem[] {
    return this.#items;
  }

  /** Replies that have begun and not ended. */
  get active(): readonly string[] {
    return [...this.#replies].filter(([, reply]) => !reply.done).map(([replyId]) => replyId);
  }

  /** Of these, those that nobody has cut off. */
  get sounding(): readonly string[] {
    return this.active.filter((replyId) => !this.#replies.get(replyId)?.cut);
  }

  get open(): boolean {
    return this.#items.some((item) => item.kind === 'spoken' && !item.ended);
  }

  began(turn: Turn): void {
    this.#items.push({ kind: 'spoken', seq: ++this.#seq, turn, sound: new TurnSound(), ended: false });
  }

  /** Gives the turns of which the sound had to be given up, to stay within bounds. */
  sound(pcm: Pcm): readonly Turn[] {
    const open = this.#items.find((item) => item.kind === 'spoken' && !item.ended);
    if (open?.kind === 'spoken') open.sound.push(pcm);
    // Answered turns are kept only in case that nobody heard the answer: they go first.
    for (const reply of this.#replies.values()) {
      if (this.#samples() <= this.#limit) return [];
      reply.items = [];
    }
    const lost: Turn[] = [];
    while (this.#samples() > this.#limit) {
      const index = this.#items.findIndex((item) => item.kind === 'spoken' && item !== open);
      if (index < 0) break;
      const [item] = this.#items.splice(index, 1);
      if (item?.kind === 'spoken') lost.push(item.turn);
    }
    return lost;
  }

  ended(): void {
    // Nothing was said in it: there is nothing to answer.
    this.#items = this.#items.filter((item) => item.kind !== 'spoken' || item.ended || item.sound.chunks.length > 0);
    for (const item of this.#items) if (item.kind === 'spoken') item.ended = true;
  }

  /** These turns want no answer, and what the session was told for them alone wants none either. */
  passed(turnIds: readonly number[]): void {
    const passed = (item: PendingItem): boolean =>
      item.kind === 'note'
        ? item.sent && item.turnIds.every((id) => turnIds.includes(id))
        : turnIds.includes(item.turn.id);
    this.#items = this.#items.filter((item) => !passed(item));
  }

  typed(turn: Turn, text: string): void {
    this.#items.push({ kind: 'typed', seq: ++this.#seq, turn, text });
  }

  note(turnIds: readonly number[], text: string, sent: boolean, callId?: string): void {
    this.#items.push({ kind: 'note', seq: ++this.#seq, turnIds, text, callId, sent, silent: false });
  }

  /** What the model is to know of when it is asked for something else. */
  aside(turnIds: readonly number[], text: string): void {
    this.#items.push({ kind: 'note', seq: ++this.#seq, turnIds, text, callId: undefined, sent: false, silent: true });
  }

  /**
   * Turns whose words are known (`wordsOf`: undefined where they are not) are owed in words from now on, all but the newest.
   * Given again as sound, one after the other, they would take so long that a conversation whose line goes again and again
   * never came to what is said in it now.
   */
  condense(wordsOf: (turnId: number) => string | undefined): void {
    const known = this.#items.filter(
      (item) => item.kind === 'spoken' && item.ended && wordsOf(item.turn.id) !== undefined,
    );
    const older = new Set(known.slice(0, -AS_SOUND));
    this.#items = this.#items.map((item): PendingItem => {
      if (item.kind !== 'spoken' || !older.has(item)) return item;
      const { turn, seq } = item;
      const words = JSON.stringify((wordsOf(turn.id) ?? '').slice(0, LONGEST_WORDS));
      const text = `${JSON.stringify(turn.name)} said ${words}, and has no answer to it yet.`;
      return { kind: 'note', seq, turnIds: [turn.id], text, callId: undefined, sent: false, silent: false, said: true };
    });
  }

  /** Whether one of the unsent notes asks for an answer by itself. */
  get presses(): boolean {
    return this.unsent.some(({ silent }) => !silent);
  }

  /** Notes that the present session does not know of. */
  get unsent(): readonly Note[] {
    return this.#items.filter((item): item is Note => item.kind === 'note' && !item.sent);
  }

  /** Nothing is owed for these turns any more, and nobody is told where an answer to them broke off. */
  erase(turnIds: Ids): void {
    const about = (item: PendingItem): boolean =>
      item.kind === 'note' ? item.turnIds.some((id) => turnIds.has(id)) : turnIds.has(item.turn.id);
    this.#items = this.#items.filter((item) => !about(item));
    for (const reply of this.#replies.values()) reply.items = reply.items.filter((item) => !about(item));
  }

  /** Nothing that was said so far is owed any more, whatever becomes of the replies under way. */
  clear(): void {
    this.#items = [];
    for (const reply of this.#replies.values()) {
      reply.items = [];
      reply.cut = true;
    }
  }

  /** The session is gone, and with it all that it was given; the replies under way are over. */
  sessionLost(): void {
    for (const item of this.#items) if (item.kind === 'note') item.sent = false;
    for (const reply of this.#replies.values()) reply.done = true;
  }

  /** A reply to these turns begins: they are owed no more, unless nobody hears it. */
  replyStarted(replyId: string, turnIds: readonly number[]): void {
    const answers = (item: PendingItem): boolean =>
      item.kind === 'note'
        ? item.sent && item.turnIds.every((id) => turnIds.includes(id))
        : turnIds.includes(item.turn.id);
    const items = this.#items.filter(answers);
    this.#items = this.#items.filter((item) => !answers(item));
    this.#replies.set(replyId, { turnIds, items, sounded: false, done: false, cut: false });
    const oldest = this.#replies.keys().next();
    if (this.#replies.size > REMEMBERED && !oldest.done) this.#replies.delete(oldest.value);
  }

  /** A reply acts: sent again, its turns would make the tool run twice. Its result will be owed instead. */
  called({ replyId, turnIds }: Pick<ToolCall, 'replyId' | 'turnIds'>): void {
    const reply = this.#replies.get(replyId);
    if (reply) reply.items = [];
    this.#items = this.#items.filter((item) => item.kind === 'note' || !turnIds.includes(item.turn.id));
  }

  sounded(replyId: string): void {
    const reply = this.#replies.get(replyId);
    if (reply) reply.sounded = true;
  }

  /** A reply that failed before it said or did anything has answered nobody. */
  replyDone(replyId: string, failed: boolean): void {
    const reply = this.#replies.get(replyId);
    if (!reply) return;
    reply.done = true;
    if (!failed || reply.sounded || reply.cut) return;
    this.#owe(reply);
  }

  turnsOf(replyId: string): readonly number[] {
    return this.#replies.get(replyId)?.turnIds ?? [];
  }

  /** See SpeechSession.interrupt: what nobody heard is owed again. */
  interrupt(heard: readonly Heard[]): void {
    for (const [replyId, reply] of this.#replies) {
      const own = heard.find((one) => one.replyId === replyId);
      if (reply.cut || (reply.done && !own)) continue;
      reply.cut = true;
      const unheard = !own?.items.some((item) => item.heardMs > 0);
      if (unheard) this.#owe(reply);
      else reply.items = [];
    }
  }

  /** Nothing of these turns is owed any more, whatever becomes of the replies to them. */
  withdraw(turnIds: readonly number[]): void {
    const stays = (item: PendingItem): boolean =>
      item.kind === 'note'
        ? !item.said || !item.turnIds.some((id) => turnIds.includes(id))
        : !turnIds.includes(item.turn.id);
    this.#items = this.#items.filter(stays);
    for (const reply of this.#replies.values()) reply.items = reply.items.filter(stays);
  }

  #owe(reply: Reply): void {
    this.#items = [...this.#items, ...reply.items].sort((a, b) => a.seq - b.seq);
    reply.items = [];
  }

  #samples(): number {
    let sum = 0;
    for (const item of this.#items) if (item.kind === 'spoken') sum += item.sound.samples;
    for (const { items } of this.#replies.values())
      for (const item of items) if (item.kind === 'spoken') sum += item.sound.samples;
    return sum;
  }
}
