import type { Announcement } from '../../ports/conversation.ts';
import type { Turn, UserId } from '../../ports/voice.ts';
import type { Claim } from './claim-queue.ts';
import type { FloorDecision } from './floor-decision.ts';

/** Makes the turns of a conversation: each has a number of its own, and the name that its speaker has at its beginning. */
export class TurnMaker {
  readonly #nameOf: (userId: UserId) => string;
  #last = 0;

  constructor(nameOf: (userId: UserId) => string) {
    this.#nameOf = nameOf;
  }

  of(userId: UserId): Turn {
    this.#last += 1;
    return { id: this.#last, userId, name: this.#nameOf(userId) };
  }

  /** Of what was typed, or is to be announced. */
  written(claim: Exclude<Claim, { kind: 'speech' }>): FloorDecision {
    if (claim.kind === 'text') return { type: 'text', turn: this.of(claim.userId), text: claim.text };
    const { announcement } = claim;
    return { type: 'text', turn: this.#ofBot(announcement), text: announcement.text, announcement };
  }

  #ofBot({ name, about }: Announcement): Turn {
    this.#last += 1;
    return { id: this.#last, userId: null, name, ...(about !== undefined && { about }) };
  }
}
