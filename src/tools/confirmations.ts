import { randomUUID } from 'node:crypto';
import { wordsOf } from '../ports/errors.ts';
import type { MessageButton, TextChannel } from '../ports/room.ts';
import type { ConfirmationAnswer, PressOutcome } from '../ports/tools.ts';
import type { Person } from '../ports/voice.ts';

/** Somebody who confirms within this time means what was said; later it counts as no. */
const WAIT_MS = 60_000;
/** How many past questions are known, for the answers to late presses. */
const REMEMBERED = 200;
/** In the place of what stood above the last message of a question. */
const OVER = '-# …';

/** What somebody is asked to confirm. All texts are untrusted. */
export interface Question {
  readonly tool: string;
  readonly askers: readonly Person[];
  /** JSON text. */
  readonly arguments: string;
  /** What it will really do, where the tool can say that. */
  readonly words: string | undefined;
  /** Text from outside may have led to it. */
  readonly tainted: boolean;
  /** It may be the wish of somebody else, who may not; whose is never said. */
  readonly overheard?: boolean;
}

/** How questions look. `texts`: messages of at most 2,000 characters, the last one gets the buttons; none: too long. */
export interface QuestionLook {
  texts(question: Question, waitMs: number): readonly string[];
  /** The last message once it is over. */
  closed(question: Question, answer: ConfirmationAnswer): string;
  buttons(id: string): readonly MessageButton[];
}

/** After `ms`; gives a function that calls it off. */
export type Later = (run: () => void, ms: number) => () => void;

interface Pending {
  readonly askers: readonly Person[];
  readonly settle: (answer: ConfirmationAnswer) => void;
}

/** Questions that a person has to say yes to before a tool acts. They end with the process. */
export class Confirmations {
  readonly #look: QuestionLook;
  readonly #later: Later;
  readonly #pending = new Map<string, Pending>();
  readonly #past = new Map<string, ConfirmationAnswer>();

  /** `later` replaces setTimeout in tests. */
  constructor(look: QuestionLook, later: Later = wallTimer) {
    this.#look = look;
    this.#later = later;
  }

  /**
   * Posts the question and waits for the answer, at most 60 s. Never rejects; an aborted signal cancels it. `onAsked`: it is
   * there, and nobody has answered yet.
   */
  async ask(
    question: Question,
    text: TextChannel,
    signal: AbortSignal,
    onAsked?: () => void,
  ): Promise<ConfirmationAnswer> {
    if (signal.aborted) return { kind: 'cancelled' };
    const messages = this.#look.texts(question, WAIT_MS);
    if (messages.length === 0) {
      return { kind: 'unasked', reason: 'Its arguments are too long to be shown and confirmed.' };
    }
    const id = randomUUID();
    const answered = this.#waitFor(id, question.askers, signal);
    const posted = this.#post(messages, text, id, signal);
    // A press may come before Discord has told us that the post is there.
    void posted.then((one) => {
      if (one.kind !== 'posted') answered.settle(one);
      else if (this.#pending.has(id)) onAsked?.();
    });
    const answer = await answered.promise;
    void posted.then((one) => {
      if (one.kind === 'posted') void this.#close(one.messageIds, question, answer, text);
    });
    return answer;
  }

  /** Somebody pressed a button. `keepsOrder`: they are a moderator. */
  press(id: string, by: Person, press: { readonly confirm: boolean; readonly keepsOrder: boolean }): PressOutcome {
    const pending = this.#pending.get(id);
    if (!pending) return { kind: 'over', answer: this.#past.get(id) ?? null };
    if (!press.keepsOrder && !pending.askers.some(({ userId }) => userId === by.userId)) {
      return { kind: 'not-yours', askers: pending.askers };
    }
    pending.settle({ kind: press.confirm ? 'confirmed' : 'declined', by });
    return { kind: 'taken', confirmed: press.confirm };
  }

  #waitFor(id: string, askers: readonly Person[], signal: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<ConfirmationAnswer>();
    const callOff = this.#later(() => settle({ kind: 'late' }), WAIT_MS);
    const cancel = () => settle({ kind: 'cancelled' });
    const settle = (answer: ConfirmationAnswer): void => {
      if (!this.#pending.delete(id)) return;
      callOff();
      signal.removeEventListener('abort', cancel);
      this.#past.set(id, answer);
      if (this.#past.size > REMEMBERED) this.#past.delete(this.#past.keys().next().value as string);
      resolve(answer);
    };
    this.#pending.set(id, { askers, settle });
    signal.addEventListener('abort', cancel, { once: true });
    return { promise, settle };
  }

  /** Messages in their order; gives their ids, or why the question could not be put. */
  async #post(
    messages: readonly string[],
    text: TextChannel,
    id: string,
    signal: AbortSignal,
  ): Promise<ConfirmationAnswer | { readonly kind: 'posted'; readonly messageIds: readonly string[] }> {
    const messageIds: string[] = [];
    try {
      for (const [at, message] of messages.entries()) {
        signal.throwIfAborted();
        messageIds.push(await text.post(message, at === messages.length - 1 ? this.#look.buttons(id) : []));
      }
      return { kind: 'posted', messageIds };
    } catch (error) {
      for (const messageId of messageIds) void text.edit(messageId, OVER, []).catch(() => {});
      if (signal.aborted) return { kind: 'cancelled' };
      const why = wordsOf(error, 'something in me broke.');
      return { kind: 'unasked', reason: `Nobody could be asked to confirm it: ${why}` };
    }
  }

  /**
   * Takes the buttons away, and the arguments: no record knows these posts, so nobody could have their words taken out of
   * them later. Where that fails they stay, and whoever presses is told that it is over.
   */
  async #close(
    messageIds: readonly string[],
    question: Question,
    answer: ConfirmationAnswer,
    text: TextChannel,
  ): Promise<void> {
    for (const messageId of messageIds) {
      const shown = messageId === messageIds.at(-1) ? this.#look.closed(question, answer) : OVER;
      await text.edit(messageId, shown, []).catch(() => {});
    }
  }
}

const wallTimer: Later = (run, ms) => {
  const timer = setTimeout(run, ms).unref();
  return () => clearTimeout(timer);
};
