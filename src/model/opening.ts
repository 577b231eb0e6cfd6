import { SessionLostError } from '../bridge/errors.ts';

export interface OpeningHooks {
  /** The session can hear. */
  ready(): void;
  /** It never will. Does nothing after ready(). */
  failed(error: unknown): void;
}

/**
 * Waits until a session that begins to open at once is ready. Rejects with its failure, with SessionLostError
 * `no-answer` after the time limit, or with the signal's reason; in every one of these cases the session is closed.
 */
export function untilReady<S extends { close(): void }>(options: {
  readonly provider: string;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly open: (hooks: OpeningHooks) => S;
}): Promise<S> {
  const { provider, limitMs, signal, open } = options;
  if (signal.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<S>();
  let session: S | undefined;
  const settle = (act: () => void) => {
    clearTimeout(timer);
    signal.removeEventListener('abort', aborted);
    act();
  };
  const failed = (error: unknown) =>
    settle(() => {
      reject(error);
      session?.close();
    });
  const aborted = () => failed(signal.reason);
  const timer = setTimeout(() => {
    const seconds = Math.round(limitMs / 100) / 10;
    failed(
      new SessionLostError('no-answer', `${provider} did not answer within ${seconds} s: try again in a moment.`, {
        retryable: true,
      }),
    );
  }, limitMs);
  signal.addEventListener('abort', aborted);
  let done = false;
  try {
    session = open({
      ready: () => {
        if (done) return;
        done = true;
        settle(() => resolve(session as S));
      },
      failed: (error) => {
        if (done) return;
        done = true;
        failed(error);
      },
    });
  } catch (cause) {
    // A base URL that is none, for instance.
    const message = `The connection to ${provider} could not be opened: check its base URL.`;
    failed(new SessionLostError('invalid-request', message, { retryable: false, cause }));
  }
  return promise;
}
