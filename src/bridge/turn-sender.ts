import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { DurableSession } from '../ports/model.ts';
import type { Turn } from '../ports/voice.ts';
import type { ActiveModel } from './active-model.ts';
import type { ResponsePolicy } from './addressing/response-policy.ts';
import type { ToolRunner } from './calls/tool-runner.ts';
import type { IdleTimeout } from './idle-timeout.ts';
import type { Participants } from './participants.ts';
import type { Announcements } from './replies/announcements.ts';
import type { Replies } from './replies/replies.ts';
import type { ReplyUsage } from './replies/reply-usage.ts';
import type { Ticker } from './ticker.ts';
import type { ActiveTurns } from './turns/active-turns.ts';
import type { Floor } from './turns/floor.ts';
import type { FloorDecision } from './turns/floor-decision.ts';
import type { PendingTranscripts } from './turns/pending-transcripts.ts';
import type { TurnRegistry } from './turns/turn-registry.ts';

type DecisionOf<Type extends FloorDecision['type']> = Extract<FloorDecision, { type: Type }>;

/** Who takes part in carrying out what the floor decides. */
export interface TurnSenderDeps {
  readonly session: Pick<DurableSession, 'beginTurn' | 'appendAudio' | 'endTurn' | 'appendText' | 'pass'>;
  readonly model: ActiveModel;
  readonly people: Participants;
  readonly floor: Pick<Floor, 'owe'>;
  readonly turns: TurnRegistry;
  readonly underWay: ActiveTurns;
  readonly answering: ResponsePolicy;
  readonly announcements: Announcements;
  readonly replies: Replies;
  readonly tools: ToolRunner;
  readonly usage: ReplyUsage;
  readonly company: IdleTimeout;
  readonly lastWords: PendingTranscripts;
  readonly ticker: Ticker;
  readonly observe: (event: BridgeEvent) => void;
  /** See BridgeDeps. */
  readonly timeAt: (instant: number) => number;
}

/** What people say and type on its way into the session: carries out what the floor decided, in its order. */
export class TurnSender {
  readonly #deps: TurnSenderDeps;
  #count = 0;

  constructor(deps: TurnSenderDeps) {
    this.#deps = deps;
  }

  /** Turns so far. */
  get count(): number {
    return this.#count;
  }

  apply(decisions: readonly FloorDecision[]): void {
    for (const decision of decisions) this.#carryOut(decision);
  }

  #carryOut(decision: FloorDecision): void {
    const { session, people, replies, observe } = this.#deps;
    switch (decision.type) {
      case 'speaking':
      case 'level':
        this.#tellVoice(decision);
        return;
      case 'duck':
        replies.duck(true);
        observe({ type: 'ducked', by: people.person(decision.userId) });
        return;
      case 'unduck':
        replies.duck(false);
        observe({ type: 'unducked' });
        return;
      case 'interrupt':
        replies.interrupt(people.person(decision.userId), decision.firstVoicedAt);
        return;
      case 'begin':
        this.#begin(decision);
        return;
      case 'audio':
        session.appendAudio(decision.pcm);
        return;
      case 'end':
        this.#end(decision);
        return;
      case 'text':
        this.#type(decision);
        return;
      case 'dropped':
        observe({ type: 'speech-dropped', person: people.person(decision.userId), ms: decision.ms });
        return;
      default:
        decision satisfies never;
    }
  }

  #tellVoice(decision: DecisionOf<'speaking' | 'level'>): void {
    const { company, people, observe } = this.#deps;
    if (decision.type === 'speaking') company.spoke(performance.now());
    const { userId, ...rest } = decision;
    observe({ ...rest, person: people.person(userId) });
  }

  #begin({ turn, queuedMs, voicedFrom }: DecisionOf<'begin'>): void {
    const { model, underWay, answering, session, observe } = this.#deps;
    this.#add(turn);
    underWay.began(turn, performance.now());
    const audience = model.listens ? 'listens' : answering.audienceOf(turn.userId);
    observe({ type: 'turn-began', turn, queuedMs, soundStart: this.#deps.timeAt(voicedFrom), audience });
    session.beginTurn(answering.began(turn, voicedFrom));
  }

  #end(decision: DecisionOf<'end'>): void {
    const { model, session, floor, turns, underWay, answering, replies, usage, lastWords, ticker, observe } =
      this.#deps;
    const { turn, speechMs } = decision;
    const now = performance.now();
    const { respond, passed } = answering.ended(turn.id, decision.respond && !model.listens, now);
    session.endTurn(respond);
    underWay.ended(turn.id, now);
    if (passed) {
      session.pass([turn.id]);
      turns.over([turn.id]);
      underWay.answered([turn.id]);
    }
    if (!model.listens && !passed && answering.owes(turn.id)) floor.owe(turn, now);
    usage.heard(turn.id, speechMs);
    if (model.unprompted === 'waits') lastWords.said(turn.id, now);
    if (model.listens) underWay.answered([turn.id]);
    if (respond) replies.expect();
    // The floor counts on a reply; where none is asked for, the next tick tells it so.
    else ticker.wake();
    observe(this.#ended({ ...decision, respond }));
  }

  #type({ turn, text, announcement }: DecisionOf<'text'>): void {
    const { session, floor, underWay, answering, announcements, replies, observe } = this.#deps;
    this.#add(turn);
    floor.owe(turn, performance.now());
    underWay.typed(turn, performance.now());
    if (announcement) announcements.given(announcement, turn.id);
    if (announcement?.outside) this.#deps.tools.outsideCame();
    observe({ type: 'turn-began', turn, queuedMs: 0 });
    observe({ type: 'turn-transcript', turn, text, final: true });
    answering.wrote(turn, performance.now());
    replies.shortfalls.typed(turn.id);
    session.appendText(turn, text);
    replies.expect();
  }

  #add(turn: Turn): void {
    this.#count += 1;
    this.#deps.turns.add(turn);
    this.#deps.tools.turnBegan(turn);
  }

  #ended({ voicedFrom, voicedUntil, ...ended }: DecisionOf<'end'>): BridgeEvent {
    const { timeAt } = this.#deps;
    return { ...ended, type: 'turn-ended', soundStart: timeAt(voicedFrom), soundEnd: timeAt(voicedUntil) };
  }
}
