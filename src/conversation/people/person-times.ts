import type { PersonTime, PersonTimes, SettingsStore } from '../../ports/settings.ts';
import type { UserId } from '../../ports/voice.ts';
import type { PersonZoneStore } from '../../store/personal/person-zones.ts';

/** People whose language is remembered; past it, whoever was longest not seen is forgotten. */
const MOST_LOCALES = 10_000;

/** Whose clocks and languages count: a person's own, else the server's. The host's never do. */
export class KnownTimes implements PersonTimes {
  readonly #zones: PersonZoneStore;
  readonly #settings: Pick<SettingsStore, 'get'>;
  readonly #preferred: (guildId: string) => string | undefined;
  /** In which language somebody last used Discord. In memory alone: it is nothing that has to be kept. */
  readonly #locales = new Map<UserId, string>();

  /** `preferred`: the language that a server chose in Discord, where it chose one. */
  constructor(deps: {
    readonly zones: PersonZoneStore;
    readonly settings: Pick<SettingsStore, 'get'>;
    readonly preferred: (guildId: string) => string | undefined;
  }) {
    this.#zones = deps.zones;
    this.#settings = deps.settings;
    this.#preferred = deps.preferred;
  }

  /** Somebody uses Discord in this language, as each of their interactions says. */
  saw(userId: UserId, locale: string): void {
    this.#locales.delete(userId);
    this.#locales.set(userId, locale);
    const [oldest] = this.#locales.keys();
    if (this.#locales.size > MOST_LOCALES && oldest !== undefined) this.#locales.delete(oldest);
  }

  async of(guildId: string, userId: UserId | null): Promise<PersonTime> {
    const { timeZone, language } = await this.#settings.get(guildId);
    const own = userId === null ? null : await this.#zones.get(guildId, userId);
    const seen = userId === null ? undefined : this.#locales.get(userId);
    const preferred = this.#preferred(guildId);
    // What a server has that never chose one says nothing of which number is the month.
    const locales = [seen, language, preferred === 'en-US' ? 'en' : preferred].filter((one) => typeof one === 'string');
    return { zone: own ?? timeZone, locales: [...new Set(locales)] };
  }

  own(guildId: string, userId: UserId): Promise<string | null> {
    return this.#zones.get(guildId, userId);
  }

  choose(guildId: string, userId: UserId, zone: string | null): Promise<void> {
    return this.#zones.set(guildId, userId, zone);
  }
}
