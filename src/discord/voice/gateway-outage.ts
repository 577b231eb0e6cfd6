import type { GatewayWatch } from './gateway-watch.ts';
import type { LinkState } from './link/link-state.ts';

/**
 * A dropped gateway session takes the bot's place in voice with it in one go: the close of the voice connection and the loss
 * of the gateway come together. What comes later than this belongs to something else. Ms.
 */
const TOGETHER_MS = 1_500;

/** Since when the gateway says nothing. What happens to the bot's place meanwhile is told only if its session is resumed. */
export class GatewayOutage {
  readonly #forget: () => void;
  #lostAt: number | undefined;

  /** `onBack`: whether it is another session, and for how long the gateway had been away, in ms. */
  constructor(gateway: GatewayWatch, onBack: (back: { readonly isNew: boolean; readonly awayMs: number }) => void) {
    this.#forget = gateway.follow({
      onLost: () => {
        this.#lostAt ??= performance.now();
      },
      onBack: (isNew) => {
        const awayMs = this.forMs;
        this.#lostAt = undefined;
        onBack({ isNew, awayMs });
      },
    });
  }

  /** For how long the gateway has been away; 0 where it is not. */
  get forMs(): number {
    return this.#lostAt === undefined ? 0 : performance.now() - this.#lostAt;
  }

  /** Whether that is longer than a dropped session needs to take the voice connection along. */
  get isLong(): boolean {
    return isLong(this.forMs);
  }

  close(): void {
    this.#forget();
  }
}

/**
 * Discord ends what a lost gateway session held within a minute. A place that is gone sooner was taken away by somebody.
 * Ms.
 */
export const SESSION_LASTS_MS = 30_000;

/**
 * Whether somebody took the bot's place away while the gateway was gone, as far as its new session lets one say. `isShown`:
 * it has a place. `wasDismissed`: the voice server let it go while the old session could not have ended yet.
 */
export function wasTakenAway(last: {
  readonly awayMs: number;
  readonly status: LinkState['status'];
  readonly isShown: boolean;
  readonly wasDismissed: boolean;
}): boolean {
  const { awayMs, status, isShown, wasDismissed } = last;
  // Whoever is kicked has no connection to the voice server either; an old session that lives still has its place.
  if (!isLong(awayMs) || isShown || status === 'live' || status === 'dismissed') return false;
  return awayMs < SESSION_LASTS_MS || wasDismissed;
}

/** Whether an absence of so many ms is more than a dropped session needs to take the voice connection along. */
function isLong(awayMs: number): boolean {
  return awayMs >= TOGETHER_MS;
}
