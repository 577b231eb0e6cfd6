// Preloaded into a started bot: from FAST_AFTER_MS on, its monotonic clock and its longer timers go 60 times as fast.
const FACTOR = 60;
const SHORT_MS = 5_000;

const realNow = performance.now.bind(performance);
const realInterval = globalThis.setInterval;
const from = Number(process.env.FAST_AFTER_MS ?? 0);

performance.now = () => {
  const now = realNow();
  return now < from ? now : from + (now - from) * FACTOR;
};
globalThis.setInterval = ((act: () => void, ms = 0, ...more: unknown[]) =>
  realInterval(act, ms >= SHORT_MS ? ms / FACTOR : ms, ...(more as []))) as typeof setInterval;
