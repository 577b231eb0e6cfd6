import type { Audience, Readers } from '../ports/reading.ts';
import type { ToolContext } from '../ports/tools.ts';

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

/**
 * Those that were made for everybody, or where whoever gets to know the answer could listen, too: also in the room where it
 * was made, into which somebody may have been brought, or whose posts others may read elsewhere.
 */
export async function openHere<One extends { readonly channelId?: string }>(
  made: readonly One[],
  readers: Pick<Readers, 'couldListen'>,
  context: Pick<ToolContext, 'room' | 'askers' | 'typed'>,
): Promise<readonly One[]> {
  const audience = audienceOf(context);
  const here = context.room.channelId;
  // Whoever may come in could listen here.
  const own = once(() =>
    couldListen(readers, { ...audience, channelIds: audience.channelIds.filter((id) => id !== here) }),
  );
  const others = once(() => couldListen(readers, audience));
  const open = await Promise.all(
    made.map(
      async ({ channelId }) => channelId === undefined || (await (channelId === here ? own : others)())(channelId),
    ),
  );
  return made.filter((_, at) => open[at]);
}

type CouldListen = (channelId: string) => Promise<boolean>;

function couldListen(readers: Pick<Readers, 'couldListen'>, audience: Audience): Promise<CouldListen> {
  return readers.couldListen(audience).catch(() => async () => false);
}

function once<Value>(ask: () => Promise<Value>): () => Promise<Value> {
  let asked: Promise<Value> | undefined;
  return () => {
    asked ??= ask();
    return asked;
  };
}
