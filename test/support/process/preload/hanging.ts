// Preloaded into a started bot: what hangs when it ends, by HANG.
import { syncBuiltinESMExports } from 'node:module';

const hang = process.env.HANG;

/** Once the process has begun to end. */
function onEnd(act: () => void): void {
  const timer = setInterval(() => {
    if (process.exitCode === undefined) return;
    clearInterval(timer);
    act();
  }, 5);
  timer.unref();
}

if (hang === 'loop') {
  onEnd(() => {
    for (;;);
  });
} else if (hang === 'thread') {
  // exit() waits for the threads of the pool.
  onEnd(() => {
    const { pbkdf2 } = process.getBuiltinModule('node:crypto');
    for (let i = 0; i < 8; i += 1) pbkdf2('a', 'b', 2 ** 31 - 1, 64, 'sha512', () => {});
  });
} else if (hang === 'promise') {
  const timers = process.getBuiltinModule('node:timers');
  onEnd(() => {
    // Nothing that is waited for comes any more.
    timers.clearTimeout = () => {};
    Promise.race = (() => new Promise(() => {})) as typeof Promise.race;
    syncBuiltinESMExports();
  });
} else if (hang === 'throw') {
  setTimeout(
    () => {
      throw new Error('a bug\nin two lines');
    },
    Number(process.env.HANG_AFTER_MS ?? 0),
  );
}
