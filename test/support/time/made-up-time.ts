import { createRequire, syncBuiltinESMExports } from 'node:module';

const require = createRequire(import.meta.url);
const promises = require('node:timers/promises');
/** Turns of the event loop before time goes on: what a timer set off has come to rest by then. */
const TURNS = 3;

interface Entry {
  readonly id: number;
  at: number;
  readonly run: () => void;
  readonly everyMs: number | null;
}

let made = false;

/**
 * Makes up the time of this process, for good: global timers, `node:timers/promises` and `performance.now()`. It stands
 * still while anything runs, and jumps to the next timer when nothing does, so that no test waits. Not for a file that waits
 * for something outside the process, such as a socket or a database: time would not wait for it. `Date` stays as it is.
 * A file that calls it has a process of its own (test/runner/kinds.ts).
 */
export function makeUpTime(): void {
  if (made) return;
  made = true;
  const entries = new Map<number, Entry>();
  let now = performance.now();
  let ids = 0;
  let pumping = false;

  const pump = async (): Promise<void> => {
    pumping = true;
    while (entries.size > 0) {
      for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      const [next] = [...entries.values()].sort((a, b) => a.at - b.at || a.id - b.id);
      if (!next) break;
      now = Math.max(now, next.at);
      if (next.everyMs === null) entries.delete(next.id);
      else next.at = now + next.everyMs;
      try {
        next.run();
      } catch (error) {
        // As of a real timer: nobody catches it, and time goes on.
        process.nextTick(() => {
          throw error;
        });
      }
    }
    pumping = false;
  };
  const set = (run: () => void, ms: number, every: boolean): object => {
    const id = ++ids;
    const afterMs = Math.max(1, ms || 0);
    entries.set(id, { id, at: now + afterMs, run, everyMs: every ? afterMs : null });
    if (!pumping) void pump();
    const handle = { ref: () => handle, unref: () => handle, hasRef: () => true, [Symbol.toPrimitive]: () => id };
    return handle;
  };
  const clear = (handle: unknown): void => {
    if (handle !== undefined && handle !== null) entries.delete(Number(handle));
  };
  const replacement = {
    setTimeout: (run: (...rest: unknown[]) => void, ms = 0, ...rest: unknown[]) => set(() => run(...rest), ms, false),
    setInterval: (run: (...rest: unknown[]) => void, ms = 0, ...rest: unknown[]) => set(() => run(...rest), ms, true),
    clearTimeout: clear,
    clearInterval: clear,
  };
  Object.assign(globalThis, replacement);
  promises.setTimeout = (ms = 0, value?: unknown, options: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      const { signal } = options;
      if (signal?.aborted) return reject(signal.reason);
      const handle = set(() => resolve(value), ms, false);
      signal?.addEventListener('abort', () => {
        clear(handle);
        reject(signal.reason);
      });
    });
  Object.defineProperty(performance, 'now', { value: () => now, configurable: true, writable: true });
  syncBuiltinESMExports();
}
