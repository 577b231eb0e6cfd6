// Loaded into the bot's process before anything else (--import): its wall clock is wrong by what a file says, in ms. The
// file is looked at ten times a second, so that a test can set the clock while the bot runs. performance.now(), timers and
// the clocks of SQLite stay as they are.
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 100;
const file = process.env.STEPPED_CLOCK_FILE;
const RealDate = Date;
let wrongByMs = 0;

function look(): void {
  try {
    const text = readFileSync(file as string, 'utf8');
    // Empty: just being written.
    if (text !== '' && Number.isFinite(Number(text))) wrongByMs = Number(text);
  } catch {
    // Being written, or not there yet.
  }
}

/** All that this process knows of the wall clock. */
class SteppedDate extends RealDate {
  constructor(...given: [] | [value: string | number | Date]) {
    if (given.length === 0) super(RealDate.now() + wrongByMs);
    // More arguments than one are passed on as well: year, month, …
    else super(...(given as [number]));
  }

  static override now(): number {
    return RealDate.now() + wrongByMs;
  }
}

if (file !== undefined) {
  look();
  setInterval(look, LOOK_EVERY_MS).unref();
  globalThis.Date = SteppedDate as DateConstructor;
}
