import {
  ChannelType,
  type Client,
  DiscordAPIError,
  type Guild,
  type GuildMember,
  type GuildTextBasedChannel,
  type Message,
  MessageFlags,
  PermissionFlagsBits,
  RESTJSONErrorCodes,
} from 'discord.js';
import { Delivery } from '../../lib/delivery.ts';
import type { GuildTexts, Place, Poll } from '../../ports/guild.ts';
import type { MessageButton } from '../../ports/room.ts';
import type { SettingsStore } from '../../ports/settings.ts';
import type { Person, UserId } from '../../ports/voice.ts';
import type { Access } from '../guild/access.ts';
import { freshAccess } from '../guild/fresh-access.ts';
import { auditReason, isTimedOut, memberOf } from '../guild/members.ts';
import { lackingToWrite, mayIn } from '../guild/write-permissions.ts';
import { Deliveries } from '../rest/deliveries.ts';
import { RestRefusal } from '../rest/refusal.ts';
import { send } from '../rest/sending.ts';
import { verdictOf } from '../rest/verdict.ts';
import { rowOf } from './text-channel.ts';
import { makeThread } from './thread-making.ts';

const UNTAKEN =
  'I have something for you that Discord does not let me write here: a rule of this server keeps its words out.';
const RIGHTS = {
  SendPolls: 'Create Polls',
  CreatePublicThreads: 'Create Public Threads',
  ReadMessageHistory: 'Read Message History',
} as const;

/** Polls, threads and reminders in the channel to which a guild's transcripts go. */
export class DiscordGuildTexts implements GuildTexts {
  readonly #client: Client;
  readonly #settings: Pick<SettingsStore, 'get'>;
  readonly #deliveries = new Deliveries();

  constructor(options: { client: Client; settings: Pick<SettingsStore, 'get'> }) {
    this.#client = options.client;
    this.#settings = options.settings;
  }

  async postPoll(place: Place, { question, answers, multiple, hours }: Poll, by: readonly Person[]): Promise<string> {
    const { guild, channel } = await this.#channel(place);
    await check(guild, channel, by, 'SendPolls');
    const poll = {
      question: { text: question },
      answers: answers.map((text) => ({ text })),
      duration: hours,
      allowMultiselect: multiple,
    };
    // A poll has no text to be known by.
    const same = (message: Message): boolean => message.poll?.question.text === question.trim();
    return told(channel, () => send(channel, { poll, allowedMentions: { parse: [] } }, new Delivery(), same));
  }

  async createThread(
    place: Place,
    { name, first }: { name: string; first: string | null },
    by: readonly Person[],
  ): Promise<string> {
    const { guild, channel } = await this.#channel(place);
    if (channel.type !== ChannelType.GuildText && channel.type !== ChannelType.GuildAnnouncement) {
      const way = 'Choose a text channel for the transcript with /transcript channel.';
      throw new Error(
        `There can be no threads in #${channel.name}: it is a thread or the chat of a voice channel. ${way}`,
      );
    }
    await check(guild, channel, by, 'CreatePublicThreads');
    const thread = await told(channel, () => makeThread(channel, name, auditReason(by)));
    if (first === null) return thread.id;
    const quiet = { allowedMentions: { parse: [] }, flags: MessageFlags.SuppressEmbeds } as const;
    await send(thread, { content: first, ...quiet }).catch((cause: unknown) => {
      // Whoever tries it again would make another thread.
      throw new Error(`The thread <#${thread.id}> is made, but Discord did not take its first message.`, { cause });
    });
    return thread.id;
  }

