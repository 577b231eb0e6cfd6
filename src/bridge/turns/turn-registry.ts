import type { Person, Turn, UserId } from '../../ports/voice.ts';

/** How many turns are remembered; a tool call for an older one counts as by nobody known. */
const REMEMBERED = 4_000;

/**
 * The turns of one bridge by id: the only way from a reply or a tool call to the people whom it answers. A reply names
 * every turn that it may take up. Of these, some are over: nobody waits for an answer to them (they were for somebody
 * else, or their answer broke off). Who asked are the people of the others.
 */
export class TurnRegistry {
  readonly #isBot: (userId: UserId) => boolean;
  readonly #turns = new Map<number, Turn>();
  /** What each reply answers, and what it may take up of answers that were cut off before. */
  readonly #replies = new Map<
    string,
    { readonly named: readonly number[]; readonly behind: readonly number[]; readonly doubtful: readonly number[] }
  >();
  /** Turns that nobody waits for an answer to. */
  readonly #over = new Set<number>();
  /** Turns of which people heard an answer to its end. */
  readonly #heard = new Set<number>();
  /** Turns for which the model was given what a tool brought, and need not speak of it. */
  readonly #told = new Set<number>();
  /** Turns for which it was given something that it is to speak of: of these it is not known which answer does. */
  readonly #reopened = new Set<number>();
  /** Turns behind answers that were cut off: they stay behind the next one. */
  #cut: readonly number[] = [];

  /** `isBot`: who may be heard and has no rights; by default nobody. */
  constructor(isBot: (userId: UserId) => boolean = () => false) {
    this.#isBot = isBot;
  }

  add(turn: Turn): void {
    this.#turns.set(turn.id, turn);
    if (this.#turns.size <= REMEMBERED) return;
    const oldest = this.#turns.keys().next().value as number;
    this.#turns.delete(oldest);
    for (const ids of [this.#over, this.#heard, this.#told, this.#reopened]) ids.delete(oldest);
  }

  /** A reply to these turns began. It may take up those whose answer was cut off before. `doubtful`: see SessionEvent. */
  replied(replyId: string, turnIds: readonly number[], doubtful: readonly number[] = []): void {
    this.#replies.set(replyId, { named: turnIds, behind: merged(this.#cut, turnIds), doubtful });
    this.#cut = [];
    if (this.#replies.size > REMEMBERED) this.#replies.delete(this.#replies.keys().next().value as string);
  }

  /** Nobody waits for an answer to these turns; the model may still take up what was said in them. */
  over(turnIds: readonly number[]): void {
    for (const id of turnIds) if (this.#turns.has(id)) this.#over.add(id);
  }

  /** People heard this reply to its end, or read it. Of one to several people nobody knows whom it answered. */
  heard(replyId: string): void {
    const turnIds = this.asked(this.#behind(replyId));
    if (!this.#ofOnePerson(turnIds)) return;
    const doubtful = this.#replies.get(replyId)?.doubtful ?? [];
    for (const id of turnIds) if (this.#turns.has(id) && !doubtful.includes(id)) this.#heard.add(id);
  }

  /**
   * The model is given what a tool brought for these turns, and no reply is to come to it: where they have had their answer,
   * nobody waits for another one.
   */
  told(turnIds: readonly number[]): void {
    for (const id of turnIds) if (this.#turns.has(id)) this.#told.add(id);
  }

  /** This reply was cut off after people heard a part of it: nobody waits for the rest, but the model may go on with it. */
  cut(replyId: string): void {
    const turnIds = this.#behind(replyId);
    this.#cut = merged(this.#cut, turnIds);
    for (const id of turnIds) this.#heard.delete(id);
  }

  /** The same of a reply that broke off by itself. Where it may have answered several people, nobody knows whom it did. */
  brokeOff(replyId: string): void {
    const turnIds = this.#behind(replyId);
    if (this.#ofOnePerson(turnIds)) this.over(turnIds);
    this.cut(replyId);
  }

  #behind(replyId: string): readonly number[] {
    return this.#replies.get(replyId)?.behind ?? [];
  }

  #ofOnePerson(turnIds: readonly number[]): boolean {
    return new Set(turnIds.map((id) => this.#turns.get(id)?.userId)).size === 1;
  }

  /** A reply to these turns is to come all the same: it uses what a tool brought for them. */
  reopened(turnIds: readonly number[]): void {
    for (const id of this.asked(turnIds)) {
      this.#over.delete(id);
      if (this.#turns.has(id)) this.#reopened.add(id);
    }
  }

  /** Of the turns behind a reply or a call, those that it answers; all of them where nobody waits for any. */
  asked(turnIds: readonly number[]): readonly number[] {
    const open = turnIds.filter((id) => !this.#over.has(id) && !this.#isTold(id));
    return open.length > 0 ? open : turnIds;
  }

  /** Its person had the whole answer, and the model need not say more to it. */
  #isTold(turnId: number): boolean {
    return this.#told.has(turnId) && this.#heard.has(turnId) && !this.#reopened.has(turnId);
  }

  /** The known turns that a reply may take up. */
  behind(replyId: string): Turn[] {
    return this.list(this.#behind(replyId));
  }

  /** Of these, the ones that it surely answers, or what comes after its tools will. */
  answeredBy(replyId: string): Turn[] {
    return this.list(this.asked(this.#replies.get(replyId)?.named ?? []));
  }

  get(turnId: number): Turn | undefined {
    return this.#turns.get(turnId);
  }

  /** The turns that are known among these, in the given order. */
  list(turnIds: readonly number[]): Turn[] {
    return turnIds.flatMap((id) => this.#turns.get(id) ?? []);
  }

  /**
   * The people whose turns are answered, each once. `certain` only if every one of these turns is known and a known
   * person's, and there is at least one (who made a bot say something is not known): whoever is asked for rights must then
   * ask for those that all of them share.
   */
  askers(turnIds: readonly number[]): { askers: Person[]; certain: boolean } {
    const askers = new Map<string, Person>();
    let certain = turnIds.length > 0;
    for (const id of this.asked(turnIds)) {
      const turn = this.#turns.get(id);
      if (turn?.userId && !this.#isBot(turn.userId)) askers.set(turn.userId, { userId: turn.userId, name: turn.name });
      else certain = false;
    }
    return { askers: [...askers.values()], certain };
  }
}

function merged(one: readonly number[], other: readonly number[]): readonly number[] {
  return [...one, ...other.filter((id) => !one.includes(id))];
}
