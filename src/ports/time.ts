// Whose clocks and calendars count. Types only: nothing here runs.
import type { UserId } from './model.ts';

/** The clocks and the languages of a person on a server. */
export interface PersonTime {
  /** Their own IANA zone here, else the server's; null: nobody chose one. */
  readonly zone: string | null;
  /** Tags of their languages, the likeliest first; empty: nothing is known. */
  readonly locales: readonly string[];
}

/** Time zones and languages of people. Rejects with StoreError. */
export interface PersonTimes {
  /** `userId` null: of the server alone. */
  of(guildId: string, userId: UserId | null): Promise<PersonTime>;
  /** Their own zone here; null: they have none. */
  own(guildId: string, userId: UserId): Promise<string | null>;
  /** `zone`: an IANA zone, or null to have the server's again. */
  choose(guildId: string, userId: UserId, zone: string | null): Promise<void>;
}
