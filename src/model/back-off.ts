import type { SessionLossKind } from '../bridge/errors.ts';

/** Patience of a session that survives its connections, in milliseconds; tests shorten it. */
export interface Patience {
  /** The first wait after a cut line; doubled each time. Others begin at four times as much. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** After so long without a connection that lasts, the loss is final. */
  readonly giveUpMs: number;
  /** A connection that lived this long lasted: what went wrong before it no longer counts. */
  readonly stableMs: number;
  /** People are told when it takes longer. */
  readonly noticeMs: number;
  /** A connection is replaced in a quiet moment from this long before its end … */
  readonly quietMs: number;
  /** … and this long before it in any case. */
  readonly forcedMs: number;
  /** Another model takes over in a quiet moment within this time, or else then; it is not tried for longer either. */
  readonly switchMs: number;
}

export const PATIENCE: Patience = {
  firstMs: 250,
  longestMs: 30_000,
  giveUpMs: 5 * 60_000,
  stableMs: 10_000,
  noticeMs: 3_000,
  quietMs: 5 * 60_000,
  forcedMs: 5_000,
  switchMs: 20_000,
};

/** How long to wait before attempt number `attempt` (0 for the first): doubled, capped, with jitter from half to whole. */
export function backOffMs(
  kind: SessionLossKind,
  attempt: number,
  { firstMs, longestMs }: Patience,
  random: number,
): number {
  // A provider that is ill, or has too many requests, is not helped by haste.
  const first = kind === 'network' || kind === 'expired' ? firstMs : firstMs * 4;
  return Math.min(longestMs, first * 2 ** attempt) * (0.5 + random / 2);
}
