import { setTimeout as wait } from 'node:timers/promises';
import {
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  DiscordAPIError,
  type InteractionEditReplyOptions,
  MessageFlags,
  MessagePayload,
  type ModalSubmitInteraction,
  RESTJSONErrorCodes,
  Routes,
} from 'discord.js';
import type { Logger } from 'pino';
import type { MessageButton } from '../../ports/room.ts';
import { isTooLate } from './unsent-answer.ts';

/** https://docs.discord.com/developers/resources/message#create-message */
const LONGEST_ANSWER = 2000;
/** People read something within 10 s; a request may need some of that. */
const PROGRESS_MS = 7_000;
/** One request with text alone; one with files, on a slow line. */
const TEXT_MS = 3_000;
const UPLOAD_MS = 30_000;
const UPLOADS = 2;
/** Nobody waits for longer; Discord takes answers for 15 minutes. */
const GIVE_UP_MS = 10 * 60_000;
/** For Discord to be reached again. */
const UNREACHED_MS = 2 * 60_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

export const BROKEN = 'Something went wrong on my side. It is in my log; please try again in a moment.';
const SLOW = 'This takes longer than usual. The answer comes here as soon as I have it.';
const GAVE_UP = 'This took too long, so I gave up waiting for it. Please try again in a moment.';
const TOO_LARGE = 'Discord did not take the file: it is too large. Ask for less, or for another format.';
const NO_FILE = '**I could not send the file**: Discord did not take it. Please try again in a moment.';

/** Text for people, with files and buttons, or in pages (from 0; `more`: another one follows). */
export type Answer =
  | string
  | { readonly pages: (at: number) => Promise<{ readonly content: string; readonly more: boolean }> }
  | {
      readonly content: string;
      readonly files: readonly { readonly name: string; readonly bytes: Buffer }[];
      readonly buttons?: readonly MessageButton[];
    };

/** Who waits for an answer; the first response was given. */
export type Asking = ChatInputCommandInteraction | ButtonInteraction | ModalSubmitInteraction;

/** What they read. */
export interface Shown {
  readonly content: string;
  readonly components?: NonNullable<InteractionEditReplyOptions['components']>;
  readonly files?: readonly { readonly name: string; readonly bytes: Buffer }[];
}

/**
 * The answer to an interaction whose first response was a deferral. Whatever happens while it is made or sent, whoever asked
 * reads a sentence within 10 s, and the answer itself when it comes.
 */
export class InteractionAnswer {
  readonly #asked: Asking;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #progressMs: number;
  readonly #startedAt = performance.now();
  /** Something to read stands where "thinking…" stood. */
  #isShown = false;
  #isEditing = false;
  /** A message that says that it takes longer, where it may not have taken the place of "thinking…". */
  #aside: string | undefined;
  /** The message that was edited last. */
  #shownId: string | undefined;

  /** `progressMs`: only tests need another. */
  constructor(asked: Asking, log: Pick<Logger, 'warn'>, progressMs = PROGRESS_MS) {
    this.#asked = asked;
    this.#log = log;
    this.#progressMs = progressMs;
  }

  /** `work` must not reject. Rejects with what Discord said where nothing at all could be shown. */
  async give(work: Promise<Shown>): Promise<void> {
    const done = new AbortController();
    const { signal } = done;
    const progress = wait(this.#progressMs, undefined, { signal, ref: false }).then(
      () => this.#tellThatItTakesLonger(),
      () => {},
    );
    const late = wait(GIVE_UP_MS, undefined, { signal, ref: false }).then(() => {
      this.#log.warn({ interactionId: this.#asked.id, guildId: this.#asked.guildId }, 'an answer took too long');
      return { content: GAVE_UP };
    });
    late.catch(() => {});
    try {
      await this.#show(await Promise.race([work, late]));
    } finally {
      done.abort();
      await progress;
      await this.#removeAside();
    }
  }

