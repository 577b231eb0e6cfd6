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
