import type { Pcm, Turn } from '../../ports/voice.ts';
import { TurnSound } from './turn-sound.ts';

/** A spoken turn whose words are not final: its sound, and what is known of them. */
export interface UntranscribedTurn {
  readonly turn: Turn;
  /** Empty where it had to be given up. */
  readonly sound: TurnSound;
  text: string;
  endedAt: number | undefined;
}

/** Sound that is kept in all; beyond it the oldest turn's is given up. */
const SOUND_LIMIT_MS = 60_000;
/** Words that did not come within this time after the turn are not coming: nobody spoke, as far as the model heard. */
const EXPECTED_MS = 15_000;
/** The same where words came meanwhile of which nobody knows whose they are: such a connection is replaced soon. */
const DOUBTED_MS = 90_000;

/** The sound of every turn until its words are final, so that they can still be had when its session is gone. */
export class UntranscribedTurns {
  readonly #limit: number;
  readonly #turns = new Map<number, UntranscribedTurn>();
  /** Turns that had ended, without words, when a line came of which nobody knows who said it. */
  readonly #doubted = new Set<number>();
  #open: UntranscribedTurn | undefined;

  /** `rate` of the sound, in Hz. */
  constructor(rate: number) {
    this.#limit = (SOUND_LIMIT_MS * rate) / 1000;
  }

  began(turn: Turn): void {
    this.#open = { turn, sound: new TurnSound(), text: '', endedAt: undefined };
    this.#turns.set(turn.id, this.#open);
  }

  sound(pcm: Pcm): void {
    this.#open?.sound.push(pcm);
    let samples = 0;
    for (const { sound } of this.#turns.values()) samples += sound.samples;
    for (const one of this.#turns.values()) {
      if (samples <= this.#limit || one === this.#open) return;
      samples -= one.sound.samples;
      one.sound.clear();
    }
  }

  ended(now: number): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    open.endedAt = now;
    if (open.sound.chunks.length === 0) this.#turns.delete(open.turn.id);
  }

  heard(turnId: number, text: string, final: boolean): void {
    const turn = this.#turns.get(turnId);
    if (turn) turn.text = text;
    if (final) this.#turns.delete(turnId);
  }

  /** A final line came of which nobody knows who said it: each turn that has ended may be without its words. */
  doubt(): void {
    for (const [id, { endedAt }] of this.#turns) if (endedAt !== undefined) this.#doubted.add(id);
  }

  /** Nobody is to write these turns down. */
  erase(turnIds: ReadonlySet<number>): void {
    for (const id of turnIds) this.#turns.delete(id);
    if (this.#open && turnIds.has(this.#open.turn.id)) this.#open = undefined;
  }

  /** Nobody is to write these turns down, by their ids. */
  withdraw(turnIds: readonly number[]): void {
    for (const id of turnIds) this.#turns.delete(id);
    if (this.#open && turnIds.includes(this.#open.turn.id)) this.#open = undefined;
  }

  /** Whether words of a turn that has ended may still come. */
  expected(now: number): boolean {
    this.#expire(now);
    return [...this.#turns.values()].some(({ endedAt }) => endedAt !== undefined && now - endedAt <= EXPECTED_MS);
  }

  /** The turns whose words no session is going to bring; `again`: those that are given to the next one. */
  take(again: ReadonlySet<number>, now: number): readonly UntranscribedTurn[] {
    this.#expire(now);
    const taken = [...this.#turns.values()].filter((one) => one !== this.#open && !again.has(one.turn.id));
    for (const { turn } of taken) this.#turns.delete(turn.id);
    return taken;
  }

  #expire(now: number): void {
    for (const [id, { endedAt }] of this.#turns) {
      const limit = this.#doubted.has(id) ? DOUBTED_MS : EXPECTED_MS;
      if (endedAt !== undefined && now - endedAt > limit) this.#turns.delete(id);
    }
    for (const id of this.#doubted) if (!this.#turns.has(id)) this.#doubted.delete(id);
  }
}
