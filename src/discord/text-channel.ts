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
import type { MessageButton, PostFile, TextChannel } from '../bridge/room-ports.ts';
import { lackingToWrite } from './writing.ts';

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
  ): Promise<string> {
    // Refused requests count towards a ban of the address (10,000 in 10 minutes): ask the cache first.
    const lacking = mine(this.#channel) ?? lackingToAttach(this.#channel, files);
    if (lacking) throw new Error(`I lack ${lacking} in #${this.#channel.name}.`);
    try {
      const message = await this.#channel.send({
        content,
        components: rowOf(buttons),
        files: files.map(attached),
        allowedMentions: { parse: [] },
        // A link that somebody spoke must not unfold, and a transcript must not buzz on everybody's phone.
        flags: MessageFlags.SuppressEmbeds | MessageFlags.SuppressNotifications,
      });
      return message.id;
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
    const lacking = lackingToAttach(this.#channel, files);
    if (lacking) throw new Error(`I lack ${lacking} in #${this.#channel.name}.`);
    try {
      const components = buttons && rowOf(buttons);
      await this.#channel.messages.edit(messageId, {
        content,
        allowedMentions: { parse: [] },
        ...(components && { components }),
        // Where no file is new, the message keeps those that it has.
        ...(files.length > 0 && { files: files.map(attached) }),
      });
    } catch (error) {
      throw this.#readable(error, 'edit my message');
    }
  }

  #readable(error: unknown, doing: string): Error {
    const where = `#${this.#channel.name}`;
    const options = { cause: error };
    if (!(error instanceof DiscordAPIError))
      return new Error(`I could not ${doing} in ${where}: Discord did not answer.`, options);
    switch (error.code) {
      case RESTJSONErrorCodes.MissingAccess:
      case RESTJSONErrorCodes.MissingPermissions:
        return new Error(
          `I may not ${doing} in ${where}: I lack ${mine(this.#channel) ?? 'a permission'} there.`,
          options,
        );
      case RESTJSONErrorCodes.RequestEntityTooLarge:
        return new Error(`I could not ${doing} in ${where}: a file is too large.`, options);
      case RESTJSONErrorCodes.UnknownChannel:
        return new Error(`I could not ${doing} in ${where}: the channel was deleted.`, options);
      case RESTJSONErrorCodes.UnknownMessage:
        return new Error(`I could not ${doing} in ${where}: somebody deleted it.`, options);
      case RESTJSONErrorCodes.InvalidActionOnArchivedThread:
      case RESTJSONErrorCodes.ThreadLocked:
        return new Error(`I could not ${doing} in ${where}: the thread is archived or locked.`, options);
      case RESTJSONErrorCodes.MessageWasBlockedByAutomaticModeration:
        return new Error(`I could not ${doing} in ${where}: this server's AutoMod blocked it.`, options);
      default:
        return new Error(`I could not ${doing} in ${where}: Discord refused (${error.code}).`, options);
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
export function rowOf(buttons: readonly MessageButton[]) {
  if (buttons.length === 0) return [];
  const components = buttons.map(({ id, label }) => ({
    type: ComponentType.Button as const,
    style: ButtonStyle.Secondary as const,
    customId: id,
    label,
  }));
  return [{ type: ComponentType.ActionRow as const, components }];
}

/**
 * Opens a channel of the guild for writing. Rejects with an Error whose message a person can read where there is none.
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
    const text = `The channel for ${use.what} is gone, or I cannot see it. Set another one with ${use.command}.`;
    throw new Error(text, { cause });
  }
  if (!channel.isTextBased()) throw new Error(`#${channel.name} has no chat. Set another channel with ${use.command}.`);
  return new DiscordTextChannel(channel);
}

/** The permission to write that the bot lacks here; undefined where it has all. */
function mine(channel: GuildTextBasedChannel): string | undefined {
  const me = channel.guild.members.me;
  return me ? lackingToWrite(channel, me) : undefined;
}
