// Who may be heard: what guilds decided and what people chose, and where it is kept. Types only.
import type { UserId } from './voice.ts';

/** Of whoever has not chosen: with `opt-out` they are heard until they say no, with `opt-in` not before they say yes. */
export type ConsentMode = 'opt-in' | 'opt-out';
/** What one person said: be heard, or not. */
export type ConsentChoice = 'in' | 'out';

/** What one person chose in one guild. `chosenAt`: ms since 1970. */
export interface ChosenConsent {
  readonly guildId: string;
  readonly userId: UserId;
  readonly choice: ConsentChoice;
  readonly chosenAt: number;
  /** The version of docs/privacy.md that they chose by. */
  readonly textVersion: number;
}

/** What changed in a guild. `userId` null: the mode, so that it concerns everybody who has not chosen. */
export interface ConsentChange {
  readonly guildId: string;
  readonly userId: UserId | null;
}

/** Who may be heard, by their user id: whatever SSRC, channel or connection their sound comes from. */
export interface Consent {
  /** Whether this person's sound may be decoded. Answered from memory, for every packet. */
  mayHear(guildId: string, userId: UserId): boolean;
  mode(guildId: string): ConsentMode;
  /** Undefined: this person has not chosen here. */
  choiceOf(guildId: string, userId: UserId): ChosenConsent | undefined;
  /**
   * In effect when it returns, before anything is written. Rejects with StoreError where it cannot be kept: it then holds
   * until the bot is restarted.
   */
  choose(guildId: string, userId: UserId, choice: ConsentChoice): Promise<void>;
  /** As choose(). */
  setMode(guildId: string, mode: ConsentMode): Promise<void>;
  /** Calls back at once after every change of who may be heard. Gives what ends that. */
  watch(changed: (change: ConsentChange) => void): () => void;
}

/** Where choices and modes are kept. Rejects with StoreError. */
export interface ConsentStore {
  choices(): Promise<readonly ChosenConsent[]>;
  /** Of guilds that chose one. */
  modes(): Promise<readonly { readonly guildId: string; readonly mode: ConsentMode }[]>;
  putChoice(choice: ChosenConsent): Promise<void>;
  putMode(guildId: string, mode: ConsentMode): Promise<void>;
}
