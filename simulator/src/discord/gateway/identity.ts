// Ids and secrets of the simulated Discord. https://docs.discord.com/developers/reference#snowflakes

const DISCORD_EPOCH_MS = 1_420_070_400_000;
/** Every entity of the simulator was "made" from 1 January 2021 on, so that its id is older than any message. */
const FIRST_ENTITY_AT = Date.UTC(2021, 0, 1);

/**
 * Makes ids. The same seed gives the same ids for users, guilds, channels, roles, tokens and session ids. Ids of
 * messages and interactions carry the real time, because clients read it out of them.
 */
export class Identity {
  #entities = 0;
  #lastMoment = 0n;
  #state: number;
  readonly #firstAt: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
    this.#firstAt = FIRST_ENTITY_AT + (seed % 10_000) * 3_600_000;
  }

  /** The id of a user, guild, channel, role or command; same seed, same id. */
  entity(): string {
    this.#entities += 1;
    return String(BigInt(this.#firstAt + this.#entities * 1000 - DISCORD_EPOCH_MS) << 22n);
  }

  /** The id of something that happens now; always greater than the one before. */
  moment(): string {
    const now = BigInt(Date.now() - DISCORD_EPOCH_MS) << 22n;
    this.#lastMoment = now > this.#lastMoment ? now : this.#lastMoment + 1n;
    return String(this.#lastMoment);
  }

  /** A secret of that many bytes, in hex; same seed, same secret. */
  secret(bytes = 16): string {
    let text = '';
    while (text.length < bytes * 2) text += this.#random().toString(16).padStart(8, '0');
    return text.slice(0, bytes * 2);
  }

  // xorshift32: not secret at all, only repeatable.
  #random(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }
}

/** When an id was made, in ms since 1970. */
export function madeAt(id: string): number {
  return Number(BigInt(id) >> 22n) + DISCORD_EPOCH_MS;
}

/** Whether a text has the form of an id. */
export function isId(text: unknown): text is string {
  return typeof text === 'string' && /^\d{15,20}$/.test(text);
}
