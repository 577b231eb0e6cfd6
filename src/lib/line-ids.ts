/** Lines that can begin in one millisecond. */
const PER_MS = 1_024;

/** The first id that a line which begins at this instant (ms since 1970) can have. */
export function firstLineId(at: number): number {
  return Math.floor(at) * PER_MS;
}

let running = 0;

/** An id for a line that begins at `at`: ids are in the order of beginnings, and stay below 2^53 until the year 2248. */
export function newLineId(at: number): number {
  running = (running + 1) % PER_MS;
  return firstLineId(at) + running;
}

/** The last conversation that is known to this process, and how far ahead of the clock it may be and still count. */
let lastConversation = 0;
const SET_BACK_MS = 86_400_000;

/** This conversation is kept already: those that begin now come after it. */
export function knowConversation(id: number): void {
  lastConversation = Math.max(lastConversation, id);
}

/**
 * An id for a conversation that begins at `at`: behind all that began before, also where the clock was set back since, by a
 * day at most. A conversation of a clock that was years ahead stays the last one.
 */
export function newConversationId(at: number): number {
  const id = newLineId(at);
  const isSetBack = lastConversation >= id && lastConversation < firstLineId(at + SET_BACK_MS);
  const next = isSetBack ? lastConversation + 1 : id;
  lastConversation = Math.max(lastConversation, next);
  return next;
}

/** How a record calls what a call brought for its askers alone, of one voice channel. */
export function privateCallId(callId: string, channelId: string): string {
  return `${PRIVATE_CALL}${channelId}/${callId}`;
}

export const PRIVATE_CALL = 'private/';
