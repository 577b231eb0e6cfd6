import {
  ChannelType,
  type Client,
  DiscordAPIError,
  type Guild,
  type GuildMember,
  type GuildTextBasedChannel,
  MessageFlags,
  PermissionFlagsBits,
  RESTJSONErrorCodes,
} from 'discord.js';
import type { GuildTexts, Place, Poll } from '../bridge/guild-ports.ts';
import type { Person, UserId } from '../bridge/ports.ts';
import type { SettingsStore } from '../bridge/room-ports.ts';
import { auditReason, memberOf } from './members.ts';
import { lackingToWrite } from './writing.ts';

const RIGHTS = {
  SendPolls: 'Create Polls',
  CreatePublicThreads: 'Create Public Threads',
  ReadMessageHistory: 'Read Message History',
} as const;

/** Polls, threads and reminders in the channel to which a guild's transcripts go. */
export class DiscordGuildTexts implements GuildTexts {
  readonly #client: Client;
  readonly #settings: Pick<SettingsStore, 'get'>;

  constructor(options: { client: Client; settings: Pick<SettingsStore, 'get'> }) {
    this.#client = options.client;
    this.#settings = options.settings;
  }

  async postPoll(place: Place, { question, answers, multiple, hours }: Poll, by: readonly Person[]): Promise<string> {
    const { guild, channel } = await this.#channel(place);
    await check(guild, channel, by, (member) => lackingToWrite(channel, member) ?? lacks(channel, member, 'SendPolls'));
    const poll = {
      question: { text: question },
      answers: answers.map((text) => ({ text })),
      duration: hours,
      allowMultiselect: multiple,
    };
    return told(channel, async () => (await channel.send({ poll, allowedMentions: { parse: [] } })).id);
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
    const lacking = (member: GuildMember) => lacks(channel, member, 'CreatePublicThreads');
    await check(guild, channel, by, (member) => lackingToWrite(channel, member) ?? lacking(member));
    return told(channel, async () => {
      const news = channel.type === ChannelType.GuildAnnouncement;
      const reason = auditReason(by);
      const thread = news
        ? await channel.threads.create({ name, type: ChannelType.AnnouncementThread, reason })
        : await channel.threads.create({ name, type: ChannelType.PublicThread, reason });
      if (first !== null)
        await thread.send({ content: first, allowedMentions: { parse: [] }, flags: MessageFlags.SuppressEmbeds });
      return thread.id;
    });
  }

  async postTo(place: Place, userId: UserId, content: string): Promise<void> {
    const { guild, channel } = await this.#channel(place);
    await check(guild, channel, [], (member) => lackingToWrite(channel, member));
    await told(channel, () =>
      channel.send({
        content: `<@${userId}> ${content}`,
        allowedMentions: { parse: [], users: [userId] },
        flags: MessageFlags.SuppressEmbeds,
      }),
    );
  }

  async #channel({ guildId, channelId }: Place): Promise<{ guild: Guild; channel: GuildTextBasedChannel }> {
    const guild = this.#client.guilds.cache.get(guildId);
    if (!guild) throw new Error('I am not on that server any more.');
    const id = (await this.#settings.get(guildId)).transcriptChannelId ?? channelId;
    // An archived thread is in no cache.
    const channel = guild.channels.cache.get(id) ?? (await guild.channels.fetch(id).catch(() => null));
    if (channel?.isTextBased()) return { guild, channel };
    throw new Error('The text channel is gone, or I cannot see it. Set another one with /transcript channel.');
  }
}

type Lacking = (member: GuildMember) => string | undefined;

/** Throws the first right that the bot or one of the people lacks, before Discord is asked in vain. */
async function check(
  guild: Guild,
  channel: GuildTextBasedChannel,
  by: readonly Person[],
  lacking: Lacking,
): Promise<void> {
  const mine = guild.members.me ? lacking(guild.members.me) : undefined;
  if (mine) throw new Error(`I lack ${mine} in #${channel.name}.`);
  for (const person of by) {
    const member = await memberOf(guild, person);
    const theirs = member.isCommunicationDisabled() ? 'the right to write, being timed out,' : lacking(member);
    if (theirs) throw new Error(`${JSON.stringify(person.name)} lacks ${theirs} in #${channel.name}.`);
  }
}

function lacks(channel: GuildTextBasedChannel, member: GuildMember, right: keyof typeof RIGHTS): string | undefined {
  return channel.permissionsFor(member).has(PermissionFlagsBits[right]) ? undefined : RIGHTS[right];
}

async function told<T>(channel: GuildTextBasedChannel, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const where = `#${channel.name}`;
    const options = { cause: error };
    if (!(error instanceof DiscordAPIError)) throw new Error(`Discord did not answer for ${where}.`, options);
    if (error.code === RESTJSONErrorCodes.UnknownChannel) throw new Error(`The channel ${where} was deleted.`, options);
    throw new Error(`Discord refused it in ${where} (${error.code}).`, options);
  }
}
