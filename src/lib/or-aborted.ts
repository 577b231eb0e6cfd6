/**
 * What `work` comes to, or the signal's reason if it is aborted first; what the work comes to then is nobody's. A signal that
 * lives long keeps nothing of the work: Promise.race with a promise that lives as long keeps what each race came to, for good.
 */
export async function orAborted<T, Reason>(work: Promise<T>, signal: AbortSignal): Promise<T | Reason> {
  if (signal.aborted) {
    work.catch(() => {});
    return signal.reason;
  }
  const aborted = Promise.withResolvers<Reason>();
  const stop = () => aborted.resolve(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
