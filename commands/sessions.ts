import type { ReadableChannels } from '../src/bridge/reading-ports.ts';
import type { RecordedConversation } from '../src/bridge/record-ports.ts';
import type { Asked, Choice, CommandContext, Typing } from './command.ts';
import { sessionLabel } from './session-label.ts';

const MOST_CHOICES = 25;
/** What is looked through while somebody types. */
const LOOKED_AT = 100;

/** The sessions that the typing person may read, newest first. */
export async function proposedSessions(typing: Typing, context: CommandContext): Promise<readonly Choice[]> {
  const { guildId } = typing;
  const { ids } = await context.readers.channelsFor(guildId, [typing.user.id]);
  if (ids.length === 0) return [];
  const conversations = await context.record.conversations({ guildId, channelIds: ids, limit: LOOKED_AT });
  const people = await context.record.people(conversations.map(({ id }) => id));
  const typed = typing.options.getFocused().toLowerCase();
  const choices = conversations.map((one): Choice => {
    const label = { people: people.get(one.id) ?? 0, channel: sessionChannel(typing, one), now: Date.now() };
    return { name: sessionLabel(one, label), value: one.id };
  });
  return choices.filter(({ name }) => name.toLowerCase().includes(typed)).slice(0, MOST_CHOICES);
}

/** The one of the option `session`, or the last one. Undefined: there is none that the asker may read. */
export async function chosenSession(
  { guildId, options }: Asked,
  { record }: CommandContext,
  { ids }: ReadableChannels,
): Promise<RecordedConversation | undefined> {
  const id = options.getInteger('session');
  if (id === null) return (await record.conversations({ guildId, channelIds: ids, limit: 1 }))[0];
  const found = await record.conversation(guildId, id);
  return found && ids.includes(found.channelId) ? found : undefined;
}

/** The name of the voice channel as it is now. Untrusted. */
export function sessionChannel({ guild }: Pick<Asked, 'guild'>, { channelId }: RecordedConversation): string {
  return guild.channels.cache.get(channelId)?.name ?? 'a deleted channel';
}