  async postTo(
    place: Place,
    userId: UserId,
    content: string,
    key?: string,
    { buttons = [], may = async () => true }: Parameters<GuildTexts['postTo']>[4] = {},
  ): Promise<boolean> {
    const takers = await this.#takers(place);
    const open = await Promise.all(takers.map(({ channel }) => may(channel.id)));
    const places = takers.filter((_, at) => open[at]);
    for (const [at, { guild, channel }] of places.entries()) {
      try {
        await check(guild, channel, []);
        await told(channel, () => this.#postTo(channel, userId, { content, buttons }, key));
        return true;
      } catch (error) {
        const elsewhere = at + 1 < places.length && !isPassing(error);
        if (!elsewhere) throw error;
      }
    }
    return false;
  }

  async #postTo(
    channel: GuildTextBasedChannel,
    userId: UserId,
    { content, buttons }: { readonly content: string; readonly buttons: readonly MessageButton[] },
    key?: string,
  ): Promise<void> {
    const post = (text: string) =>
      this.#deliveries.deliver(key && `${key} ${channel.id}`, (delivery) =>
        send(
          channel,
          {
            content: `<@${userId}> ${text}`,
            allowedMentions: { parse: [], users: [userId] },
            flags: MessageFlags.SuppressEmbeds,
            ...(buttons.length > 0 && { components: rowOf(buttons) }),
          },
          delivery,
        ),
      );
    try {
      await post(content);
    } catch (error) {
      if (verdictOf(error) !== 'content') throw error;
      // Words that a rule of the server keeps out never come through: that something was there does.
      await post(UNTAKEN);
    }
  }

  /** The chosen channel, and where it takes nothing, the chat of the place. */
  async #takers(place: Place): Promise<readonly { guild: Guild; channel: GuildTextBasedChannel }[]> {
    const chosen = await this.#channel(place).catch((error: Error) => error);
    const guild = this.#client.guilds.cache.get(place.guildId);
    const chat = guild && (await textChannel(guild, place.channelId));
    const both = [...(chosen instanceof Error ? [] : [chosen]), ...(guild && chat ? [{ guild, channel: chat }] : [])];
    if (both.length === 0 && chosen instanceof Error) throw chosen;
    return both.filter(({ channel }, at) => both.findIndex((one) => one.channel.id === channel.id) === at);
  }

  async #channel({ guildId, channelId }: Place): Promise<{ guild: Guild; channel: GuildTextBasedChannel }> {
    const guild = this.#client.guilds.cache.get(guildId);
    if (!guild) throw new Error('I am not on that server any more.');
    const channel = await textChannel(guild, (await this.#settings.get(guildId)).transcriptChannelId ?? channelId);
    if (channel) return { guild, channel };
    throw new Error('The text channel is gone, or I cannot see it. Set another one with /transcript channel.');
  }
}

/** Whether the same may be taken in the same channel another time. */
function isPassing(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause !== undefined && verdictOf(cause) !== 'place';
}

async function textChannel(guild: Guild, id: string): Promise<GuildTextBasedChannel | undefined> {
  // An archived thread is in no cache.
  const channel = guild.channels.cache.get(id) ?? (await guild.channels.fetch(id).catch(() => null));
  return channel?.isTextBased() ? channel : undefined;
}

/**
 * Throws the first right that the bot or one of the people lacks, before Discord is asked in vain. Of people Discord is asked
 * anew: the event that takes a right may be late.
 */
async function check(
  guild: Guild,
  channel: GuildTextBasedChannel,
  by: readonly Person[],
  right?: keyof typeof RIGHTS,
): Promise<void> {
  const lacking = (member: GuildMember, access?: Access): string | undefined =>
    lackingToWrite(channel, member, access) ?? (right && lacks(channel, member, right, access));
  const mine = guild.members.me ? lacking(guild.members.me) : undefined;
  if (mine) throw new Error(`I lack ${mine} in #${channel.name}.`);
  if (by.length === 0) return;
  const access = await freshAccess(guild).catch((cause: unknown) => {
    throw new Error('I could not ask Discord who may do that now. Try again in a moment.', { cause });
  });
  for (const person of by) {
    const member = await memberOf(guild, person);
    const lacked = lacking(member) ?? lacking(member, access);
    const theirs = isTimedOut(member) ? 'the right to write, being timed out,' : lacked;
    if (theirs) throw new Error(`${JSON.stringify(person.name)} lacks ${theirs} in #${channel.name}.`);
  }
}

function lacks(
  channel: GuildTextBasedChannel,
  member: GuildMember,
  right: keyof typeof RIGHTS,
  access?: Access,
): string | undefined {
  return mayIn(channel, member, PermissionFlagsBits[right], access) ? undefined : RIGHTS[right];
}

async function told<T>(channel: GuildTextBasedChannel, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const where = `#${channel.name}`;
    const options = { cause: error };
    if (error instanceof RestRefusal) throw error;
    if (!(error instanceof DiscordAPIError)) throw new Error(`Discord did not answer for ${where}.`, options);
    if (error.code === RESTJSONErrorCodes.UnknownChannel) throw new Error(`The channel ${where} was deleted.`, options);
    throw new Error(`Discord refused it in ${where} (${error.code}).`, options);
  }
}
