import type { Repeat } from '../ports/guild.ts';

/** Where and when a phrase is said. Instants are ms since 1970. */
export interface PhraseContext {
  readonly now: number;
  /** Of the person or the server; null: nobody chose one. */
  readonly zone: string | null;
  /** Languages of the person, the likeliest first: `de`, `en-GB`. */
  readonly locales?: readonly string[];
  /** What is meant was before now. Default: it comes. */
  readonly past?: boolean;
}

/**
 * What a phrase means. `day`: from midnight to midnight, without a time of day. `ask`: a short question that says what was
 * understood. `refuse`: it was understood and cannot be. `zone`: it means a time of day, and nobody knows whose.
 */
export type Understood =
  | { readonly kind: 'at'; readonly at: number }
  | { readonly kind: 'day'; readonly from: number; readonly to: number }
  | { readonly kind: 'repeat'; readonly repeat: Repeat; readonly at: number }
  | { readonly kind: 'ask'; readonly question: string }
  | { readonly kind: 'refuse'; readonly reason: string }
  | { readonly kind: 'zone' }
  /** Nothing of it is a time. */
  | { readonly kind: 'unknown' };

/** Where a phrase is said and its time zone is known. */
export type Wall = PhraseContext & { readonly zone: string };
