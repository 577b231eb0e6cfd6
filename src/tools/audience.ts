import type { Audience, Readers } from '../bridge/reading-ports.ts';
import type { ToolContext } from '../bridge/room-ports.ts';

/** Who gets to know what a tool brings: it is spoken and posted in the room, or shown to whoever typed it alone. */
export function audienceOf({ room, askers, typed = false }: Pick<ToolContext, 'room' | 'askers' | 'typed'>): Audience {
  const { guildId, channelId, textChannelId } = room;
  if (typed) return { guildId, channelIds: [], people: askers.map(({ userId }) => userId) };
  return {
    guildId,
    channelIds: [channelId, ...(textChannelId === undefined ? [] : [textChannelId])],
    people: room.people().map(({ userId }) => userId),
  };
}

/** Those that were made in this room, for everybody, or where whoever gets to know the answer may read as well. */
export async function openHere<One extends { readonly channelId?: string }>(
  made: readonly One[],
  readers: Pick<Readers, 'couldListen'>,
  context: Pick<ToolContext, 'room' | 'askers' | 'typed'>,
): Promise<readonly One[]> {
  const here = context.typed ? undefined : context.room.channelId;
  const isHere = ({ channelId }: One): boolean => channelId === undefined || channelId === here;
  if (made.every(isHere)) return made;
  const couldListen = await readers.couldListen(audienceOf(context)).catch(() => async () => false);
  const open = await Promise.all(made.map((one) => isHere(one) || couldListen(one.channelId ?? '')));
  return made.filter((_, at) => open[at]);
}
