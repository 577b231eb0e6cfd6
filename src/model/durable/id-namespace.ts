import type { Heard, SessionEvent } from '../../ports/model.ts';
import { merged } from '../connection/turn-ids.ts';

/** Ids of replies, items and calls that no two connections of a conversation share, and turns that stand for others. */
export class IdNamespace {
  #session = 0;
  #prefix = '';
  /** Negative ids, so that they are nobody's turn. */
  readonly #standIns = new Map<number, readonly number[]>();
  readonly #repeated = new Set<number>();

  /** Another session begins. */
  next(): void {
    this.#session += 1;
    this.#prefix = this.#session === 1 ? '' : `${this.#session}/`;
  }

  /** The id of a turn that stands for these. */
  standIn(turnIds: readonly number[]): number {
    const id = -1 - this.#standIns.size;
    this.#standIns.set(id, turnIds);
    return id;
  }

  /** This turn is given to a session once more. */
  repeat(turnId: number): void {
    this.#repeated.add(turnId);
  }

  repeated(turnId: number): boolean {
    return this.#repeated.has(turnId);
  }

  /** The present session's own name for one of its replies, items or calls; undefined for another session's. */
  own(id: string): string | undefined {
    const others = this.#prefix === '' && /^\d+\//.test(id);
    return !others && id.startsWith(this.#prefix) ? id.slice(this.#prefix.length) : undefined;
  }

  inward(heard: readonly Heard[]): readonly Heard[] {
    return heard.flatMap(({ replyId, items }) => {
      const own = this.own(replyId);
      if (own === undefined) return [];
      return [{ replyId: own, items: items.map((item) => ({ ...item, itemId: this.own(item.itemId) ?? '' })) }];
    });
  }

  outward(event: SessionEvent): SessionEvent {
    const prefix = this.#prefix;
    switch (event.type) {
      case 'reply-started':
        return { ...event, replyId: prefix + event.replyId, turnIds: this.#turns(event.turnIds) };
      case 'unheard-usage':
        return { ...event, replyId: prefix + event.replyId, turnIds: this.#turns(event.turnIds) };
      case 'audio':
        return { ...event, replyId: prefix + event.replyId, itemId: prefix + event.itemId };
      case 'audio-done':
      case 'reply-transcript':
      case 'reply-done':
        return { ...event, replyId: prefix + event.replyId };
      case 'server-tool': {
        const { work } = event;
        const own = work.kind === 'call' ? { ...work, callId: prefix + work.callId } : work;
        return { ...event, replyId: prefix + event.replyId, work: own };
      }
      case 'tool-call':
      case 'approval-request': {
        const { callId, replyId, turnIds } = event.call;
        const ids = { callId: prefix + callId, replyId: prefix + replyId, turnIds: this.#turns(turnIds) };
        return { ...event, call: { ...event.call, ...ids } };
      }
      case 'tool-cancelled':
        return { ...event, callIds: event.callIds.map((callId) => prefix + callId) };
      case 'turn-transcript':
      case 'interrupted':
      case 'transcription-usage':
      case 'turn-closed':
      case 'refused':
      case 'notice':
      case 'going-away':
      case 'resumable':
      case 'paused':
      case 'resumed':
      case 'model-changed':
        return event;
      default:
        return event satisfies never;
    }
  }

  #turns(turnIds: readonly number[]): readonly number[] {
    return merged(
      turnIds.flatMap((id) => this.#standIns.get(id) ?? [id]),
      [],
    );
  }
}
