import type { Child } from '../child.ts';
import type { SecondAsks, SecondTells } from '../door.ts';
import type { EventLog } from '../event-log.ts';
import {
  ANSWER_PATIENCE_MS,
  answerStep,
  soundBetween,
  soundStep,
  stoppedAt,
  stopStep,
  toldStep,
} from '../judgement.ts';
import type { Step } from '../step.ts';
import { unlessStopped } from '../stopped.ts';
import type { Sentence } from './sentences.ts';

/** Longer than the silence that ends a turn, so that two turns come of it; shorter than a wait for the answer. */
const CUT_MS = 1_200;
/** So much of the story is heard before somebody talks over it. */
const LISTENED_MS = 2_000;
const QUIET_MS = 1_500;
const ANSWER_MS = 25_000;
const SPEAK_MS = 20_000;

/** What the talk goes by. */
export interface TalkParts {
  readonly second: Child<SecondAsks, SecondTells>;
  readonly events: EventLog;
  readonly tell: (step: Step) => void;
  readonly signal: AbortSignal;
}

/** What the second bot says to the bot that is checked, and what comes back. */
export class Talk {
  readonly #parts: TalkParts;
  /** When the last word of each sentence was out; performance.now() of this process. */
  readonly spokenAt = new Map<Sentence, number>();

  constructor(parts: TalkParts) {
    this.#parts = parts;
  }

  /** All of it: one sentence alone, two with a cut, one over the answer. Rejects where either bot fails, or when it is stopped. */
  async hold(): Promise<void> {
    const answered = await this.#alone();
    this.#goesOn();
    const again = await this.#twoWithCut();
    this.#goesOn();
    if (answered || again) await this.#overAnswer();
    else {
      const measured = 'there is no answer to talk over';
      this.#parts.tell({ name: 'Over the answer', verdict: 'skipped', measured, expected: 'an answer' });
    }
  }

  /** Throws where the bot left. */
  #goesOn(): void {
    const [ended] = this.#parts.events.all('ended');
    if (!ended) return;
    const { reason } = ended;
    if (reason.kind === 'budget') throw new Error('The bot left, because the check has cost as much as it may.');
    throw new Error(`The bot left: ${'message' in reason ? reason.message : reason.kind}`);
  }

  /** Whether there was an answer. */
  async #alone(): Promise<boolean> {
    const { tell, events } = this.#parts;
    const since = events.length;
    const { endedAt } = await this.#speak('garden');
    const audibleAt = await this.#audible(endedAt);
    const turnMs = events.all('reply-audible', since)[0]?.sinceTurnMs ?? null;
    tell(answerStep('One alone: the answer', audibleAt === null ? null : audibleAt - endedAt, turnMs));
    await this.#quiet();
    const replies = events.all('reply-ended', since);
    const playedMs = replies.length === 1 ? (replies[0]?.heardMs ?? null) : null;
    tell(soundStep('One alone: its sound', soundBetween(await this.#heard(endedAt), endedAt), playedMs));
    return audibleAt !== null;
  }

  async #twoWithCut(): Promise<boolean> {
    const { endedAt } = await this.#speak('clock', CUT_MS, 'train');
    const audibleAt = await this.#audible(endedAt);
    this.#parts.tell(answerStep('Two with a cut: the answer', audibleAt === null ? null : audibleAt - endedAt, null));
    await this.#quiet();
    return audibleAt !== null;
  }

  async #overAnswer(): Promise<void> {
    const { tell, events } = this.#parts;
    const since = events.length;
    const story = await this.#speak('story');
    const firstAt = await this.#audible(story.endedAt);
    if (firstAt === null) {
      tell(answerStep('Over the answer: the answer', null, null));
      return;
    }
    await unlessStopped(new Promise((resolve) => setTimeout(resolve, LISTENED_MS)), this.#parts.signal);
    const over = await this.#speak('enough');
    await this.#audible(over.endedAt);
    await this.#quiet();
    const frames = await this.#heard(firstAt);
    tell(stopStep(frames, over.startedAt));
    const stopAt = stoppedAt(frames, over.startedAt);
    if (stopAt === null) return;
    const cut = events.all('reply-ended', since).find(({ interrupted }) => interrupted);
    tell(toldStep(cut, soundBetween(frames, firstAt, stopAt)));
  }

  /** One or two sentences; when the first began and the last ended, by the second bot's clock. */
  async #speak(
    first: Sentence,
    pauseMs = 0,
    then?: Sentence,
  ): Promise<{ readonly startedAt: number; readonly endedAt: number }> {
    const sentences = [[first, pauseMs] as const, ...(then ? [[then, 0] as const] : [])];
    const spoken = await this.#ask('speak', { sentences }, SPEAK_MS);
    const last = spoken.at(-1);
    const now = performance.now();
    for (const one of spoken) this.spokenAt.set(one.sentence, now - ((last?.endedAt ?? 0) - one.endedAt));
    return { startedAt: spoken[0]?.startedAt ?? 0, endedAt: last?.endedAt ?? 0 };
  }

  #audible(since: number): Promise<number | null> {
    return this.#ask('audible', { since, limitMs: ANSWER_PATIENCE_MS }, ANSWER_PATIENCE_MS + 5_000);
  }

  #quiet(): Promise<boolean> {
    return this.#ask('quiet', { forMs: QUIET_MS, limitMs: ANSWER_MS }, ANSWER_MS + 5_000);
  }

  #heard(since: number) {
    return this.#ask('heard', { since }, 5_000);
  }

  #ask<What extends keyof SecondAsks & string>(
    what: What,
    question: SecondAsks[What][0],
    limitMs: number,
  ): Promise<SecondAsks[What][1]> {
    return unlessStopped(this.#parts.second.ask(what, question, limitMs), this.#parts.signal);
  }
}
