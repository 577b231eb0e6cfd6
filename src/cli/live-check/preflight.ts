import { DiscordAPIError, HTTPError, REST, Routes } from 'discord.js';

/** The check cannot begin. `message` is for the operator. */
export class Unfit extends Error {
  override readonly name = 'Unfit';
}

/** What is looked at before anything is started. */
export interface PreflightOptions {
  readonly apiUrl: string;
  readonly token: string;
  readonly secondToken: string;
  readonly guildId: string;
  readonly channelId: string;
}

const VOICE = 2;
const STAGE = 13;
const PERMISSIONS = 1_049_600n + 2_097_152n + 65_536n;

/** Looks over REST whether both bots are who and where they have to be. Gives their ids; rejects with Unfit. */
export async function preflight(
  options: PreflightOptions,
): Promise<{ readonly botId: string; readonly secondId: string }> {
  const { apiUrl, token, secondToken, guildId, channelId } = options;
  if (token.split('.')[0] === secondToken.split('.')[0]) {
    throw new Unfit(
      'LIVE_CHECK_TOKEN belongs to the same bot as DISCORD_TOKEN. Make a second application with a bot of its own.',
    );
  }
  const [bot, second] = [restOf(apiUrl, token), restOf(apiUrl, secondToken)];
  const botId = await whoIs(bot, 'DISCORD_TOKEN');
  const secondId = await whoIs(second, 'LIVE_CHECK_TOKEN');
  if (botId === secondId) throw new Unfit('LIVE_CHECK_TOKEN and DISCORD_TOKEN are tokens of the same bot.');
  for (const [rest, id, title] of [
    [bot, botId, 'Your bot'],
    [second, secondId, 'The second bot'],
  ] as const) {
    await isOn(rest, { guildId, id, title });
    await sees(rest, { guildId, channelId, title });
  }
  return { botId, secondId };
}

/** Requests of one of the bots; none of them waits for long. */
export function restOf(apiUrl: string, token: string): REST {
  return new REST({ api: apiUrl, timeout: 10_000, retries: 1 }).setToken(token);
}

async function whoIs(rest: REST, variable: string): Promise<string> {
  try {
    const { id } = (await rest.get(Routes.user())) as { id: string };
    return id;
  } catch (error) {
    if (statusOf(error) === 401) {
      throw new Unfit(`Discord refused ${variable}. Make a new token in the developer portal (Bot → Reset Token).`);
    }
    throw new Unfit(`Discord did not answer (${reasonOf(error)}). Check the network and DISCORD_API_URL.`);
  }
}

async function isOn(rest: REST, { guildId, id, title }: { guildId: string; id: string; title: string }): Promise<void> {
  try {
    await rest.get(Routes.guild(guildId));
  } catch (error) {
    const address = `https://discord.com/oauth2/authorize?client_id=${id}&scope=bot&permissions=${PERMISSIONS}`;
    const known = [403, 404].includes(statusOf(error) ?? 0);
    throw new Unfit(
      known ? `${title} is not on the server of --guild. Invite it: ${address}` : `${title}: ${reasonOf(error)}.`,
    );
  }
}

async function sees(
  rest: REST,
  { guildId, channelId, title }: { guildId: string; channelId: string; title: string },
): Promise<void> {
  let channel: { type: number; guild_id?: string };
  try {
    channel = (await rest.get(Routes.channel(channelId))) as typeof channel;
  } catch (error) {
    const status = statusOf(error);
    if (status === 404)
      throw new Unfit('There is no channel with the id of --channel. Right-click the voice channel, Copy Channel ID.');
    if (status === 403) throw new Unfit(`${title} cannot see the channel: it lacks View Channel (or Connect) there.`);
    throw new Unfit(`${title}: ${reasonOf(error)}.`);
  }
  if (channel.guild_id !== guildId) throw new Unfit('The channel of --channel is not on the server of --guild.');
  if (channel.type === STAGE) throw new Unfit('The channel is a stage. Name an ordinary voice channel.');
  if (channel.type !== VOICE) throw new Unfit('The channel of --channel is not a voice channel.');
}

function statusOf(error: unknown): number | undefined {
  return error instanceof DiscordAPIError || error instanceof HTTPError ? error.status : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
