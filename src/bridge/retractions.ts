import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { Note } from '../ports/guild.ts';
import type { DurableSession } from '../ports/model.ts';
import type { UserId } from '../ports/voice.ts';
import type { ActiveModel } from './active-model.ts';
import type { ResponsePolicy } from './addressing/response-policy.ts';
import type { ToolRunner } from './calls/tool-runner.ts';
import type { Participants } from './participants.ts';
import type { Announcements } from './replies/announcements.ts';
import type { Replies } from './replies/replies.ts';
import type { TurnSender } from './turn-sender.ts';
import type { ActiveTurns } from './turns/active-turns.ts';
import type { Floor } from './turns/floor.ts';

/** Where words of people are. */
export interface RetractionsDeps {
  readonly session: Pick<DurableSession, 'erase' | 'withdraw' | 'beginAnew'>;
  readonly model: ActiveModel;
  readonly people: Participants;
  readonly floor: Floor;
  readonly underWay: ActiveTurns;
  readonly answering: ResponsePolicy;
  readonly announcements: Announcements;
  readonly feed: TurnSender;
  readonly replies: Replies;
  readonly tools: ToolRunner;
  readonly observe: (event: BridgeEvent) => void;
  /** The bot's own voice may be in another state now. */
  readonly onState: () => void;
}

/** What people take back while the conversation goes on: their words go, and the others get the answer they wait for. */
export class Retractions {
  readonly #deps: RetractionsDeps;

  constructor(deps: RetractionsDeps) {
    this.#deps = deps;
  }

  /** Nothing of what this person said or asked for so far is left here or in the session. Their notes are not told again. */
  erase(userId: UserId): void {
    const { session, model, floor, underWay, answering, feed, replies, tools, onState } = this.#deps;
    const now = performance.now();
    feed.apply(floor.erase(userId, now));
    const withdrawn = underWay.withdraw(userId, now).turns.map(({ id }) => id);
    answering.withdraw(withdrawn);
    replies.shortfalls.withdraw(withdrawn);
    tools.erase(userId);
    replies.silenceTo((turns) => turns.some((turn) => turn.userId === userId || turn.about === userId));
    const owed = session.erase(userId, model.erase(userId));
    answering.cut();
    // Where not everybody is answered, the next tick asks for whoever waits; what else is owed are results of tools.
    const asks = answering.chooses && answering.mayAsk;
    if (!owed) replies.givenUp();
    else if (floor.quiet && !model.listens && !asks) replies.ask();
    onState();
  }

  /**
   * Others may hear the bot from now on than those who heard it until now: it goes on in a session that knows of nothing,
   * and nothing that was said, asked for or planned until now is answered. What was said is written down all the same.
   */
  beginAnew(notes: readonly Note[] | undefined): void {
    const { session, model, floor, underWay, answering, announcements, feed, replies, tools, onState } = this.#deps;
    const now = performance.now();
    feed.apply(floor.leaveAll(now));
    replies.cut();
    answering.leaveAll();
    replies.shortfalls.withdraw(underWay.leaveAll());
    // The turn that ended just now is owed nothing either.
    feed.apply(floor.leaveAll(now));
    tools.leaveAll();
    const instructions = model.beginAnew(notes);
    const told = model.options.notes ?? [];
    tools.keptCame(told);
    session.beginAnew(instructions, told);
    announcements.giveUp();
    onState();
  }

  /**
   * Who may be heard has changed: this person, or anybody (null). Of whoever may not, nothing that is under way is kept,
   * asked for or told.
   */
  consentChanged(changed: UserId | null): void {
    const { people, floor, model, underWay } = this.#deps;
    model.keepNotes((userId) => people.mayHear(userId));
    const all = changed === null ? new Set([...floor.speakers, ...underWay.people]) : [changed];
    for (const userId of all) if (!people.mayHear(userId)) this.#withdraw(userId);
  }

  #withdraw(userId: UserId): void {
    const { session, floor, underWay, answering, announcements, feed, replies, observe, onState } = this.#deps;
    const now = performance.now();
    announcements.withdraw(userId);
    const { turns, unanswered } = underWay.withdraw(userId, now);
    if (unanswered && replies.state === 'preparing') replies.cut();
    // An answer that was faster than the words that it is about.
    replies.silenceTo((answered) => underWay.areWithdrawn(answered.map(({ id }) => id)));
    const turnIds = turns.map(({ id }) => id);
    answering.withdraw(turnIds);
    replies.shortfalls.withdraw(turnIds);
    session.withdraw(userId, turnIds);
    for (const turn of turns) observe({ type: 'turn-withdrawn', turn });
    feed.apply(floor.withdraw(userId, now));
    onState();
    // The others waited for the end of what is taken back, or for the answer that was to be for all of them.
    if (!unanswered || !floor.quiet || !underWay.awaitsAnswer(now)) return;
    // Where not everybody is answered, the next tick asks for whoever waits.
    if (!this.#answersAll) return;
    replies.ask();
    onState();
  }

  get #answersAll(): boolean {
    return !this.#deps.model.listens && !this.#deps.answering.chooses;
  }
}
