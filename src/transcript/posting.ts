import type { Turn, UserId } from '../ports/voice.ts';
import type { Entry } from './entry.ts';

/** Whose an entry is: it goes once all of them (`some`: one of them) are forgotten. null: nobody known. */
export interface Owners {
  readonly people: readonly (UserId | null)[];
  readonly some?: true;
}

/** How entries come to stand in the transcript. */
export interface Posting {
  /** Puts a new entry after all others. `key`: what the record calls it; undefined: it is not recorded. */
  readonly begin: (entry: Entry, key: string | undefined, owners: Owners) => void;
  /** An entry is to be written anew. `alive`: it is a sign of life in the conversation. */
  readonly changed: (entry: Entry, alive: boolean) => void;
}

/** Those who said these turns, or whom they are about. */
export function ownersOf(turns: readonly Turn[]): Owners {
  return { people: turns.map((turn) => turn.userId ?? turn.about ?? null) };
}

/** Whether the entry is to go with this person. */
export function belongsTo(owners: Owners, userId: UserId): boolean {
  const theirs = (one: UserId | null): boolean => one === userId;
  if (owners.people.length === 0) return false;
  return owners.some ? owners.people.some(theirs) : owners.people.every(theirs);
}
