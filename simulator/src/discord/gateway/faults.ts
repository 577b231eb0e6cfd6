/** What the gateway does to a client instead of, or right after, what it should do. */
export type GatewayFault =
  /** The connection is closed with this code. */
  | { readonly kind: 'close'; readonly code: number }
  /** The connection is cut, without a code: 1006 at the client. */
  | { readonly kind: 'cut' }
  /** Op 7: the client is to connect again. */
  | { readonly kind: 'reconnect' }
  /** Op 9; the session ends unless it is resumable. */
  | { readonly kind: 'invalid'; readonly resumable: boolean }
  /** Nothing is said. */
  | { readonly kind: 'silence' };

/** How many sessions the bot may start. https://docs.discord.com/developers/events/gateway#session-start-limit-object */
export interface SessionStarts {
  total: number;
  remaining: number;
  /** Ms until `remaining` is `total` again. */
  reset_after: number;
  max_concurrency: number;
}

/** What goes wrong at the gateway; nothing at first. What is set holds until it is taken back. */
export class GatewayFaults {
  /** Requests for a connection get this HTTP status. */
  upgradeStatus: number | undefined;
  /** Who connects is never greeted (no Hello). */
  noHello = false;
  /** Heartbeats are never acknowledged. */
  noAck = false;
  /** In place of READY. */
  onIdentify: GatewayFault | undefined;
  /** In place of RESUMED. */
  onResume: GatewayFault | undefined;
  /** So many ms after each READY. */
  afterReady: { readonly ms: number; readonly fault: GatewayFault } | undefined;
  /** So many ms after each RESUMED. */
  afterResumed: { readonly ms: number; readonly fault: GatewayFault } | undefined;
  /** Where sessions are to be resumed instead. */
  resumeUrl: string | undefined;
  /** Each IDENTIFY takes one; one too many, and Discord resets the token: nobody gets in any more. */
  readonly sessionStarts: SessionStarts = {
    total: 1000,
    remaining: 1000,
    reset_after: 86_400_000,
    max_concurrency: 1,
  };
  /** When they came; performance.now(). */
  readonly seen: {
    readonly connections: number[];
    readonly identifies: number[];
    readonly resumes: number[];
    readonly heartbeats: number[];
  } = { connections: [], identifies: [], resumes: [], heartbeats: [] };

  /** Takes a session start; false where there was none left. */
  takeStart(): boolean {
    this.seen.identifies.push(performance.now());
    this.sessionStarts.remaining -= 1;
    return this.sessionStarts.remaining >= 0;
  }
}
