import { setTimeout as wait } from 'node:timers/promises';
import { type GuildTextBasedChannel, type Message, type MessageCreateOptions, PermissionFlagsBits } from 'discord.js';
import { Delivery } from '../../lib/delivery.ts';
import { AnswerLostError } from '../../ports/errors.ts';
import { verdictOf } from './verdict.ts';

/** Attempts in a row of one that got no answer; whoever sends it may try on, later. */
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 500;
/** Nobody waits longer for all of it. */
const LIMIT_MS = 20_000;
/** Where a message is looked for whose answer was lost. */
const LOOKED_AT = 100;

/** The newest message of our own in a channel. */
const newest = new WeakMap<GuildTextBasedChannel, string>();

/**
 * Makes a message once and gives its id, however its answers are lost: attempts have one nonce, which Discord remembers for
 * some minutes, and before each further one the message is looked for. Rejects with what the REST client threw, or with an
 * Error where no answer came in time; then the same `delivery` can be sent again. `same`: tells a message without text.
 */
export async function send(
  channel: GuildTextBasedChannel,
  payload: MessageCreateOptions,
  delivery: Delivery = new Delivery(),
  same?: (message: Message<true>) => boolean,
): Promise<string> {
  const over = new AbortController();
  const late = wait(LIMIT_MS, undefined, { signal: over.signal, ref: false }).then(() => {
    throw new AnswerLostError('Discord did not answer.');
  });
  late.catch(() => {});
  try {
    const message = await Promise.race([new Sending(channel, payload, delivery, same, over.signal).run(), late]);
    newest.set(channel, message.id);
    return message.id;
  } finally {
    over.abort();
  }
}

class Sending {
  readonly #channel: GuildTextBasedChannel;
  readonly #payload: MessageCreateOptions;
  readonly #delivery: Delivery;
  readonly #same: (message: Message<true>) => boolean;
  readonly #over: AbortSignal;

  constructor(
    channel: GuildTextBasedChannel,
    payload: MessageCreateOptions,
    delivery: Delivery,
    same: ((message: Message<true>) => boolean) | undefined,
    over: AbortSignal,
  ) {
    this.#channel = channel;
    this.#payload = payload;
    this.#delivery = delivery;
    this.#same = same ?? (({ content }) => content !== '' && delivery.hasTried(content));
    this.#over = over;
  }

  async run(): Promise<Message<true>> {
    for (let attempt = 1; ; attempt++) {
      try {
        const found = this.#delivery.doubtful ? await this.#find() : undefined;
        return await this.#asWanted(found ?? (await this.#make()));
      } catch (error) {
        if (this.#over.aborted || attempt >= ATTEMPTS || verdictOf(error) !== 'lost') throw error;
        await wait(FIRST_PAUSE_MS * 2 ** (attempt - 1), undefined, { signal: this.#over });
      }
    }
  }

  async #make(): Promise<Message<true>> {
    const { nonce } = this.#delivery;
    const known = newer(newest.get(this.#channel), this.#channel.lastMessageId);
    this.#delivery.trying(this.#payload.content ?? '', known);
    try {
      const message = await this.#channel.send({ ...this.#payload, nonce, enforceNonce: true });
      // What is no message at all, such as a page of the network in between, says nothing of what was done.
      if (!/^\d+$/.test(message.id)) throw new AnswerLostError('Discord did not answer.');
      return message;
    } catch (error) {
      if (verdictOf(error) === 'lost') this.#delivery.lost();
      throw error;
    }
  }

  /** The message of an attempt whose answer was lost. Where nobody may read what was said, the nonce has to do. */
  async #find(): Promise<Message<true> | undefined> {
    const channel = this.#channel;
    const { me } = channel.guild.members;
    const mayRead = me && channel.permissionsFor(me)?.has(PermissionFlagsBits.ReadMessageHistory);
    if (!mayRead) return undefined;
    const after = BigInt(this.#delivery.after ?? 0);
    const last = await channel.messages.fetch({ limit: LOOKED_AT, cache: false });
    return last.find((message) => message.author.id === me.id && BigInt(message.id) > after && this.#same(message));
  }

  /** An earlier attempt may have had another text. */
  async #asWanted(message: Message<true>): Promise<Message<true>> {
    const { content, components, files, allowedMentions } = this.#payload;
    const other =
      content !== undefined && message.content !== content.trim() && this.#delivery.hasTried(message.content);
    if (!other) return message;
    await this.#channel.messages.edit(message.id, {
      content,
      ...(components && { components }),
      ...(files && files.length > 0 && { files }),
      ...(allowedMentions && { allowedMentions }),
    });
    return message;
  }
}

function newer(one: string | undefined, other: string | null): string | undefined {
  if (one === undefined || other === null) return one ?? other ?? undefined;
  return BigInt(one) > BigInt(other) ? one : other;
}
