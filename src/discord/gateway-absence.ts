import type { GatewayWatch } from './gateway-watch.ts';

/**
 * A dropped gateway session takes the bot's place in voice with it in one go: the close of the voice connection and the loss
 * of the gateway come together. What comes later than this belongs to something else. Ms.
 */
const TOGETHER_MS = 1_500;

/** Since when the gateway says nothing. What happens to the bot's place meanwhile is told only if its session is resumed. */
export class GatewayAbsence {
  readonly #forget: () => void;
  #lostAt: number | undefined;

  /** `onNewSession`: told whether the gateway had been away for long. */
  constructor(gateway: GatewayWatch, onNewSession: (wasLong: boolean) => void) {
    this.#forget = gateway.follow({
      onLost: () => {
        this.#lostAt ??= performance.now();
      },
      onBack: (isNew) => {
        const { isLong } = this;
        this.#lostAt = undefined;
        if (isNew) onNewSession(isLong);
      },
    });
  }

  /** Whether the gateway has been away for longer than a dropped session needs to take the voice connection along. */
  get isLong(): boolean {
    return this.#lostAt !== undefined && performance.now() - this.#lostAt >= TOGETHER_MS;
  }

  close(): void {
    this.#forget();
  }
}
