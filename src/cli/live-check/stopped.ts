/** The check was ended before its time, by the operator or because somebody came into the channel. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** The promise's value; throws the signal's reason as soon as it is aborted, whatever the promise does then. */
export async function unlessStopped<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const stopped = Promise.withResolvers<never>();
  const stop = () => stopped.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([promise, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
