import type { KeptOfPerson } from '../../src/ports/personal-data.ts';
import type { AskedDirectly, CommandAnswer, CommandContext } from '../command.ts';
import { counted, plain } from '../text.ts';
import { exportFile, keptLines } from './own-data.ts';

/** Discord puts five buttons in a row, and five rows below a message; one is for all servers. */
const MOST_BUTTONS = 24;
const LONGEST = 1_900;
const NOTHING = 'I keep nothing of you on any server.';
const SERVERS = 'That works on a server only. Here there are `/privacy show`, `export`, `forget`, `out` and `in`.';

/** What /privacy does in a direct message: for all servers at once, also those that somebody or the bot has left. */
export async function privacyDirectly(asked: AskedDirectly, context: CommandContext): Promise<CommandAnswer> {
  switch (asked.options.getSubcommand()) {
    case 'show':
      return show(asked, context);
    case 'export':
      return handOver(asked, context);
    case 'forget':
      return askToForget(asked, context);
    case 'about':
      return aboutWords(context);
    case 'out':
      return choose(asked, context, 'out');
    case 'in':
      return choose(asked, context, 'in');
    default:
      return SERVERS;
  }
}

function aboutWords({ privacyUrl }: CommandContext): string {
  const more = privacyUrl === null ? '' : ` More: <${privacyUrl}>`;
  return `I keep what people say in voice channels where I am, for as long as each server chose. Here, \`/privacy show\` says how much that is of you on each server, \`export\` gives it to you, \`forget\` deletes it, and \`out\` and \`in\` say whether I hear you.${more}`;
}

/** Something is kept of them there. */
interface Server {
  readonly guildId: string;
  readonly name: string;
  readonly kept: KeptOfPerson;
}

async function serversOf(
  { user }: AskedDirectly,
  { ownRecords, serverName }: CommandContext,
): Promise<readonly Server[]> {
  const servers: Server[] = [];
  for (const guildId of await ownRecords.guildsOf(user.id)) {
    servers.push({ guildId, name: nameOf(guildId, serverName), kept: await ownRecords.kept(guildId, user.id) });
  }
  return servers;
}

/** Untrusted, cut. */
function nameOf(guildId: string, serverName: CommandContext['serverName']): string {
  const name = serverName(guildId);
  return name === undefined ? `a server that I am not on any more (${guildId})` : plain(name, 60);
}

async function show(asked: AskedDirectly, context: CommandContext): Promise<string> {
  const servers = await serversOf(asked, context);
  if (servers.length === 0) return NOTHING;
  return cutLines([
    ...servers.map((server) => `**${server.name}**: ${keptLines(server.kept).join(' ')}`),
    '`/privacy export` gives you all of it as a file, `/privacy forget` deletes it, server by server.',
  ]);
}

async function handOver(
  asked: AskedDirectly,
  { ownRecords, consent, serverName }: CommandContext,
): Promise<CommandAnswer> {
  const servers: unknown[] = [];
  for (const guildId of await ownRecords.guildsOf(asked.user.id)) {
    const choice = consent.choiceOf(guildId, asked.user.id) ?? null;
    const server = serverName(guildId) ?? null;
    servers.push(JSON.parse(await ownRecords.exported(guildId, asked.user.id, { server, choice })));
  }
  if (servers.length === 0) return NOTHING;
  return exportFile(asked.user.id, JSON.stringify({ userId: asked.user.id, servers }, null, 2));
}

async function askToForget(asked: AskedDirectly, context: CommandContext): Promise<CommandAnswer> {
  const servers = await serversOf(asked, context);
  if (servers.length === 0) return NOTHING;
  const content = cutLines([
    'On which server should I delete what I keep of you, for good?',
    ...servers.map(({ name, kept }, at) => `${at + 1}. **${name}**: ${keptLines(kept).join(' ')}`),
    'It goes from my database, from conversations that run, and from my posts where I can still edit them. `/privacy about` on a server says what I cannot take back. Whether you are heard does not change.',
  ]);
  const own = servers
    .slice(0, MOST_BUTTONS)
    .map(({ guildId }, at) => context.forgetButton(asked.user.id, { guildId, label: `Delete ${at + 1}` }));
  const all = context.forgetButton(asked.user.id, { guildId: 'all', label: 'Delete all of it' });
  return { content, files: [], buttons: servers.length > 1 ? [...own, all] : own };
}

async function choose({ user }: AskedDirectly, context: CommandContext, choice: 'in' | 'out'): Promise<string> {
  const { ownRecords, consent, sharedServers, log } = context;
  const guilds = new Set([...(await ownRecords.guildsOf(user.id)), ...sharedServers(user.id)]);
  if (guilds.size === 0) return 'I know of no server on which you and I are or were together.';
  let failed = false;
  for (const guildId of guilds) {
    await consent.choose(guildId, user.id, choice).catch((error: unknown) => {
      failed = true;
      log.error({ err: error, guildId }, 'a choice about being heard could not be written');
    });
  }
  const done =
    choice === 'out'
      ? `From now on I do not hear you on ${counted(guilds.size, 'server')} that I know of you. On a server that I come to later, say it again.`
      : `From now on I hear you on ${counted(guilds.size, 'server')}.`;
  return failed
    ? `${done} **But I could not write all of it down** yet; if I am restarted before that, say it again.`
    : done;
}

function cutLines(lines: readonly string[]): string {
  const text = lines.join('\n');
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST).toWellFormed()}…`;
}
