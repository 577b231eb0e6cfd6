import type { Json } from './entities.ts';

/**
 * A message as a bot gets it, over the gateway and over REST: without the message content intent only its own messages,
 * and those that mention it, have content. https://docs.discord.com/developers/resources/message#message-object
 */
export function visibleTo(message: Json, sees: { readonly botId: string; readonly content: boolean }): Json {
  const mentioned = message.mentions?.some((user: Json) => user.id === sees.botId);
  if (!message.author || sees.content || message.author.id === sees.botId || mentioned) return message;
  const { poll: _, ...rest } = message;
  return { ...rest, content: '', embeds: [], attachments: [], components: [] };
}
