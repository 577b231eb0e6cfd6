import type { Bystanders } from '../../ports/tools.ts';
import type { Person, Turn, UserId } from '../../ports/voice.ts';

/** In a conversation of more people than that, nobody is asked about any more: the button is. */
const MOST_PEOPLE = 200;

/**
 * Everybody whose words the session of a conversation may still act on: whoever spoke or typed in it, whatever became of
 * the answer. A model does not forget what it heard, and a session that follows is told of it. Pure.
 */
export class KnownWords {
  readonly #isBot: (userId: UserId) => boolean;
  readonly #people = new Map<UserId, Person>();
  #unknown = false;

  /** `isBot`: who made such an account say something is not known. */
  constructor(isBot: (userId: UserId) => boolean = () => false) {
    this.#isBot = isBot;
  }

  /** A turn begins: from now on the session may know of what is said in it. */
  came({ userId, name }: Pick<Turn, 'userId' | 'name'>): void {
    // A turn of the bot's own making has no words of anybody's but those that keptCame() is told of.
    if (userId === null) return;
    if (this.#isBot(userId) || (this.#people.size >= MOST_PEOPLE && !this.#people.has(userId))) this.#unknown = true;
    else this.#people.set(userId, { userId, name });
  }

  /** Nothing of this person is known to the session any more. */
  erase(userId: UserId): void {
    this.#people.delete(userId);
  }

  /** The session is another one, which knows nothing of what anybody said. */
  begunAnew(): void {
    this.#people.clear();
    this.#unknown = false;
  }

  /** Everybody but these. */
  beside(askers: readonly { readonly userId: UserId }[]): Bystanders {
    const others = [...this.#people.values()].filter(({ userId }) => !askers.some((one) => one.userId === userId));
    return { people: others, certain: !this.#unknown };
  }
}
