import type { Logger } from 'pino';
import type { Shortfall } from '../../ports/model.ts';
import type { Turn } from '../../ports/voice.ts';

/** Words of a question that had no answer are waited for so long before people are told: noise is nobody's question. */
const WORDS_WAIT_MS = 8_000;
/** A service that wants more time than this before it is asked again is asked all the same. */
const LONGEST_PAUSE_MS = 10_000;
/** Turns of which it is known what became of them. */
const REMEMBERED = 512;

const NO_ANSWER = 'The model had no answer, although I asked it twice. Please say it again in other words.';

/** What of a turn matters to who owes it an answer. */
interface Question {
  /** What is known of its words; undefined: nothing. */
  words: string | undefined;
  /** Those are all its words. */
  written: boolean;
  /** The model was asked again for it. */
  again: boolean;
  /** People were told why it has no answer. */
  told: boolean;
}

export interface ShortfallsDeps {
  readonly guildId: string;
  /** Whether nobody is to write down what people say: then no words can be waited for. */
  readonly unwritten: () => boolean;
  /** Whether the model was left to choose if this turn is for it. */
  readonly mayStaySilent: (turnId: number) => boolean;
  /** Asks for a reply to everything that is open. */
  readonly ask: () => void;
  /** These turns are not to be answered any more. `noQuestions`: those of them that nobody expected an answer to. */
  readonly pass: (turnIds: readonly number[], noQuestions: readonly number[]) => void;
  /** For people. */
  readonly tell: (message: string) => void;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * Answers that are none: each question is asked once more, and then people are told why there is no answer, once a
 * question and in the service's own reason where it gave one. Pure but for what it is given: time comes in.
 */
export class Shortfalls {
  readonly #deps: ShortfallsDeps;
  readonly #questions = new Map<number, Question>();
  /** Turns without an answer whose words are waited for, each with why and until when. */
  readonly #pending = new Map<number, { readonly message: string; readonly until: number }>();
  /** When to ask again; undefined: not. */
  #askAt: number | undefined;

  constructor(deps: ShortfallsDeps) {
    this.#deps = deps;
  }

  /** Somebody typed this turn, or it is an announcement: it is a question for sure. */
  typed(turnId: number): void {
    this.#of(turnId).written = true;
    this.#of(turnId).words = 'typed';
  }

  /** Words of a turn. `missing`: somebody spoke, and nobody could write it down. */
  heard(turnId: number, words: { readonly text: string; readonly final: boolean }): void {
    const question = this.#of(turnId);
    question.words = words.text;
    question.written = words.final;
    this.#judge(turnId, question);
  }

  /**
   * A reply to these turns ended short of an answer. Gives whether an answer is to be expected still: it is asked for
   * once nobody speaks.
   */
  ended(turns: readonly Turn[], shortfall: Shortfall, now: number): boolean {
    const { guildId, log, pass } = this.#deps;
    const { empty, reason, said, againInMs = 0 } = shortfall;
    const asked = turns.filter(({ id }) => this.#isQuestion(id));
    // Silence about noise, or where the model may choose, is nothing to look at.
    if (reason !== null || asked.length > 0) {
      log.warn({ guildId, said, empty, turns: turns.length }, 'the model gave no whole answer');
    }
    if (!empty) {
      if (reason !== null) this.#tell(asked, reason);
      return false;
    }
    const fresh = asked.filter(({ id }) => !this.#of(id).again);
    if (reason !== null) this.#explain(asked, reason, now);
    if (fresh.length > 0) {
      for (const { id } of fresh) this.#of(id).again = true;
      this.#askAt = now + Math.min(againInMs, LONGEST_PAUSE_MS);
      return true;
    }
    const ids = turns.map(({ id }) => id);
    // The model may still do what a question asked for, with whatever it says next.
    pass(
      ids,
      ids.filter((id) => !this.#isQuestion(id)),
    );
    if (reason === null) this.#explain(asked, NO_ANSWER, now);
    return false;
  }

  /** A reply to everything that is open was asked for: nobody asks for another. */
  asked(): void {
    this.#askAt = undefined;
  }

  /** People hear or read an answer to these turns. */
  answered(turns: readonly Turn[]): void {
    for (const { id } of turns) this.#pending.delete(id);
  }

  /** `quiet`: nobody speaks or waits to speak. */
  tick(now: number, quiet: boolean): void {
    for (const [id, { message, until }] of this.#pending) {
      if (now < until) continue;
      this.#pending.delete(id);
      this.#tellFor([id], message);
    }
    if (this.#askAt === undefined || now < this.#askAt || !quiet) return;
    this.#askAt = undefined;
    this.#deps.ask();
  }

  /** Their speaker took these turns back, or nobody is to answer them. */
  withdraw(turnIds: readonly number[]): void {
    for (const id of turnIds) {
      this.#pending.delete(id);
      this.#of(id).told = true;
      this.#of(id).again = true;
    }
  }

  /** Not where the model may choose, and not noise. */
  #isQuestion(turnId: number): boolean {
    const { words, written } = this.#of(turnId);
    return !this.#deps.mayStaySilent(turnId) && !(written && (words ?? '').trim() === '');
  }

  /** Tells it of those whose words are known; of the others once they are. */
  #explain(turns: readonly Turn[], message: string, now: number): void {
    const known = ({ id }: Turn) => (this.#of(id).words ?? '').trim() !== '' || this.#deps.unwritten();
    if (turns.some(known)) {
      this.#tell(turns, message);
      return;
    }
    for (const { id } of turns) {
      if (!this.#of(id).told) this.#pending.set(id, { message, until: now + WORDS_WAIT_MS });
    }
  }

  #judge(turnId: number, { words, written }: Question): void {
    const pending = this.#pending.get(turnId);
    if (!pending || (!written && (words ?? '').trim() === '')) return;
    this.#pending.delete(turnId);
    if ((words ?? '').trim() !== '') this.#tellFor([turnId], pending.message);
  }

  #tell(turns: readonly Turn[], message: string): void {
    this.#tellFor(
      turns.map(({ id }) => id),
      message,
    );
  }

  #tellFor(turnIds: readonly number[], message: string): void {
    const untold = turnIds.filter((id) => !this.#of(id).told);
    if (untold.length === 0) return;
    for (const id of untold) this.#of(id).told = true;
    this.#deps.tell(message);
  }

  #of(turnId: number): Question {
    const known = this.#questions.get(turnId);
    if (known) return known;
    const question = { words: undefined, written: false, again: false, told: false };
    this.#questions.set(turnId, question);
    if (this.#questions.size > REMEMBERED) this.#questions.delete(this.#questions.keys().next().value as number);
    return question;
  }
}
