import type { Logger } from 'pino';
import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { SessionEvent } from '../ports/model.ts';
import type { ActiveModel } from './active-model.ts';
import type { ResponsePolicy } from './addressing/response-policy.ts';
import type { ToolRunner } from './calls/tool-runner.ts';
import type { ProviderTools } from './provider-tools.ts';
import type { Replies } from './replies/replies.ts';
import type { ReplyUsage } from './replies/reply-usage.ts';
import type { TurnSender } from './turn-sender.ts';
import type { ActiveTurns } from './turns/active-turns.ts';
import type { Floor } from './turns/floor.ts';
import type { PendingTranscripts } from './turns/pending-transcripts.ts';
import type { TurnRegistry } from './turns/turn-registry.ts';

type EventOf<Type extends SessionEvent['type']> = Extract<SessionEvent, { type: Type }>;
type Told = EventOf<
  | 'unheard-usage'
  | 'transcription-usage'
  | 'refused'
  | 'notice'
  | 'going-away'
  | 'resumable'
  | 'paused'
  | 'resumed'
  | 'model-changed'
>;

/** Whom the session's words concern. */
export interface SessionRouterDeps {
  readonly guildId: string;
  readonly model: ActiveModel;
  readonly floor: Floor;
  readonly feed: TurnSender;
  readonly turns: TurnRegistry;
  readonly underWay: ActiveTurns;
  readonly lastWords: PendingTranscripts;
  readonly answering: ResponsePolicy;
  readonly replies: Replies;
  readonly tools: ToolRunner;
  readonly hosted: ProviderTools;
  readonly usage: ReplyUsage;
  readonly observe: (event: BridgeEvent) => void;
  /** The bot's own voice may be in another state now. */
  readonly onState: () => void;
  /** The running session goes by other options now. */
  readonly onOptions: () => void;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** Hears what the session tells, and takes each event to whom it concerns. */
export class SessionRouter {
  readonly #deps: SessionRouterDeps;

  constructor(deps: SessionRouterDeps) {
    this.#deps = deps;
  }

  take(event: SessionEvent): void {
    this.#pass(event);
    this.#deps.onState();
  }

  #pass(event: SessionEvent): void {
    const { replies, tools, hosted, feed, floor, observe } = this.#deps;
    switch (event.type) {
      case 'reply-started':
        replies.started(event);
        return;
      case 'audio':
        replies.sounded(event);
        return;
      case 'audio-done':
        replies.soundDone(event.replyId);
        return;
      case 'reply-transcript':
        replies.wrote(event.replyId);
        observe(event);
        return;
      case 'interrupted':
        // Only what has begun is broken off: what was asked for since may already be on its way.
        replies.silence(event.goesOn);
        return;
      case 'reply-done':
        replies.done(event);
        return;
      case 'turn-transcript':
        this.#wordsCame(event);
        return;
      case 'turn-closed':
        feed.apply(floor.closeTurn(event.turnId, performance.now()));
        return;
      case 'tool-call':
        tools.run(event.call);
        return;
      case 'tool-cancelled':
        tools.cancel(event.callIds);
        return;
      case 'server-tool':
        hosted.came(event.replyId, event.work);
        return;
      case 'approval-request':
        void hosted.judge(event.call, event.server);
        return;
      default:
        this.#tell(event);
        return;
    }
  }

  #wordsCame(event: EventOf<'turn-transcript'>): void {
    const { turns, underWay, lastWords, answering, replies, observe } = this.#deps;
    const { turnId, exact: _exact, missing: _missing, ...words } = event;
    if (turnId !== null && underWay.isWithdrawn(turnId)) return;
    if (turnId !== null && words.final) {
      underWay.written(turnId);
      lastWords.written(turnId);
    }
    const turn = turnId === null ? null : (turns.get(turnId) ?? null);
    observe({ ...words, turn });
    if (turnId !== null) replies.shortfalls.heard(turnId, words);
    answering.heard(turn, event);
    replies.askAddressed();
  }

  /** Of the session itself, and of what it costs. */
  #tell(event: Told): void {
    const { guildId, turns, replies, observe, log } = this.#deps;
    switch (event.type) {
      case 'unheard-usage':
        observe({ ...event, type: 'usage', turns: turns.list(event.turnIds) });
        return;
      case 'transcription-usage':
        observe({ ...event, turns: event.turnId === null ? [] : turns.list([event.turnId]) });
        return;
      case 'refused':
        log.warn({ guildId, said: event.message }, 'the model refused a request');
        return;
      case 'notice':
        observe({ type: 'trouble', message: event.message });
        return;
      case 'going-away':
        log.info({ guildId, timeLeftMs: event.timeLeftMs }, 'the model will close the session');
        return;
      case 'resumable':
        return;
      case 'paused':
      case 'resumed':
        replies.paused = event.type === 'paused';
        this.#deps.floor.setAnswerable(!replies.paused);
        observe({ type: 'trouble', message: event.message });
        return;
      case 'model-changed':
        this.#changeModel(event);
        return;
      default:
        event satisfies never;
    }
  }

  #changeModel(event: EventOf<'model-changed'>): void {
    const { model, replies, floor, usage, onOptions, observe } = this.#deps;
    replies.paused = false;
    floor.setAnswerable(true);
    model.changed(event.model);
    usage.provider = event.model.provider;
    onOptions();
    observe(event);
  }
}
