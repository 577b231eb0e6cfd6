import { type Client, OAuth2Scopes, PermissionFlagsBits, REST, RESTEvents, Routes } from 'discord.js';
import { commands } from '../../../commands/index.ts';
import { WallClock } from '../../clock/wall-clock.ts';
import type { Config } from '../../config/config.ts';
import { createClient, logIn } from '../../discord/client/client.ts';
import { destroyClient } from '../../discord/client/gateway-strategy.ts';
import { loginError } from '../../discord/client/login-error.ts';
import { isDeployed } from '../../discord/interactions/deploy-commands.ts';
import { endpointProblem } from '../../discord/interactions/endpoint.ts';
import { isMissingAccess, leftCommands } from '../../discord/interactions/left-commands.ts';
import type { Log } from '../../lib/log.ts';
import { check, type Finding } from './finding.ts';
import { guildFinding } from './guild-rights.ts';

const REST_MS = 6_000;
const GATEWAY_MS = 8_000;
/** More servers than these are only counted. */
const MOST_GUILDS = 20;

/** Everything about Discord, in the order in which one thing stands on the other; it ends at the first that fails. */
export async function discordChecks(config: Config['discord'], log: Log): Promise<Finding[]> {
  const { apiUrl, token } = config;
  const rest = new REST({ api: apiUrl, timeout: REST_MS, retries: 0 }).setToken(token);
  const ask = <Answer>(doing: string, route: `/${string}`, auth = true): Promise<Answer> =>
    rest.get(route, { auth }).then(
      (answer) => answer as Answer,
      (error: unknown) => Promise.reject(loginError(error, { doing, apiUrl })),
    );
  const clock = new WallClock();
  rest.on(RESTEvents.Response, (_request, { headers }) => clock.heard(Date.parse(headers.get('date') ?? '')));
  const findings: Finding[] = [];
  const steps = [
    () =>
      check(
        'Discord',
        () => ask('reach Discord', Routes.gateway(), false).then(() => `${apiUrl} answers`),
        REST_MS + 1_000,
      ),
    () =>
      check('Bot token', async () => {
        const { username, id } = await ask<{ username: string; id: string }>('log in', Routes.user());
        return `the bot is ${username} (${id})`;
      }),
    () => check('Logins', async () => logins(await ask('log in', Routes.gatewayBot()))),
  ];
  for (const step of steps) {
    const finding = await step();
    findings.push(finding);
    if (finding.state === 'failed') return findings;
  }
  findings.push(clockFinding(clock));
  return [...findings, ...(await throughGateway(config, log))];
}

/** The bot goes by Discord's time; providers and certificates go by the machine's. */
function clockFinding({ confirmed, wrongByMs }: WallClock): Finding {
  const name = 'Clock';
  if (!confirmed) return { state: 'note', name, text: 'Discord did not tell the time, so it could not be compared' };
  if (wrongByMs === 0) return { state: 'ok', name, text: 'as Discord’s' };
  const off = `${Math.round(Math.abs(wrongByMs) / 1000)} s ${wrongByMs > 0 ? 'ahead of' : 'behind'} Discord’s`;
  return { state: 'failed', name, text: `this machine's is ${off}: set it, or turn on time synchronisation (NTP)` };
}

/** https://docs.discord.com/developers/events/gateway#session-start-limit-object */
function logins({
  session_start_limit: limit,
}: {
  session_start_limit: { remaining: number; total: number; reset_after: number };
}): string {
  if (limit.remaining > 1) return `${limit.remaining} of ${limit.total} left for today`;
  const minutes = Math.ceil(limit.reset_after / 60_000);
  throw new Error(
    `none of ${limit.total} is left for today: wait ${minutes} minutes, and look why the bot restarts so often`,
  );
}

