import {
  ButtonStyle,
  ComponentType,
  DiscordAPIError,
  type Guild,
  type GuildBasedChannel,
  type GuildTextBasedChannel,
  MessageFlags,
  PermissionFlagsBits,
  RESTJSONErrorCodes,
} from 'discord.js';
import type { Delivery } from '../../lib/delivery.ts';
import { AnswerLostError, ContentRefusedError, MessageGoneError, PlaceRefusedError } from '../../ports/errors.ts';
import type { MessageButton, PostFile, TextChannel } from '../../ports/room.ts';
import { lackingToWrite } from '../guild/write-permissions.ts';
import { RestRefusal } from '../rest/refusal.ts';
import { send } from '../rest/sending.ts';
import { isBlocked, verdictOf } from '../rest/verdict.ts';

/** A text channel, a thread or the chat of a voice channel. Waiting for Discord's limits is left to discord.js. */
export class DiscordTextChannel implements TextChannel {
  readonly #channel: GuildTextBasedChannel;

  constructor(channel: GuildTextBasedChannel) {
    this.#channel = channel;
  }

  async post(
    content: string,
    buttons: readonly MessageButton[] = [],
    files: readonly PostFile[] = [],
    delivery?: Delivery,
  ): Promise<string> {
    const where = `#${this.#channel.name}`;
    // Refused requests count towards a ban of the address (10,000 in 10 minutes): ask the cache first.
    const lacking = mine(this.#channel);
    if (lacking) throw new PlaceRefusedError(`I lack ${lacking} in ${where}.`);
    this.#checkFiles(files);
    const payload = {
      content,
      components: rowOf(buttons),
      files: files.map(attached),
      allowedMentions: { parse: [] },
      // A link that somebody spoke must not unfold, and a transcript must not buzz on everybody's phone.
      flags: MessageFlags.SuppressEmbeds | MessageFlags.SuppressNotifications,
    } as const;
    try {
      return await send(this.#channel, payload, delivery);
    } catch (error) {
      throw this.#readable(error, 'write');
    }
  }

  async edit(
    messageId: string,
    content: string,
    buttons?: readonly MessageButton[],
    files: readonly PostFile[] = [],
  ): Promise<void> {
    this.#checkFiles(files);
    try {
      const components = buttons && rowOf(buttons);
      const edited = await this.#channel.messages.edit(messageId, {
        content,
        allowedMentions: { parse: [] },
        ...(components && { components }),
        // Where no file is new, the message keeps those that it has.
        ...(files.length > 0 && { files: files.map(attached) }),
      });
      // A page of the network in between says nothing of what was done.
      if (edited.id !== messageId) throw new AnswerLostError('Discord did not answer.');
    } catch (error) {
      throw this.#readable(error, 'edit my message');
    }
  }

  #checkFiles(files: readonly PostFile[]): void {
    const lacking = lackingToAttach(this.#channel, files);
    if (lacking) throw new ContentRefusedError(`I lack ${lacking} in #${this.#channel.name}.`);
  }

  #readable(error: unknown, doing: string): Error {
    const where = `#${this.#channel.name}`;
    const message = `I could not ${doing} in ${where}: ${this.#why(error)}`;
    const options = { cause: error };
    switch (verdictOf(error)) {
      case 'gone':
        return new MessageGoneError(message, options);
      case 'place':
        return new PlaceRefusedError(message, options);
      case 'content':
        return new ContentRefusedError(message, options);
      case 'lost':
        return new AnswerLostError(message, options);
      case 'later':
        return new Error(message, options);
    }
  }

  #why(error: unknown): string {
    if (error instanceof RestRefusal) return error.message;
    if (!(error instanceof DiscordAPIError)) return 'Discord did not answer.';
    switch (error.code) {
      case RESTJSONErrorCodes.MissingAccess:
      case RESTJSONErrorCodes.MissingPermissions:
        return `I lack ${mine(this.#channel) ?? 'a permission'} there.`;
      case RESTJSONErrorCodes.RequestEntityTooLarge:
        return 'a file is too large.';
      case RESTJSONErrorCodes.UnknownChannel:
        return 'the channel was deleted.';
      case RESTJSONErrorCodes.UnknownMessage:
        return 'somebody deleted it.';
      case RESTJSONErrorCodes.InvalidActionOnArchivedThread:
      case RESTJSONErrorCodes.ThreadLocked:
        return 'the thread is archived or locked.';
      default:
        if (isBlocked(error)) return "this server's AutoMod blocked it.";
        return `Discord refused (${error.code || error.status}).`;
    }
  }
}

function attached({ name, bytes, description }: PostFile) {
  return { name, attachment: Buffer.from(bytes), ...(description && { description }) };
}

function lackingToAttach(channel: GuildTextBasedChannel, files: readonly PostFile[]): string | undefined {
  const me = channel.guild.members.me;
  if (files.length === 0 || !me) return undefined;
  return channel.permissionsFor(me).has(PermissionFlagsBits.AttachFiles) ? undefined : 'Attach Files';
}

/** Buttons as components of a message. One row holds five (docs.discord.com/developers/components/reference#action-row). */
/** https://docs.discord.com/developers/components/reference#action-row */
const PER_ROW = 5;

export function rowOf(buttons: readonly MessageButton[]) {
  if (buttons.length === 0) return [];
  const components = buttons.map(({ id, label }) => ({
    type: ComponentType.Button as const,
    style: ButtonStyle.Secondary as const,
    customId: id,
    label,
  }));
  const rows = Array.from({ length: Math.ceil(components.length / PER_ROW) }, (_, at) => at * PER_ROW);
  return rows.map((from) => ({
    type: ComponentType.ActionRow as const,
    components: components.slice(from, from + PER_ROW),
  }));
}

/**
 * Opens a channel of the guild for writing. Rejects with an Error whose message a person can read: PlaceRefusedError where
 * there is none.
 * `use`: what it is for, and the command that sets another.
 */
export async function openTextChannel(
  guild: Guild,
  channelId: string,
  use = { what: 'transcripts', command: '/transcript channel' },
): Promise<DiscordTextChannel> {
  // An archived thread is in no cache.
  let cause: unknown;
  const fetched = (): Promise<GuildBasedChannel | null> =>
    guild.channels.fetch(channelId).catch((error: unknown) => {
      cause = error;
      return null;
    });
  const channel = guild.channels.cache.get(channelId) ?? (await fetched());
  if (!channel) {
    if (cause !== undefined && verdictOf(cause) !== 'place') throw new Error('Discord did not answer.', { cause });
    const text = `The channel for ${use.what} is gone, or I cannot see it. Set another one with ${use.command}.`;
    throw new PlaceRefusedError(text, { cause });
  }
  if (!channel.isTextBased())
    throw new PlaceRefusedError(`#${channel.name} has no chat. Set another channel with ${use.command}.`);
  return new DiscordTextChannel(channel);
}

/** The permission to write that the bot lacks here; undefined where it has all. */
function mine(channel: GuildTextBasedChannel): string | undefined {
  const me = channel.guild.members.me;
  return me ? lackingToWrite(channel, me) : undefined;
}