  async #show(whole: Shown): Promise<void> {
    let refused = await this.#asItIs(whole);
    if (!refused) return;
    this.#warn(refused, 'an answer was not taken as it was');
    const { files = [], content } = whole;
    if (codeOf(refused) === RESTJSONErrorCodes.RequestEntityTooLarge) refused = await this.#put({ content: TOO_LARGE });
    else if (files.length > 0) {
      const text = `${content.slice(0, LONGEST_ANSWER - NO_FILE.length - 1)}\n${NO_FILE}`;
      refused = await this.#put({ ...whole, files: [], content: text });
    }
    if (refused) refused = await this.#put({ content: BROKEN, components: [] });
    if (refused) await this.#followUp({ content: BROKEN });
  }

  /** Gives why it was refused; undefined: it stands there, or nobody can be told any more. */
  async #asItIs(whole: Shown): Promise<unknown> {
    if (!whole.files?.length) return this.#put(whole);
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#edit(whole, UPLOAD_MS);
        return undefined;
      } catch (error) {
        if (isTooLate(error)) throw error;
        if (attempt === UPLOADS || isRefused(error)) return error;
        await wait(FIRST_PAUSE_MS, undefined, { ref: false });
      }
    }
  }

  /**
   * Text alone: tries until Discord took it, for a while. The place of the answer is one that may be written again and
   * again; where it cannot be reached, a message of its own may. Gives why it was refused.
   */
  async #put(whole: Shown): Promise<unknown> {
    const startedAt = performance.now();
    for (let attempt = 1; ; attempt++) {
      try {
        await (attempt % 4 === 3 ? this.#followUp(whole) : this.#edit(whole, TEXT_MS));
        return undefined;
      } catch (error) {
        if (isTooLate(error)) throw error;
        if (isRefused(error)) return error;
        if (performance.now() > startedAt + UNREACHED_MS) throw error;
        if (attempt === 1) this.#warn(error, 'an answer got lost on its way, trying again');
      }
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
      await wait(pauseMs, undefined, { ref: false });
    }
  }

  async #tellThatItTakesLonger(): Promise<void> {
    if (this.#isShown) return;
    try {
      // Requests for one place go one after the other, so an upload would hold this up.
      if (!this.#isEditing) {
        await this.#edit({ content: SLOW }, TEXT_MS / 2);
        return;
      }
    } catch (error) {
      if (isTooLate(error)) return;
    }
    if (this.#isShown) return;
    try {
      this.#aside = await this.#followUp({ content: SLOW });
    } catch (error) {
      this.#warn(error, 'nobody could be told that an answer takes longer');
    }
  }

  /** Where the answer had arrived already, what says that it takes longer was a second message. */
  async #removeAside(): Promise<void> {
    const { webhook, client } = this.#asked;
    if (this.#aside === undefined || this.#aside === this.#shownId) return;
    const route = Routes.webhookMessage(webhook.id, webhook.token ?? '', this.#aside);
    await timed(TEXT_MS, (signal) => client.rest.delete(route, { auth: false, signal })).catch(() => {});
  }

  async #edit(whole: Shown, ms: number): Promise<void> {
    const { webhook, client } = this.#asked;
    const { body, files } = await this.#payload(whole);
    this.#isEditing = true;
    try {
      const route = Routes.webhookMessage(webhook.id, webhook.token ?? '');
      const answer = await timed(ms, (signal) =>
        client.rest.patch(route, { body, files: files ?? [], auth: false, signal }),
      );
      this.#shownId = idOf(answer);
      this.#isShown = true;
    } finally {
      this.#isEditing = false;
    }
  }

  /**
   * Right after a deferral this takes the place of "thinking…", as an edit does; later it is a further message.
   * https://docs.discord.com/developers/interactions/receiving-and-responding#create-followup-message
   */
  async #followUp(whole: Shown): Promise<string | undefined> {
    const { webhook, client } = this.#asked;
    const { body } = await this.#payload(whole);
    const ephemeral = { ...(body as object), flags: MessageFlags.Ephemeral | MessageFlags.SuppressEmbeds };
    const answer = await timed(TEXT_MS, (signal) =>
      client.rest.post(Routes.webhook(webhook.id, webhook.token ?? ''), { body: ephemeral, auth: false, signal }),
    );
    this.#isShown = true;
    return idOf(answer);
  }

  #payload({ content, components, files = [] }: Shown) {
    const payload: InteractionEditReplyOptions = {
      content: content.length > LONGEST_ANSWER ? `${content.slice(0, LONGEST_ANSWER - 1)}…` : content,
      ...(components && { components }),
      files: files.map(({ name, bytes }) => ({ name, attachment: bytes })),
      allowedMentions: { parse: [] },
      flags: MessageFlags.SuppressEmbeds,
    };
    return MessagePayload.create(this.#asked.webhook, payload).resolveBody().resolveFiles();
  }

  #warn(error: unknown, message: string): void {
    const { id, guildId } = this.#asked;
    const afterMs = Math.round(performance.now() - this.#startedAt);
    this.#log.warn({ err: error, interactionId: id, guildId, afterMs }, message);
  }
}

/** The library's own limit is a minute, and waits for rate limits without one. */
async function timed<T>(ms: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(ms);
  const late = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => late.reject(new Error(`Discord did not answer within ${ms} ms.`)));
  return Promise.race([call(signal), late.promise]);
}

/** Whether sending the same again cannot help. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof DiscordAPIError)) return false;
  return error.status < 500 && ![401, 408, 425, 429].includes(error.status);
}

function codeOf(error: unknown): unknown {
  return error instanceof DiscordAPIError ? error.code : undefined;
}

function idOf(answer: unknown): string | undefined {
  return typeof answer === 'object' && answer !== null && 'id' in answer ? String(answer.id) : undefined;
}
