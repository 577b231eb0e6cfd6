import { type GuildMember, Role, type User } from 'discord.js';
import { shownNameOf } from '../../src/names/person.ts';
import type { ToolRule } from '../../src/ports/tools.ts';
import type { Asked, CommandContext, ToolName } from '../command.ts';
import { listed, plain } from '../text.ts';

type Subject = Pick<ToolRule, 'kind' | 'id'> & { readonly name: string; readonly isBot: boolean };

/** Lets somebody use a tool, or not any more; gives what to answer. */
export async function permit(asked: Asked, context: CommandContext, tool: ToolName, allowed: boolean): Promise<string> {
  if (tool.remote && !tool.name.startsWith('mcp:')) {
    return `The provider runs \`${tool.name}\` by itself and does not say for whom. Switch it on or off for everybody with \`/tools enable\` and \`/tools disable\`.`;
  }
  const subject = subjectOf(asked, asked.options.getMentionable('who', true));
  if (subject.isBot) return 'Bots do not talk to me, so they need no tools.';
  const rules = (await context.policies.rules(asked.guildId)).filter((rule) => rule.tool === tool.name);
  const { kind, id } = subject;
  const present = rules.find((rule) => rule.kind === kind && rule.id === id);
  const base = kind === 'everyone' ? byRisk(tool) : everyoneMay(tool, rules);
  try {
    // An entry for one person always counts; one for a role that says what holds anyhow would only be in the way.
    if (kind !== 'person' && base === allowed) {
      if (present) await context.policies.remove(asked.guildId, { tool: tool.name, kind, id });
    } else await context.policies.put(asked.guildId, { tool: tool.name, kind, id, allowed });
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
  const now = whoWords(asked, tool, await context.policies.rules(asked.guildId));
  const hosted = tool.remote ? ' I am only asked where its entry in `OPENAI_MCP_SERVERS` requires approval.' : '';
  return `\`${tool.name}\` is now for ${now}. It is in effect at once.${hosted}`;
}

/** Who may use a tool, in words: `everybody but Ben`, `@Moderators`, `nobody yet`. */
export function whoWords(asked: Asked, tool: ToolName, all: readonly ToolRule[]): string {
  if (tool.remote && !tool.name.startsWith('mcp:')) return 'everybody';
  const rules = all.filter((rule) => rule.tool === tool.name);
  const named = (allowed: boolean): string[] =>
    rules.filter((rule) => rule.kind !== 'everyone' && rule.allowed === allowed).map((rule) => nameOf(asked, rule));
  const [also, excluded] = [named(true), named(false)];
  const but = excluded.length > 0 ? ` but not ${listed(excluded)}` : '';
  if (!everyoneMay(tool, rules)) {
    if (also.length > 0) return `${listed(also)}${but}`;
    return tool.risk === 'dangerous' && rules.length === 0 ? 'nobody yet' : 'nobody';
  }
  const explicit = rules.some((rule) => rule.kind === 'everyone');
  const everybody = tool.risk === 'write' && !explicit ? 'everybody who may write in the text channel' : 'everybody';
  const and = also.length > 0 && everybody !== 'everybody' ? ` and ${listed(also)}` : '';
  return `${everybody}${and}${but}`;
}

function everyoneMay(tool: ToolName, rules: readonly ToolRule[]): boolean {
  return rules.find(({ kind }) => kind === 'everyone')?.allowed ?? byRisk(tool);
}

function byRisk({ risk }: ToolName): boolean {
  return risk !== 'dangerous';
}

function subjectOf(asked: Asked, who: Role | GuildMember | User): Subject {
  if (!(who instanceof Role)) {
    const user = 'user' in who ? who.user : who;
    return { kind: 'person', id: who.id, name: user.username, isBot: user.bot };
  }
  return { kind: who.id === asked.guildId ? 'everyone' : 'role', id: who.id, name: who.name, isBot: false };
}

/** A role or a person who is gone still stands in the policy. */
function nameOf({ guild }: Asked, { kind, id }: ToolRule): string {
  const member = kind === 'person' ? guild.members.cache.get(id) : undefined;
  if (kind === 'person') return plain(member ? shownNameOf(member) : `a person (${id})`, 40);
  const name = guild.roles.cache.get(id)?.name;
  return name === undefined ? `a deleted role (${id})` : `@\u2060${plain(name, 40)}`;
}
