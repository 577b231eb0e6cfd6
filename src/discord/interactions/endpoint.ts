import type { Client } from 'discord.js';

/**
 * What to do where the application has an Interactions Endpoint URL: Discord then sends every command there, and none over
 * the gateway. undefined: it has none. Rejects as the REST client does.
 */
export async function endpointProblem(client: Client<true>): Promise<string | undefined> {
  const { interactionsEndpointURL: url } = await client.application.fetch();
  if (!url) return undefined;
  return `no command reaches the bot, because Discord sends them all to ${url}: empty Interactions Endpoint URL in the developer portal (General Information)`;
}
