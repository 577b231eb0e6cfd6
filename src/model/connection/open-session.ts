import { SessionLostError } from '../../ports/errors.ts';

/** What a session says of its opening. */
export interface OpeningHooks {
  /** The session can hear. */
  ready(): void;
  /** It never will. Does nothing after ready(). */
  failed(error: unknown): void;
  /** Lines to this address need long for their first message: this one is waited for three times as long. */
  slow(): void;
}

const SLOW_FACTOR = 3;

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
  const late = (afterMs: number) => {
    const seconds = Math.round(afterMs / 100) / 10;
    const message = `${provider} did not answer within ${seconds} s: try again in a moment.`;
    failed(new SessionLostError('no-answer', message, { retryable: true }));
  };
  let timer = setTimeout(() => late(limitMs), limitMs);
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
      slow: () => {
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(() => late(limitMs * SLOW_FACTOR), limitMs * SLOW_FACTOR);
      },
    });
  } catch (cause) {
    if (cause instanceof SessionLostError) {
      failed(cause);
      return promise;
    }
    // A base URL that is none, for instance.
    const message = `The connection to ${provider} could not be opened: check its base URL.`;
    failed(new SessionLostError('invalid-request', message, { retryable: false, cause }));
  }
  return promise;
}
