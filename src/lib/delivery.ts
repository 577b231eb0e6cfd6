import { randomBytes } from 'node:crypto';

/** Texts of one message that may stand somewhere; the oldest go first. */
const MOST_TRIED = 8;

/**
 * One message on its way. However often it is sent, it is made once: every attempt has the same nonce, and texts of
 * attempts whose answer was lost are looked for before the next one.
 */
export class Delivery {
  #nonce = newNonce();
  #tried: string[] = [];
  #doubtful = false;
  #after: string | undefined;
  #place: string | undefined;

  /** What Discord tells its attempts from other messages by; at most 25 characters. */
  get nonce(): string {
    return this.#nonce;
  }

  /** Whether an attempt may have made it, though nobody was told. */
  get doubtful(): boolean {
    return this.#doubtful;
  }

  /** The newest message that was known in its channel before the first attempt: its id. */
  get after(): string | undefined {
    return this.#after;
  }

  /** An attempt with this text begins. `newest`: the newest message that is known in the channel. */
  trying(content: string, newest?: string): void {
    if (this.#tried.length === 0) this.#after = newest;
    const text = content.trim();
    this.#tried = [...this.#tried.filter((one) => one !== text), text].slice(-MOST_TRIED);
  }

  /** The answer of an attempt was lost. */
  lost(): void {
    this.#doubtful = true;
  }

  /** Whether a message with this text may be one of its attempts. */
  hasTried(content: string): boolean {
    return this.#tried.includes(content.trim());
  }

  /** It goes to this channel. Elsewhere it begins anew: for a nonce that it knows Discord gives the first message, wherever that is. */
  goesTo(channelId: string): void {
    const before = this.#place;
    this.#place = channelId;
    if (before === undefined || before === channelId) return;
    this.#nonce = newNonce();
    this.#tried = [];
    this.#doubtful = false;
  }
}

function newNonce(): string {
  return randomBytes(15).toString('base64url');
}
