import type { SessionLossKind } from '../../ports/errors.ts';

/** RetryPolicy of a session that survives its connections, in milliseconds; tests shorten it. */
export interface RetryPolicy {
  /** The first wait after a cut line; doubled each time. Others begin at four times as much. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** The same where only the network is gone, which comes back at any moment: people wait for it. */
  readonly longestNetworkMs: number;
  /** After so long without a connection that lasts, the loss is final. */
  readonly giveUpMs: number;
  /** The same where the service says that a quota is used up, which may be one a minute. */
  readonly quotaMs: number;
  /** A service that asks to be left alone for some time (Retry-After) is left alone for so long at the most. */
  readonly askedMs: number;
  /** A connection that lived this long lasted: an outage before it is over. */
  readonly stableMs: number;
  /** As often as this a connection may be lost and made anew without a longer and longer wait. */
  readonly evenMs: number;
  /** People are told when it takes longer. */
  readonly noticeMs: number;
  /** A connection is replaced in a quiet moment from this long before its end at the earliest … */
  readonly quietMs: number;
  /** … and this long before it in any case. */
  readonly forcedMs: number;
  /** Between two connections that are opened by our own will, and twice as long each time that it goes on like this. */
  readonly renewalMs: number;
  /** An end of a connection is believed where its life is longer, and its rest shorter than this. */
  readonly life: { readonly shortestMs: number; readonly longestMs: number };
  /** Another model takes over in a quiet moment within this time, or else then; it is not tried for longer either. */
  readonly switchMs: number;
}

export const RETRY_POLICY: RetryPolicy = {
  firstMs: 250,
  longestMs: 30_000,
  longestNetworkMs: 8_000,
  giveUpMs: 5 * 60_000,
  quotaMs: 65_000,
  askedMs: 60_000,
  stableMs: 10_000,
  evenMs: 20_000,
  noticeMs: 3_000,
  quietMs: 5 * 60_000,
  forcedMs: 5_000,
  renewalMs: 30_000,
  life: { shortestMs: 60_000, longestMs: 120 * 60_000 },
  switchMs: 20_000,
};

/** How long to wait before attempt number `attempt` (0 for the first): doubled, capped, with jitter from half to whole. */
export function backOffMs(
  kind: SessionLossKind,
  attempt: number,
  { firstMs, longestMs, longestNetworkMs }: RetryPolicy,
  random: number,
): number {
  // A provider that is ill, or has too many requests, is not helped by haste.
  const first = kind === 'network' || kind === 'expired' ? firstMs : firstMs * 4;
  const longest = kind === 'network' ? Math.min(longestNetworkMs, longestMs) : longestMs;
  return Math.min(longest, first * 2 ** attempt) * (0.5 + random / 2);
}
