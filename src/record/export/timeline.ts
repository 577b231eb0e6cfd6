import type { RecordedLine, RecordedUtterance } from '../../ports/record.ts';
import { ShownNames } from './shown-names.ts';
import type { Participant, PlacedLine } from './transcript-format.ts';
import { NOBODY, nameOf } from './words.ts';

/** People end and begin within so much of each other without talking over each other. */
const OVERLAP_MS = 300;
/** The key of the model among the participants; no user id. */
const MODEL = '';
/** Utterances that last at the same time and are remembered; past it the oldest is forgotten. */
const MOST_SOUNDING = 100;

interface Sounding {
  readonly key: string | null;
  readonly shown: string;
  readonly endedAt: number;
}

/** Puts lines in their places, in the order of their beginnings: when, who, and over whom. */
export class Timeline {
  readonly #startedAt: number;
  readonly #participants: Participant[] = [];
  readonly #places = new Map<string, number>();
  readonly #names = new ShownNames();
  /** Utterances that may still last when the next one begins. */
  #sounding: Sounding[] = [];
  #lines = 0;
  #offsetMs = 0;
  #setBackMs = 0;
  #endedAt: number;

  /** `startedAt`: of the conversation. */
  constructor(startedAt: number) {
    this.#startedAt = startedAt;
    this.#endedAt = startedAt;
  }

  get participants(): readonly Participant[] {
    return this.#participants;
  }

  get lines(): number {
    return this.#lines;
  }

  /** The end of the last thing so far. */
  get endedAt(): number {
    return this.#endedAt;
  }

  place(given: RecordedLine): PlacedLine {
    const line = named(given);
    this.#lines += 1;
    const endedAt = 'endedAt' in line ? (line.endedAt ?? line.startedAt) : line.startedAt;
    this.#endedAt = Math.max(this.#endedAt, line.startedAt, endedAt);
    const own = { line, number: this.#lines, offsetMs: this.#offset(line.startedAt), over: [] };
    switch (line.kind) {
      case 'utterance':
        return { ...own, ...this.#utterance(line) };
      case 'tool-call': {
        const askers = new Map(line.askers.map(({ userId, name }) => [userId, name]));
        return { ...own, speakers: [...askers].map(([userId, name]) => this.#of(userId, userId, name)) };
      }
      case 'joined':
      case 'left':
        return { ...own, speakers: [this.#of(line.userId, line.userId, line.name)] };
      case 'notice':
        return { ...own, speakers: [] };
      default:
        return line satisfies never;
    }
  }

  /**
   * Lines come in the order in which they began. One that is earlier than the line before it began after the clock was set
   * back: the time from the beginning goes on from there.
   */
  #offset(startedAt: number): number {
    const offset = startedAt - this.#startedAt + this.#setBackMs;
    if (offset < this.#offsetMs) this.#setBackMs += this.#offsetMs - offset;
    this.#offsetMs = Math.max(this.#offsetMs, offset);
    return this.#offsetMs;
  }

  #utterance(line: RecordedUtterance): Pick<PlacedLine, 'speakers' | 'over'> {
    const key = line.by === 'model' ? MODEL : line.userId;
    const speaker = key === null ? undefined : this.#of(key, line.userId, line.name);
    const shown = speaker?.name ?? NOBODY;
    const over = line.written ? [] : this.#over(key, line);
    if (!line.written)
      this.#sounding = [...this.#sounding, { key, shown, endedAt: line.endedAt }].slice(-MOST_SOUNDING);
    return { speakers: speaker ? [speaker] : [], over };
  }

  #over(key: string | null, { startedAt, endedAt }: RecordedUtterance): readonly string[] {
    this.#sounding = this.#sounding.filter((one) => one.endedAt > startedAt);
    const enough = Math.min(OVERLAP_MS, Math.max(endedAt - startedAt, 1));
    const others = this.#sounding.filter(
      (one) =>
        (one.key !== key || key === null) &&
        Math.min(one.endedAt, Math.max(endedAt, startedAt + 1)) - startedAt >= enough,
    );
    return [...new Set(others.map(({ shown }) => shown))];
  }

  #of(key: string, userId: string | null, name: string): PlacedLine['speakers'][number] {
    const shown = this.#names.of(key, name, key === MODEL);
    const known = this.#places.get(key);
    if (known !== undefined) return { place: known, name: shown };
    const place = this.#participants.push({ userId, name, shown }) - 1;
    this.#places.set(key, place);
    return { place, name: shown };
  }
}

/** Nobody and nothing in a file is without a name that can be seen. */
function named(line: RecordedLine): RecordedLine {
  if (line.kind === 'notice') return line;
  if (line.kind !== 'tool-call') return { ...line, name: nameOf(line.name) };
  return { ...line, askers: line.askers.map((asker) => ({ ...asker, name: nameOf(asker.name) })) };
}
