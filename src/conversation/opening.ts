import type { BridgeHandle, Opening, OpenRequest } from '../ports/conversation.ts';
import { CalledOffError } from '../ports/errors.ts';
import type { ConversationMode } from '../ports/record.ts';
import type { Person } from '../ports/voice.ts';

/** Giving up takes no longer than this, whatever hangs. Ms. */
const CALLED_OFF_MS = 3_000;

/** A wish for a conversation, from the moment it is made until the conversation is there or the wish is given up. */
export class Wish implements Opening {
  readonly guildId: string;
  readonly channelId: string;
  readonly by: Person;
  readonly mode: ConversationMode;
  readonly returning: boolean;
  readonly #calledOff = new AbortController();
  readonly #gone: (wish: Wish) => void;
  #attempt: Promise<BridgeHandle> | undefined;

  /** `gone`: it is no wish any more. */
  constructor({ guildId, channelId, by, mode = 'talk', returning = false }: OpenRequest, gone: (wish: Wish) => void) {
    this.guildId = guildId;
    this.channelId = channelId;
    this.by = by;
    this.mode = mode;
    this.returning = returning;
    this.#gone = gone;
  }

  /** Aborted with a CalledOffError when nobody wants it any more. */
  get signal(): AbortSignal {
    return this.#calledOff.signal;
  }

  /** What comes of it now; undefined between two attempts. */
  get attempt(): Promise<BridgeHandle> | undefined {
    return this.#attempt;
  }

  /** Tries to have it. */
  try(open: () => Promise<BridgeHandle>): Promise<BridgeHandle> {
    const attempt = this.#try(open).finally(() => {
      this.#attempt = undefined;
    });
    this.#attempt = attempt;
    return attempt;
  }

  async callOff(told: string): Promise<void> {
    const attempt = this.#attempt;
    this.#calledOff.abort(new CalledOffError(told));
    const limit = Promise.withResolvers<void>();
    const timer = setTimeout(limit.resolve, CALLED_OFF_MS);
    await Promise.race([attempt?.catch(() => {}), limit.promise]);
    clearTimeout(timer);
    this.end();
  }

  /** It came true, or cannot. Idempotent. */
  end(): void {
    this.#gone(this);
  }

  /** What was opened although nobody wanted it any more is closed at once. */
  async #try(open: () => Promise<BridgeHandle>): Promise<BridgeHandle> {
    this.signal.throwIfAborted();
    let bridge: BridgeHandle;
    try {
      bridge = await open();
    } catch (error) {
      throw this.signal.aborted ? this.signal.reason : error;
    }
    if (!this.signal.aborted) return bridge;
    await bridge.close({ kind: 'asked', by: null });
    throw this.signal.reason;
  }
}
