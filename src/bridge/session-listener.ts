import type { Logger } from 'pino';
import type { Answering } from './answering.ts';
import type { BridgeEvent } from './bridge-ports.ts';
import type { Floor } from './floor.ts';
import type { HostedWork } from './hosted-work.ts';
import type { LastWords } from './last-words.ts';
import type { ModelInUse } from './model-in-use.ts';
import type { SessionEvent } from './ports.ts';
import type { Replies } from './replies.ts';
import type { ReplyUsage } from './reply-usage.ts';
import type { TurnBook } from './rights.ts';
import type { ToolRunner } from './tool-runner.ts';
import type { TurnFeed } from './turn-feed.ts';
import type { TurnsUnderWay } from './turns-under-way.ts';

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
export interface SessionListenerParts {
  readonly guildId: string;
  readonly model: ModelInUse;
  readonly floor: Floor;
  readonly feed: TurnFeed;
  readonly turns: TurnBook;
  readonly underWay: TurnsUnderWay;
  readonly lastWords: LastWords;
  readonly answering: Answering;
  readonly replies: Replies;
  readonly tools: ToolRunner;
  readonly hosted: HostedWork;
  readonly usage: ReplyUsage;
  readonly observe: (event: BridgeEvent) => void;
  /** The bot's own voice may be in another state now. */
  readonly onState: () => void;
  /** The running session goes by other options now. */
  readonly onOptions: () => void;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** Hears what the session tells, and takes each event to whom it concerns. */
export class SessionListener {
  readonly #parts: SessionListenerParts;

  constructor(parts: SessionListenerParts) {
    this.#parts = parts;
  }

  take(event: SessionEvent): void {
    this.#pass(event);
    this.#parts.onState();
  }

  #pass(event: SessionEvent): void {
    const { replies, tools, hosted, feed, floor, observe } = this.#parts;
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
        feed.act(floor.closeTurn(event.turnId, performance.now()));
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
    const { turns, underWay, lastWords, answering, replies, observe } = this.#parts;
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
    const { guildId, turns, replies, observe, log } = this.#parts;
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
        this.#parts.floor.setAnswerable(!replies.paused);
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
    const { model, replies, floor, usage, onOptions, observe } = this.#parts;
    replies.paused = false;
    floor.setAnswerable(true);
    model.changed(event.model);
    usage.provider = event.model.provider;
    onOptions();
    observe(event);
  }
}
