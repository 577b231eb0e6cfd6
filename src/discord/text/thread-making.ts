import { setTimeout as wait } from 'node:timers/promises';
import { type AnyThreadChannel, ChannelType, type NewsChannel, type TextChannel } from 'discord.js';
import { verdictOf } from '../rest/verdict.ts';

/** Looks for a thread whose answer was lost, so far apart: the gateway tells of it, too. */
const LOOKS_MS = [300, 1_000];

/** A channel that can have public threads. */
export type ThreadParent = TextChannel | NewsChannel;

/**
 * Makes a public thread, once: a thread has no nonce, so where the answer is lost it is looked for, and made again only
 * where Discord says that it is not there. Rejects with what the REST client threw.
 */
export async function makeThread(channel: ThreadParent, name: string, reason: string): Promise<AnyThreadChannel> {
  const before = new Set(channel.threads.cache.keys());
  try {
    return await create(channel, name, reason);
  } catch (error) {
    if (verdictOf(error) !== 'lost') throw error;
    return (await find(channel, name, before)) ?? (await create(channel, name, reason));
  }
}

function create(channel: ThreadParent, name: string, reason: string): Promise<AnyThreadChannel> {
  return channel.type === ChannelType.GuildAnnouncement
    ? channel.threads.create({ name, type: ChannelType.AnnouncementThread, reason })
    : channel.threads.create({ name, type: ChannelType.PublicThread, reason });
}

/** Rejects where Discord does not say which threads there are. */
async function find(
  channel: ThreadParent,
  name: string,
  before: ReadonlySet<string>,
): Promise<AnyThreadChannel | undefined> {
  const me = channel.client.user.id;
  const isIt = (thread: AnyThreadChannel): boolean =>
    !before.has(thread.id) && thread.parentId === channel.id && thread.ownerId === me && thread.name === name.trim();
  for (const pauseMs of LOOKS_MS) {
    await wait(pauseMs);
    const told = channel.threads.cache.find(isIt);
    if (told) return told;
  }
  const { threads } = await channel.threads.fetchActive(false);
  return threads.find(isIt);
}
