/** Discord answers a wish within seconds or never: by then its answer is not expected any more. Ms. */
const ANSWERED_WITHIN_MS = 10_000;

/** More than can be sent while nothing comes. */
const OPEN_LIMIT = 50;

/** What an own voice state on the gateway is: the answer to the last wish, to an older one, or somebody else's doing. */
export type StateMeaning = 'answer' | 'echo' | 'news';

/**
 * What the bot asked for in one guild (op 4) and was not answered yet, over all its conversations there: the late answer
 * to an old wish, such as to leave, must not be taken for a moderator's hand.
 */
export class VoiceWishes {
  #open: { readonly number: number; readonly channelId: string | null; readonly at: number }[] = [];
  #count = 0;

  /** The bot asked for this channel now, or to leave (null). */
  asked(channelId: string | null, now: number): void {
    if (this.#open.length >= OPEN_LIMIT) this.#open.shift();
    this.#count += 1;
    this.#open.push({ number: this.#count, channelId, at: now });
  }

  /** What it means that the bot's voice state names this channel now. */
  meaningOf(channelId: string | null, now: number): StateMeaning {
    this.#expire(now);
    const wish = this.#open.findLast((one) => one.channelId === channelId);
    if (!wish) return 'news';
    this.#open = this.#open.filter((one) => one !== wish);
    return wish.number === this.#count ? 'answer' : 'echo';
  }

  /** Nothing came for a while, of anything: what was asked meanwhile may be answered from now on. */
  renew(now: number): void {
    this.#open = this.#open.map((wish) => ({ ...wish, at: now }));
  }

  /** Another session of the gateway: what was asked in the old one is not answered any more. */
  clear(): void {
    this.#open = [];
  }

  #expire(now: number): void {
    this.#open = this.#open.filter(({ at }) => now - at < ANSWERED_WITHIN_MS);
  }
}
