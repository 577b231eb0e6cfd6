import type { Logger } from 'pino';
import type { BridgeEvent, EndReason } from '../ports/bridge-events.ts';
import { LineLostError, SessionLostError } from '../ports/errors.ts';
import type { DurableSession } from '../ports/model.ts';
import type { VoiceLine } from '../ports/voice.ts';
import type { ActiveModel } from './active-model.ts';
import type { ToolRunner } from './calls/tool-runner.ts';
import type { Participants } from './participants.ts';
import type { Announcements } from './replies/announcements.ts';
import type { Replies } from './replies/replies.ts';
import type { TurnSender } from './turn-sender.ts';
import type { Floor } from './turns/floor.ts';
import type { PendingTranscripts } from './turns/pending-transcripts.ts';

/** Leaving takes no longer than this because of a farewell. */
const FAREWELL_MS = 1_000;
/** Where the bot only listens, it waits so long for what was said last, and … */
const LAST_TURNS_MS = 2_000;
/** … so long where it talks as well. */
const LAST_WORDS_MS = 1_000;

/**
 * What is still there when the bot leaves for this reason. `words`: the model may still bring the words of what was said
 * last. `line`: a farewell can still be heard.
 */
const STILL_THERE: Readonly<Record<EndReason['kind'], { readonly words: boolean; readonly line: boolean }>> = {
  asked: { words: true, line: true },
  alone: { words: true, line: true },
  idle: { words: true, line: true },
  budget: { words: true, line: true },
  'line-lost': { words: true, line: false },
  'session-lost': { words: false, line: true },
};

/** What a conversation consists of when it ends. */
export interface ShutdownDeps {
  readonly guildId: string;
  readonly line: Pick<VoiceLine, 'close'>;
  readonly session: Pick<DurableSession, 'close'>;
  readonly model: ActiveModel;
  readonly people: Participants;
  readonly floor: Floor;
  readonly feed: TurnSender;
  readonly lastWords: PendingTranscripts;
  readonly tools: ToolRunner;
  readonly announcements: Announcements;
  readonly replies: Replies;
  readonly stopTicking: () => void;
  /** How long the words of what was said last are waited for where the bot talks; only tests need another time. */
  readonly lastWordsMs?: number | undefined;
  /** The last thing to do while the bot is still in the channel; waited for at most a second. */
  readonly beforeLeaving?: (() => Promise<void>) | undefined;
  readonly observe: (event: BridgeEvent) => void;
  readonly log: Pick<Logger, 'warn' | 'error'>;
}

/** How a conversation ends: once, for one reason, and in this order: last words, session, farewell, line. */
export class Shutdown {
  readonly #deps: ShutdownDeps;
  #leaving: Promise<void> | undefined;
  #closing = false;

  constructor(deps: ShutdownDeps) {
    this.#deps = deps;
  }

  /** It ends: nothing of people is taken in any more. */
  get begun(): boolean {
    return this.#leaving !== undefined;
  }

  /** Both legs are closed, or about to be. */
  get closing(): boolean {
    return this.#closing;
  }

  /** Idempotent; the first reason counts. */
  leave(reason: EndReason): Promise<void> {
    this.#leaving ??= this.#leave(reason);
    return this.#leaving;
  }

  /** Why to leave when the loop over a leg's events broke. */
  reasonOf(error: unknown): EndReason {
    if (error instanceof LineLostError) return { kind: 'line-lost', message: error.message };
    if (error instanceof SessionLostError) return { kind: 'session-lost', message: error.message };
    const { guildId, log } = this.#deps;
    log.error({ err: error, guildId }, 'a bridge broke');
    return { kind: 'session-lost', message: 'Something in me broke; the log of the bot says what.' };
  }

  async #leave(reason: EndReason): Promise<void> {
    const { model, lastWords, lastWordsMs = LAST_WORDS_MS, line, observe } = this.#deps;
    const isThere = STILL_THERE[reason.kind];
    if (isThere.words) {
      if (model.listens) this.#endTurns();
      await lastWords.all(model.listens ? LAST_TURNS_MS : lastWordsMs);
    }
    this.#closing = true;
    this.#closeParts();
    if (isThere.line) await this.#takeLeave();
    await line.close();
    observe({ type: 'ended', reason });
  }

  #endTurns(): void {
    const { people, floor, feed } = this.#deps;
    for (const { userId } of people.here) feed.apply(floor.left(userId, performance.now()));
  }

  #closeParts(): void {
    const { stopTicking, tools, announcements, replies, session } = this.#deps;
    stopTicking();
    tools.close();
    announcements.close();
    replies.close();
    session.close();
  }

  async #takeLeave(): Promise<void> {
    const { guildId, beforeLeaving, log } = this.#deps;
    const limit = new Promise<void>((resolve) => setTimeout(resolve, FAREWELL_MS).unref());
    try {
      await Promise.race([beforeLeaving?.(), limit]);
    } catch (error) {
      log.warn({ err: error, guildId }, 'could not take leave');
    }
  }
}
