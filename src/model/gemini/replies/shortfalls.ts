import type { LiveServerMessage } from '@google/genai';
import type { SessionEvent, Shortfall } from '../../../ports/model.ts';

/** A reply that the bridge knows of. */
interface Told {
  readonly replyId: string;
  empty: boolean;
}

/**
 * Answers of one Gemini session that are none: a turn that completes without a word, and what the service says of why.
 * It looks at what is told of the session, and adds to the end of each reply what was missing in it.
 */
export class GeminiShortfalls {
  readonly #name: string;
  #told: Told | undefined;
  #reason: string | undefined;
  /** Replies in which nothing was said or done, and whose turns nobody has given up. */
  #empties: string[] = [];

  /** `name`: of the service, for people. */
  constructor(name: string) {
    this.#name = name;
  }

  /** Why a turn ends as it does, where a message says so: before its end, or with it. */
  noteReason(message: LiveServerMessage): void {
    const { serverContent, promptFeedback } = message as LiveServerMessage & {
      readonly promptFeedback?: { readonly blockReason?: unknown };
    };
    // Gateways pass on fields of generateContent: ai.google.dev/api/generate-content, FinishReason and BlockReason.
    const content = serverContent as { turnCompleteReason?: unknown; finishReason?: unknown } | undefined;
    const said = [content?.turnCompleteReason, content?.finishReason, promptFeedback?.blockReason].find(
      (one): one is string => typeof one === 'string' && !ORDINARY.test(one),
    );
    this.#reason = said ?? this.#reason;
  }

  /** The turn has ended: what was said of it is said. */
  ended(): void {
    this.#reason = undefined;
  }

  /** An answer is asked for. Gives the replies that have answered nothing so far: this one is for their turns, too. */
  takeEmpty(): readonly string[] {
    return this.#empties.splice(0);
  }

  /** Nobody waits any more for what had no answer. */
  pass(): void {
    this.#empties = [];
  }

  /** The event as it is to be told. */
  judge(event: SessionEvent): SessionEvent {
    switch (event.type) {
      case 'reply-started':
        this.#told = { replyId: event.replyId, empty: true };
        return event;
      case 'audio':
      case 'reply-transcript':
      case 'server-tool':
        if (this.#told?.replyId === event.replyId) this.#told.empty = false;
        return event;
      case 'tool-call':
        if (this.#told?.replyId === event.call.replyId) this.#told.empty = false;
        return event;
      case 'reply-done': {
        const told = this.#told?.replyId === event.replyId ? this.#told : undefined;
        // One that nobody knows of says only that nothing follows.
        if (!told || event.status !== 'completed') return event;
        this.#told = undefined;
        const shortfall = this.#shortfall(told.empty && !event.awaitsTools);
        if (shortfall?.empty) this.#empties.push(event.replyId);
        return shortfall ? { ...event, shortfall } : event;
      }
      default:
        return event;
    }
  }

  #shortfall(empty: boolean): Shortfall | undefined {
    const reason = this.#reason;
    if (!empty && reason === undefined) return undefined;
    const said = `${reason ?? 'no reason given'}${empty ? ', without any output' : ''}`;
    return { empty, reason: reason === undefined ? null : wordsFor(reason, this.#name, empty), said };
  }
}

/** Ends that say nothing: TurnCompleteReason of @google/genai, FinishReason. */
const ORDINARY = /UNSPECIFIED$|^STOP$|^NEED_MORE_INPUT$/;
const FILTERED = /SAFETY|PROHIBITED|BLOCKLIST|SPII|RECITATION|UNSAFE|CELEBRITY|PROMINENT|MINORS|^INPUT_OTHER$|^OTHER$/;

function wordsFor(reason: string, name: string, empty: boolean): string {
  if (FILTERED.test(reason)) {
    const where = /INPUT|PROMPT|UNSAFE/.test(reason) ? 'what was said' : 'the answer';
    return `The safety filter of ${name} stopped ${where} (${reason}). Please say it in other words.`;
  }
  // google-gemini/gemini-live-api-examples#40
  if (reason === 'RESPONSE_REJECTED')
    return `${name} rejected its own answer (${reason}). Please say it in other words.`;
  if (reason === 'MAX_TOKENS' && !empty) return 'The answer ends here: it reached the longest that one answer may be.';
  if (reason === 'MAX_TOKENS') return 'The model used up what one answer may be long before it said anything.';
  if (/FUNCTION_CALL|TOOL_CALL/.test(reason))
    return `The model of ${name} made a tool call that cannot be read (${reason}).`;
  return `${name} broke the answer off (${reason}).`;
}
