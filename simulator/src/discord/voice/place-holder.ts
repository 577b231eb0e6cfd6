import type { VoicePlace } from '../guild/entities.ts';

/** Who is told what a place in a channel brings: the bot's gateway session, or a person's client. */
export interface PlaceHolder {
  /** The voice server's token for this place: a new channel, or the same one again. */
  served(token: string, place: VoicePlace): void;
  /** The voice server went away; served() follows. */
  unserved(place: VoicePlace): void;
  /** The place is gone, whoever ended it. */
  left(): void;
}
