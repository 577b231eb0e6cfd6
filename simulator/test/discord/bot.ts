// What the tests of the simulated Discord share: the real discord.js on it, and a plain client for raw requests.
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { Client, Events, type GatewayIntentBits } from 'discord.js';
import { type DiscordOptions, SimulatedDiscord } from '../../src/discord/server.ts';

const endings = new WeakMap<SimulatedDiscord, (() => unknown)[]>();

/** A simulated Discord that is closed after the test, when its bots have gone. */
export async function startDiscord(test: TestContext, options: DiscordOptions = {}): Promise<SimulatedDiscord> {
  const discord = await SimulatedDiscord.start(options);
  endings.set(discord, []);
  test.after(async () => {
    for (const end of endings.get(discord) ?? []) await end();
    await discord.close();
  });
  return discord;
}

/** Ends something of a bot before its Discord goes: the last made is the first to end. */
export function beforeClose(discord: SimulatedDiscord, end: () => unknown): void {
  endings.get(discord)?.unshift(end);
}

/** discord.js, logged in and ready, with Guilds and GuildVoiceStates unless said otherwise. */
export async function startBot(
  discord: SimulatedDiscord,
  intents: readonly GatewayIntentBits[] = [1, 128],
): Promise<Client<true>> {
  const client = makeClient(discord, intents);
  const ready = new Promise<Client<true>>((resolve) => client.once(Events.ClientReady, resolve));
  await client.login(discord.token);
  return ready;
}

/** discord.js, not logged in. */
export function makeClient(discord: SimulatedDiscord, intents: readonly GatewayIntentBits[]): Client {
  const client = new Client({ intents, rest: { api: discord.apiUrl, retries: 0 } });
  beforeClose(discord, () => client.destroy());
  return client;
}

/** A request with the bot's token; gives status, headers and the JSON body. */
export async function request(discord: SimulatedDiscord, method: string, path: string, body?: unknown) {
  const response = await fetch(`${discord.apiUrl}/v10${path}`, {
    method,
    headers: {
      authorization: `Bot ${discord.token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: text ? JSON.parse(text) : undefined };
}

const schemas = new URL('../../../../shared/schemas/validate.mjs', import.meta.url);

/** Why the published schemas cannot be asked, or false. */
export const noSchemas = existsSync(schemas) ? false : 'needs ../shared/schemas';

/** What Discord's published OpenAPI finds wrong with the bodies that were sent and taken. */
export async function schemaFaults(discord: SimulatedDiscord): Promise<string[]> {
  if (noSchemas) return [];
  const { checkDiscord } = await import(schemas.href);
  // The published schema wants an integer where the documentation, and so discord.js, has a string of digits:
  // https://docs.discord.com/developers/interactions/application-commands#create-global-application-command-json-params
  const wrongSchema = /default_member_permissions must be integer,null$/;
  return discord.requests
    .filter((one) => one.status < 300)
    .flatMap((one) =>
      checkDiscord(one.method, one.path, one.body).map((fault: string) => `${one.method} ${one.path}: ${fault}`),
    )
    .filter((fault) => !wrongSchema.test(fault));
}
