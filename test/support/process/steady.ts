const LOOK_EVERY_MS = 10;
/** Longer than garbage collection takes; sound, silence and barge-in are judged over 100 ms and more. */
const STILL_MS = 80;
const ATTEMPTS = 3;

/**
 * Runs what times the bot, anew when it failed while this process stood still for 80 ms: the simulators, the people and the
 * clock are in it, so it says nothing about the bot. A failure on a machine that keeps up counts at once, and so does the
 * third one on any. Three tests use it, each for times shorter than such a stop:
 * an interruption after 120 ms, packets that jitter by 30 ms, and silence within 20 ms of speech.
 */
export async function steadily(run: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const still = watch();
    try {
      return await run();
    } catch (error) {
      if (still() < STILL_MS || attempt === ATTEMPTS) throw error;
    } finally {
      still();
    }
  }
}

/** Gives, and ends, the longest time so far that the event loop was held up, in ms. */
function watch(): () => number {
  let longest = 0;
  let lookedAt = performance.now();
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - lookedAt - LOOK_EVERY_MS);
    lookedAt = now;
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
    return longest;
  };
}