async function throughGateway(config: Config['discord'], log: Log): Promise<Finding[]> {
  const { apiUrl, token } = config;
  const client = createClient({ apiUrl, log, onDead: () => {} });
  const startedAt = performance.now();
  const findings: Finding[] = [];
  try {
    const login = await check(
      'Gateway',
      async () => {
        await logIn(client, { token, apiUrl, timeoutMs: GATEWAY_MS });
        const ms = Math.round(performance.now() - startedAt);
        return `connected in ${ms} ms with the intents Guilds and Guild Voice States; no privileged intent is needed`;
      },
      GATEWAY_MS + 1_000,
    );
    findings.push(login);
    if (login.state === 'failed' || !client.isReady()) return findings;
    findings.push(await check('Application', () => application(client)));
    findings.push(await check('Commands over the gateway', () => gatewayCommands(client)));
    findings.push(await commandsFinding(client, config, log));
    findings.push(...(await leftFindings(client, config)));
    findings.push(...guilds(client));
    return findings;
  } finally {
    await destroyClient(client);
  }
}

async function application(client: Client<true>): Promise<string> {
  const { botPublic, botRequireCodeGrant, name } = await client.application.fetch();
  if (botRequireCodeGrant) {
    throw new Error('nobody can invite the bot: switch off Requires OAuth2 Code Grant in the developer portal (Bot)');
  }
  return `${name}, ${botPublic ? 'anybody may invite it' : 'only its owner may invite it'}`;
}

async function gatewayCommands(client: Client<true>): Promise<string> {
  const problem = await endpointProblem(client);
  if (problem) throw new Error(problem);
  return 'no Interactions Endpoint URL takes them away';
}

/** What people see twice, and where they see nothing. */
async function leftFindings(client: Client<true>, { guildId }: Config['discord']): Promise<Finding[]> {
  const name = 'Slash commands';
  const findings: Finding[] = [];
  const serverOf = (id: string) => `“${client.guilds.cache.get(id)?.name ?? id}”`;
  const failed = (id: string | null, error: unknown): void => {
    const text = `nobody sees them on the server ${serverOf(id ?? '')}: invite the bot there again, with the scope applications.commands`;
    if (id !== null && isMissingAccess(error)) findings.push({ state: 'failed', name, text });
  };
  const names = commands.map(({ data }) => data.name);
  const looked = await check(name, async () => {
    for await (const { scope } of leftCommands(client, { names, guildId }, failed)) {
      const where = scope.guildId === null ? 'everywhere' : `on the server ${serverOf(scope.guildId)}`;
      findings.push({
        state: 'note',
        name,
        text: `they are also registered ${where}, so people see them twice; npm start removes these`,
      });
    }
    return '';
  });
  return looked.state === 'failed' ? [...findings, looked] : findings;
}

async function commandsFinding(client: Client<true>, config: Config['discord'], log: Log): Promise<Finding> {
  const name = 'Slash commands';
  const { guildId, apiUrl } = config;
  let there = false;
  const finding = await check(name, async () => {
    there = await isDeployed(client, { commands, guildId, apiUrl, log });
    return `all ${commands.length} are registered ${guildId ? `on the server ${guildId}` : 'everywhere'}`;
  });
  if (finding.state === 'failed' || there) return finding;
  return { state: 'note', name, text: 'not registered as they are now; npm start does that' };
}

function guilds(client: Client<true>): Finding[] {
  const all = [...client.guilds.cache.values()];
  if (all.length === 0) {
    const invitation = client.generateInvite({
      scopes: [OAuth2Scopes.Bot, OAuth2Scopes.ApplicationsCommands],
      permissions: INVITED_WITH,
    });
    return [{ state: 'failed', name: 'Servers', text: `the bot is on none; invite it: ${invitation}` }];
  }
  const findings = all.slice(0, MOST_GUILDS).map(guildFinding);
  if (all.length <= MOST_GUILDS) return findings;
  return [...findings, { state: 'note', name: 'Servers', text: `${all.length - MOST_GUILDS} more were not looked at` }];
}

/** As in the README's invitation. */
const INVITED_WITH = [
  PermissionFlagsBits.ViewChannel,
  PermissionFlagsBits.Connect,
  PermissionFlagsBits.Speak,
  PermissionFlagsBits.SendMessages,
  PermissionFlagsBits.SendMessagesInThreads,
  PermissionFlagsBits.EmbedLinks,
  PermissionFlagsBits.AttachFiles,
  PermissionFlagsBits.SetVoiceChannelStatus,
];
