import type { Heard } from '../../../ports/model.ts';
import { type Generation, heardPart } from './generation.ts';

const REMEMBERED = 16;

/** Answers that are over, and what the model has to be told of one that people did not hear to its end. */
export class GeminiCutOff {
  readonly #finished: { readonly generation: Generation; readonly at: number }[] = [];
  #text: string | undefined;

  /** The answer that ended last. */
  get last(): Generation | undefined {
    return this.#finished.at(-1)?.generation;
  }

  finished(generation: Generation, now: number): void {
    this.#finished.push({ generation, at: now });
    if (this.#finished.length > REMEMBERED) this.#finished.shift();
  }

  /**
   * The turns behind answers that ended since then and were broken off by nobody: what is called behind one that people cut
   * off is not asked for by whoever it answered.
   */
  since(instant: number): readonly number[] {
    const recent = this.#finished.filter(({ generation, at }) => {
      return at >= instant && !generation.interrupted && generation.mode !== 'dropped';
    });
    return recent.flatMap(({ generation }) => generation.turnIds);
  }

  /**
   * People heard so much of these; of `under`, which is under way, whatever they say of it. Calls back with those of
   * which they heard nothing.
   */
  cut(heard: readonly Heard[], under: Generation | undefined, unheard: (generation: Generation) => void): void {
    const ended = this.#finished.map(({ generation }) => generation);
    const replies = under ? [...ended, under] : ended;
    const cut = replies.filter((one) => one === under || heard.some(({ replyId }) => replyId === one.replyId));
    for (const one of cut) {
      const items = heard.find(({ replyId }) => replyId === one.replyId)?.items ?? [];
      const heardMs = items.reduce((sum, item) => sum + item.heardMs, 0);
      if (heardMs <= 0) unheard(one);
      this.#text = heardPart(one, heardMs) ?? this.#text;
    }
  }

  /** The model believes to have said it; nobody was even told that it began. */
  noteUnheard(generation: Generation): void {
    if (generation.mode !== 'dropped' || generation.announced || generation.said === '') return;
    this.#text = '';
    generation.said = '';
  }

  /** What the model should be told, once: the part that was heard; undefined: nothing. */
  take(): string | undefined {
    const text = this.#text;
    this.#text = undefined;
    return text;
  }
}
