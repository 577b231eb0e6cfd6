import type { Turn, UserId } from '../../ports/voice.ts';
import type { BotState } from './floor-decision.ts';

/** Whoever has waited this long for an answer comes before everybody who goes on speaking. */
const PATIENCE_MS = 3_500;
/** An answer that came this way is kept from being cut by those who spoke meanwhile, no longer than this once it sounds… */
const PROTECTED_MS = 15_000;
/** …and nobody is held up longer than this for one that does not come. */
const ANSWER_WAIT_MS = 20_000;
/** A bot that has been silent for so long, and of which no answer is awaited, does not begin one by itself. */
const NOTHING_COMES_MS = 1_500;
/** An answer has sounded this long before it gives way to another person who waits too long. */
const SOUNDED_MS = 4_000;

/** Somebody who waits, and since when; `userId` null: the bot itself has something to say. */
export interface Waiting {
  readonly userId: UserId | null;
  readonly since: number;
}

interface Guard {
  readonly userId: UserId | null;
  readonly since: number;
  /** They spoke while this person waited. */
  readonly barred: Set<UserId>;
  /** The answer sounds since then. */
  audibleAt: number | undefined;
}

/**
 * Sees to it that nobody is kept from their answer by others who go on speaking, or by noise: who is owed an answer and
 * since when, and whose answer goes before everything else now. Whoever speaks again does not wait, so a person who
 * makes noise without end cannot claim it. Pure: time comes in.
 */
export class Patience {
  readonly #owed = new Map<number, { readonly userId: UserId; readonly since: number }>();
  #guard: Guard | undefined;
  /** Since when the bot is silent and nobody has the floor. */
  #idleSince: number | undefined;

  /** Somebody's answer goes before everything else. */
  get guards(): boolean {
    return this.#guard !== undefined;
  }

  /** Their turn is over and is to be answered. */
  owe(turn: Turn, since: number): void {
    if (turn.userId !== null) this.#owed.set(turn.id, { userId: turn.userId, since });
  }

  /** These turns are answered, or get no answer. */
  settle(turnIds: readonly number[]): void {
    for (const id of turnIds) this.#owed.delete(id);
  }

  /** They begin to speak: what they are owed is owed to what they say now. Gives whether they may cut the bot off. */
  spoke(userId: UserId): boolean {
    this.forget(userId);
    const barred = this.bars(userId);
    // Without this they would begin as soon as the answer sounds.
    if (barred) this.#guard?.barred.add(userId);
    return !barred;
  }

  /** Nothing is owed to this person any more. */
  forget(userId: UserId): void {
    for (const [id, one] of this.#owed) if (one.userId === userId) this.#owed.delete(id);
  }

  /** Nothing is owed to anybody any more. */
  reset(): void {
    this.#owed.clear();
    this.#guard = undefined;
  }

  /** Whether this person has to wait for somebody else's answer. */
  bars(userId: UserId | null): boolean {
    const guard = this.#guard;
    if (!guard || guard.userId === userId) return false;
    return guard.audibleAt === undefined || userId === null || guard.barred.has(userId);
  }

  /**
   * Who has waited too long: of those who are owed an answer and of `others`, who wait to begin. `speaks`: whether this
   * person is speaking.
   */
  due(others: readonly Waiting[], speaks: (userId: UserId) => boolean, now: number): Waiting | undefined {
    const guard = this.#guard;
    if (guard && (guard.audibleAt === undefined || now - guard.audibleAt < SOUNDED_MS)) return undefined;
    let first: Waiting | undefined;
    for (const one of [...this.#owed.values(), ...others]) {
      if (one.userId !== null && (one.userId === guard?.userId || speaks(one.userId))) continue;
      if (now - one.since >= PATIENCE_MS && one.since < (first?.since ?? Number.POSITIVE_INFINITY)) first = one;
    }
    return first;
  }

  /** This person's answer goes before everything that `barred` people say. */
  letFirst({ userId }: Waiting, barred: readonly UserId[], now: number): void {
    this.#guard = { userId, since: now, barred: new Set(barred), audibleAt: undefined };
  }

  /** What the bot does now, and whether somebody `holds` the floor; gives whether the others may go on. */
  bot(state: BotState, holds: boolean, now: number): boolean {
    if (state !== 'silent' || holds) this.#idleSince = undefined;
    else this.#idleSince ??= now;
    const guard = this.#guard;
    if (!guard) return false;
    if (state === 'speaking') guard.audibleAt ??= now;
    const isOwed = guard.userId !== null && [...this.#owed.values()].some(({ userId }) => userId === guard.userId);
    const comes = isOwed && now - Math.max(this.#idleSince ?? now, guard.since) < NOTHING_COMES_MS;
    const isOver = state === 'silent' && !comes && (guard.audibleAt !== undefined || now > guard.since);
    const spentMs = now - (guard.audibleAt ?? guard.since);
    if (!isOver && spentMs < (guard.audibleAt === undefined ? ANSWER_WAIT_MS : PROTECTED_MS)) return false;
    // An answer that did not come is not waited for twice.
    if (guard.userId !== null) this.forget(guard.userId);
    this.#guard = undefined;
    return true;
  }
}
