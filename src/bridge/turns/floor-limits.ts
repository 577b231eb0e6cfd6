import type { BotState, FloorSettings } from './floor-decision.ts';

/** Voice that makes a beginning of speech while the bot is silent: shorter is a click or a breath. */
const ONSET_MS = 60;
/** With the provider's own turn detection: silence after which the floor is taken back all the same. */
const DETECTOR_LIMIT_MS = 3_000;

/** Voice that makes a beginning of speech, in ms: over the bot's own voice more is needed where the setting says so. */
export function onsetMs({ interruptionMs }: FloorSettings, bot: BotState): number {
  return bot === 'speaking' && interruptionMs > 0 ? Math.max(ONSET_MS, interruptionMs) : ONSET_MS;
}

/** Silence after which a person's turn is over, in ms. */
export function silenceLimitMs({ turnDetection, silenceMs }: FloorSettings): number {
  return turnDetection === 'manual' ? silenceMs : DETECTOR_LIMIT_MS;
}

/** A reply that nobody heard yet gives way to anybody; a voice only where the setting allows it. */
export function mayInterrupt({ interruptionMs }: FloorSettings, bot: BotState): boolean {
  return bot === 'preparing' || (bot === 'speaking' && interruptionMs > 0);
}
