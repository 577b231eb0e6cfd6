import { setTimeout as wait } from 'node:timers/promises';
import { type Asked, type Failure, WritingTrouble, type Written, writingFailed } from './text-failures.ts';

/** How long a text model is given: before the next try, doubled each time, and at the most where it asks for more. */
export interface WritingPatience {
  readonly pauseMs: number;
  readonly longestMs: number;
}

export const WRITING_PATIENCE: WritingPatience = { pauseMs: 1_500, longestMs: 25_000 };
const TRIES = 3;

/**
 * Has a text written: after what passes (too many requests, an ill service, an answer of nothing) it is asked again,
 * twice at the most, and after as long as it asks for; silence and nothing count once. Throws WritingFailedError with a sentence for people; what
 * `attempt` throws that is no WritingTrouble goes through, and the signal's reason.
 */
export async function written(
  attempt: () => Promise<Written>,
  asked: Asked,
  { signal, patience }: { readonly signal: AbortSignal; readonly patience: WritingPatience },
): Promise<Written> {
  let silent = 0;
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || !(error instanceof WritingTrouble)) throw error;
      const { failure, cause } = error;
      if (failure.kind === 'nothing' || failure.kind === 'no-answer') silent += 1;
      if (tries >= TRIES || silent > 1 || !passes(failure, asked)) throw writingFailed(cause, failure, asked);
      const own = patience.pauseMs * 2 ** (tries - 1);
      const told = failure.kind === 'refused' ? (failure.retryAfterMs ?? 0) : 0;
      await wait(Math.max(own, Math.min(told, patience.longestMs)), undefined, { signal });
    }
  }
}

function passes(failure: Failure, { gateway }: Asked): boolean {
  switch (failure.kind) {
    case 'refused': {
      const { status, quota } = failure;
      // What a gateway does not know at all it says with 501.
      return (status === 429 && !quota) || (status >= 500 && status !== 501);
    }
    case 'nothing':
      return true;
    case 'no-answer':
      // A gateway that has no such page may leave the request hanging: not twice.
      return gateway === null;
    case 'unknown-model':
    case 'unreadable':
    case 'stopped':
      return false;
    default:
      return failure satisfies never;
  }
}
