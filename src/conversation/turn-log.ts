import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { TurnStory } from '../ports/conversation.ts';
import type { Turn } from '../ports/voice.ts';

/** As much as a person reads. */
const KEPT = 30;
/** Shorter waits are none: a turn begins with the tick after its first words. */
const WAITED_MS = 150;

type EventOf<Type extends BridgeEvent['type']> = BridgeEvent & { readonly type: Type };

/** The last turns of one conversation and what became of each, for `/why`. No words of people are kept. */
export class TurnLog {
  readonly #stories = new Map<number, TurnStory>();
  /** What each of the last replies answers. */
  readonly #replies = new Map<string, readonly number[]>();
  #ended: { readonly at: number; readonly name: string | null } | undefined;
  #cut: readonly number[] = [];

  /** Oldest first. */
  get stories(): readonly TurnStory[] {
    return [...this.#stories.values()];
  }

  /** Takes in what happened; `now` in ms since 1970. */
  observe(event: BridgeEvent, now: number): void {
    switch (event.type) {
      case 'turn-began':
        this.#began(event, now);
        break;
      case 'turn-ended':
        this.#ended = { at: now, name: nameOf(event.turn) };
        this.#change([event.turn.id], { spokeMs: event.speechMs, endedAt: now, spokenAt: event.soundEnd ?? now });
        break;
      case 'turn-withdrawn':
        this.#stories.delete(event.turn.id);
        break;
      case 'turn-transcript':
        if (event.turn && event.final) this.#change([event.turn.id], { wordsAt: now });
        break;
      case 'answer-decided': {
        const { answered, reason } = event;
        this.#change([event.turn.id], { decision: { answered, reason }, decidedAt: now });
        break;
      }
      case 'reply-started':
        this.#replies.set(
          event.replyId,
          event.turns.map(({ id }) => id),
        );
        if (this.#replies.size > KEPT) this.#replies.delete(this.#replies.keys().next().value as string);
        break;
      case 'reply-audible':
        this.#change(this.#meant(event.replyId), { audibleAt: now });
        break;
      case 'reply-ended':
        this.#replied(event);
        break;
      case 'interrupted':
        for (const id of this.#cut) {
          const reply = this.#stories.get(id)?.reply;
          if (reply) this.#change([id], { reply: { ...reply, by: event.by.name } });
        }
        break;
      default:
    }
  }

  #began({ turn, queuedMs, soundStart, audience = 'everybody' }: EventOf<'turn-began'>, now: number): void {
    const at = soundStart ?? now;
    const before = this.#ended && this.#ended.at > at ? this.#ended.name : null;
    const waited = queuedMs >= WAITED_MS ? { ms: queuedMs, by: before } : null;
    const typed = soundStart === undefined;
    const story = { turnId: turn.id, at, name: nameOf(turn), typed, waited, audience: typed ? null : audience };
    this.#stories.set(turn.id, story);
    if (this.#stories.size > KEPT) this.#stories.delete(this.#stories.keys().next().value as number);
  }

  #replied({ replyId, heardMs, producedMs, interrupted }: EventOf<'reply-ended'>): void {
    const turnIds = this.#meant(replyId);
    this.#cut = interrupted ? turnIds : [];
    this.#change(turnIds, { reply: { heardMs, producedMs, interrupted } });
  }

  /** The turns that a reply answers, without those that it only knows of. */
  #meant(replyId: string): readonly number[] {
    const turnIds = this.#replies.get(replyId) ?? [];
    return turnIds.filter((id) => this.#stories.get(id)?.decision?.answered !== false);
  }

  #change(turnIds: readonly number[], change: Partial<TurnStory>): void {
    for (const id of turnIds) {
      const story = this.#stories.get(id);
      if (story) this.#stories.set(id, { ...story, ...change });
    }
  }
}

function nameOf({ userId, name }: Turn): string | null {
  return userId === null ? null : name;
}
