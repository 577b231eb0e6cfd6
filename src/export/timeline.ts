import type { RecordedLine, RecordedUtterance } from '../bridge/record-ports.ts';
import type { Participant, PlacedLine } from './transcript-format.ts';

/** People end and begin within so much of each other without talking over each other. */
const OVERLAP_MS = 300;
/** The key of the model among the participants; no user id. */
const MODEL = '';

/** Puts lines in their places, in the order of their beginnings: when, who, and over whom. */
export class Timeline {
  readonly #startedAt: number;
  readonly #participants: Participant[] = [];
  readonly #places = new Map<string, number>();
  /** Utterances that may still last when the next one begins. */
  #sounding: RecordedUtterance[] = [];
  #lines = 0;
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

  place(line: RecordedLine): PlacedLine {
    this.#lines += 1;
    const endedAt = 'endedAt' in line ? (line.endedAt ?? line.startedAt) : line.startedAt;
    this.#endedAt = Math.max(this.#endedAt, line.startedAt, endedAt);
    const over = line.kind === 'utterance' ? this.#over(line) : [];
    return {
      line,
      number: this.#lines,
      offsetMs: Math.max(0, line.startedAt - this.#startedAt),
      speakers: this.#speakers(line),
      over: over.map((one) => this.#utterer(one)).filter((place) => place !== undefined),
      overNames: [...new Set(over.map(({ name }) => name))],
    };
  }

  #over(line: RecordedUtterance): RecordedUtterance[] {
    this.#sounding = this.#sounding.filter(({ endedAt }) => endedAt > line.startedAt);
    const isOther = (one: RecordedUtterance) => one.by !== line.by || one.userId !== line.userId;
    const lasts = Math.max(line.endedAt - line.startedAt, 1);
    const over = this.#sounding.filter(
      (one) => isOther(one) && Math.min(one.endedAt, line.endedAt) - line.startedAt >= Math.min(OVERLAP_MS, lasts),
    );
    if (!line.written) this.#sounding.push(line);
    return line.written ? [] : over;
  }

  #speakers(line: RecordedLine): readonly number[] {
    switch (line.kind) {
      case 'utterance': {
        const place = this.#utterer(line);
        return place === undefined ? [] : [place];
      }
      case 'tool-call':
        return [...new Set(line.askers.map(({ userId, name }) => this.#of(userId, { userId, name })))];
      case 'joined':
      case 'left':
        return [this.#of(line.userId, { userId: line.userId, name: line.name })];
      case 'notice':
        return [];
      default:
        return line satisfies never;
    }
  }

  #utterer({ by, userId, name }: RecordedUtterance): number | undefined {
    if (by === 'model') return this.#of(MODEL, { userId: null, name });
    return userId === null ? undefined : this.#of(userId, { userId, name });
  }

  #of(key: string, participant: Participant): number {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.#participants.push(participant) - 1;
    this.#places.set(key, place);
    return place;
  }
}
