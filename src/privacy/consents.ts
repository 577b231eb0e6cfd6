import type {
  ChosenConsent,
  Consent,
  ConsentChange,
  ConsentChoice,
  ConsentMode,
  ConsentStore,
} from '../ports/consent.ts';
import type { UserId } from '../ports/voice.ts';

/** Of docs/privacy.md. To be raised whenever it comes to say something else. */
const PRIVACY_TEXT_VERSION = 3;

/** Everybody's choices, held in memory: some bytes for each person who ever chose. */
export class Consents implements Consent {
  readonly #store: ConsentStore;
  readonly #now: () => number;
  readonly #choices = new Map<string, Map<UserId, ChosenConsent>>();
  readonly #modes = new Map<string, ConsentMode>();
  readonly #watchers = new Set<(change: ConsentChange) => void>();

  /** Knows nothing yet: see load(). `now` in ms since 1970. */
  constructor(store: ConsentStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** Rejects with StoreError: a bot that does not know who said no must not listen. */
  static async load(store: ConsentStore, now: () => number): Promise<Consents> {
    const consents = new Consents(store, now);
    for (const { guildId, mode } of await store.modes()) consents.#modes.set(guildId, mode);
    for (const choice of await store.choices()) consents.#remember(choice);
    return consents;
  }

  mayHear(guildId: string, userId: UserId): boolean {
    const chosen = this.#choices.get(guildId)?.get(userId);
    return chosen ? chosen.choice === 'in' : this.mode(guildId) === 'opt-out';
  }

  mode(guildId: string): ConsentMode {
    return this.#modes.get(guildId) ?? 'opt-out';
  }

  choiceOf(guildId: string, userId: UserId): ChosenConsent | undefined {
    return this.#choices.get(guildId)?.get(userId);
  }

  choose(guildId: string, userId: UserId, choice: ConsentChoice): Promise<void> {
    const chosen = { guildId, userId, choice, chosenAt: this.#now(), textVersion: PRIVACY_TEXT_VERSION };
    const before = this.mayHear(guildId, userId);
    this.#remember(chosen);
    if (this.mayHear(guildId, userId) !== before) this.#tell({ guildId, userId });
    return this.#store.putChoice(chosen);
  }

  setMode(guildId: string, mode: ConsentMode): Promise<void> {
    const before = this.mode(guildId);
    this.#modes.set(guildId, mode);
    if (mode !== before) this.#tell({ guildId, userId: null });
    return this.#store.putMode(guildId, mode);
  }

  /** Nothing is kept of this guild any more: what goes there is the default. */
  forgetGuild(guildId: string): void {
    this.#choices.delete(guildId);
    this.#modes.delete(guildId);
  }

  watch(changed: (change: ConsentChange) => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  #remember(chosen: ChosenConsent): void {
    const guild = this.#choices.get(chosen.guildId) ?? new Map<UserId, ChosenConsent>();
    this.#choices.set(chosen.guildId, guild.set(chosen.userId, chosen));
  }

  #tell(change: ConsentChange): void {
    for (const changed of [...this.#watchers]) changed(change);
  }
}
