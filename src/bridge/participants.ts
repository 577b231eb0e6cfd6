import type { Room } from '../ports/room.ts';
import type { Person, UserId } from '../ports/voice.ts';

/** The people of a bridge's room: who they are by their ids, who is there, and whose sound may be used. */
export class Participants {
  readonly #room: Pick<Room, 'people' | 'nameOf'>;
  readonly #mayHear: ((userId: UserId) => boolean) | undefined;

  /** Without `mayHear` everybody may be heard. */
  constructor(room: Pick<Room, 'people' | 'nameOf'>, mayHear: ((userId: UserId) => boolean) | undefined) {
    this.#room = room;
    this.#mayHear = mayHear;
  }

  /** Those (no bots) in the voice channel now. */
  get here(): readonly Person[] {
    return this.#room.people();
  }

  /** Those in the voice channel of whom no sound is used. */
  get unheard(): readonly Person[] {
    return this.here.filter(({ userId }) => !this.mayHear(userId));
  }

  mayHear(userId: UserId): boolean {
    return this.#mayHear?.(userId) ?? true;
  }

  nameOf(userId: UserId): string {
    return this.#room.nameOf(userId);
  }

  person(userId: UserId): Person {
    return { userId, name: this.#room.nameOf(userId) };
  }
}
