import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { Turn, UserId } from '../ports/voice.ts';

/** As much as a conversation may still hear of. */
const REMEMBERED = 1_000;

/**
 * Keeps what people had forgotten out of the record: words, answers and results that are still on their way when
 * somebody asks for it. What is said afterwards is not concerned.
 */
export class ErasedTurns {
  /** Whose turn, or for whom. */
  readonly #turns = new Map<number, UserId | undefined>();
  readonly #replies = new Map<string, readonly number[]>();
  /** The people behind each call. */
  readonly #calls = new Map<string, readonly UserId[]>();
  readonly #goneTurns = new Set<number>();
  readonly #goneCalls = new Set<string>();

  /** Everything of this person so far is forgotten. */
  erase(userId: UserId): void {
    for (const [id, one] of this.#turns) if (one === userId) this.#goneTurns.add(id);
    for (const [callId, askers] of this.#calls) if (askers.includes(userId)) this.#goneCalls.add(callId);
  }

  /** The event as it may be written down; undefined where nothing of it may. */
  passing(event: BridgeEvent): BridgeEvent | undefined {
    switch (event.type) {
      case 'turn-began':
        remember(this.#turns, event.turn.id, event.turn.userId ?? event.turn.about);
        return event;
      case 'turn-ended':
        return this.#goneTurns.has(event.turn.id) ? undefined : event;
      case 'turn-transcript':
        return event.turn && this.#goneTurns.has(event.turn.id) ? undefined : event;
      case 'reply-started': {
        const ids = event.turns.map(({ id }) => id);
        remember(this.#replies, event.replyId, ids);
        return this.#answersGone(event.replyId) ? undefined : event;
      }
      case 'reply-audible':
      case 'reply-transcript':
      case 'reply-ended':
        return this.#answersGone(event.replyId) ? undefined : event;
      case 'server-tool':
        return event.turns.some(({ id }) => this.#goneTurns.has(id)) ? undefined : event;
      case 'tool-started': {
        const askers = event.askers.map(({ userId }) => userId);
        remember(this.#calls, event.call.callId, askers);
        return event;
      }
      case 'tool-ended':
      case 'private-answer':
        return this.#goneCalls.has(event.call.callId) ? undefined : event;
      case 'tool-progress':
        return this.#goneCalls.has(event.callId) ? undefined : event;
      case 'usage':
      case 'transcription-usage':
        // It was used all the same, by nobody known.
        return { ...event, turns: event.turns.map((turn) => this.#nameless(turn)) };
      default:
        return event;
    }
  }

  #answersGone(replyId: string): boolean {
    const turnIds = this.#replies.get(replyId) ?? [];
    return turnIds.length > 0 && turnIds.every((id) => this.#goneTurns.has(id));
  }

  #nameless(turn: Turn): Turn {
    return this.#goneTurns.has(turn.id) ? { id: turn.id, userId: null, name: '' } : turn;
  }
}

function remember<K, V>(known: Map<K, V>, key: K, value: V): void {
  known.set(key, value);
  if (known.size > REMEMBERED) known.delete(known.keys().next().value as K);
}
