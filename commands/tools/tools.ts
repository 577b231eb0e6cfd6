import { PermissionFlagsBits, type SlashCommandSubcommandBuilder } from 'discord.js';
import type { Asked, Command, CommandAnswer, CommandContext, ToolName } from '../command.ts';
import { guildCommand } from '../guild-command.ts';
import { listed, plain } from '../text.ts';
import { change } from '../voice/settings-text.ts';
import { parseArguments } from './arguments.ts';
import { isOn, toolList } from './list.ts';
import { permit } from './policy.ts';
import { serversText } from './servers.ts';

/** Of the tools, where somebody names one that there is not. */
const NAMED = 25;

/** Which tools the model may use in this guild, and for whom. */
export const tools: Command = {
  data: guildCommand('tools', 'What I may do besides talking')
    .addSubcommand((sub) => sub.setName('list').setDescription('Show all tools, which are on, and who may use them'))
    .addSubcommand((sub) => withTool(sub.setName('enable').setDescription('Switch a tool on'), 'that is switched off'))
    .addSubcommand((sub) => withTool(sub.setName('disable').setDescription('Switch a tool off'), 'that is switched on'))
    .addSubcommand((sub) => withWho(sub.setName('allow').setDescription('Let somebody use a tool by speaking')))
    .addSubcommand((sub) => withWho(sub.setName('deny').setDescription('Let somebody not use a tool any more')))
    .addSubcommand((sub) =>
      withTool(
        sub.setName('test').setDescription('Run a tool from the keyboard, as yourself'),
        'of mine',
      ).addStringOption((option) =>
        option.setName('arguments').setDescription('As name=value pairs, or as a JSON object'),
      ),
    )
    .addSubcommand((sub) => sub.setName('servers').setDescription('Show the MCP servers, and how they are'))
    .setDefaultMemberPermissions(PermissionFlagsBits.ManageGuild),

  async execute(asked, context) {
    const subcommand = asked.options.getSubcommand();
    if (subcommand === 'list') return listTools(asked, context);
    if (subcommand === 'servers') return serversText(context.toolServers());
    const typed = asked.options.getString('tool', true).trim();
    const { tools: known, disabledTools } = await offered(asked.guildId, context);
    const tool = known.find((one) => one.name === typed);
    if (!tool) {
      const names = known.slice(0, NAMED).map((one) => `\`${one.name}\``);
      if (known.length > NAMED) names.push(`${known.length - NAMED} more`);
      return `I have no tool “${plain(typed, 40)}”. ${names.length === 0 ? 'I have none at all.' : `I have ${listed(names)}.`}`;
    }
    switch (subcommand) {
      case 'enable':
        return turn(asked, context, { tool, known, disabledTools, state: 'on' });
      case 'disable':
        return turn(asked, context, { tool, known, disabledTools, state: 'off' });
      case 'allow':
        return permit(asked, context, tool, true);
      case 'deny':
        return permit(asked, context, tool, false);
      default:
        return tryOut(asked, context, tool);
    }
  },

  async autocomplete(typing, context) {
    const { tools, disabledTools } = await offered(typing.guildId, context);
    const part = typing.options.getFocused().toLowerCase();
    const fits = fitting(typing.options.getSubcommand(), disabledTools);
    return tools
      .filter((tool) => fits(tool) && tool.name.toLowerCase().includes(part))
      .map((tool) => ({ name: tool.name, value: tool.name }));
  },
};

function withTool(sub: SlashCommandSubcommandBuilder, which: string): SlashCommandSubcommandBuilder {
  return sub.addStringOption((option) =>
    option.setName('tool').setDescription(`A tool ${which}`).setRequired(true).setAutocomplete(true),
  );
}

function withWho(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return withTool(sub, 'of mine').addMentionableOption((option) =>
    option.setName('who').setDescription('A role, a person, or @everyone').setRequired(true),
  );
}

/** Which tools a subcommand is for. */
function fitting(subcommand: string, disabledTools: readonly string[]): (tool: ToolName) => boolean {
  switch (subcommand) {
    case 'enable':
      return (tool) => !isOn(tool, disabledTools);
    case 'disable':
      return (tool) => isOn(tool, disabledTools);
    case 'test':
      return ({ parameters }) => parameters !== undefined;
    default:
      return ({ name, remote }) => !remote || name.startsWith('mcp:');
  }
}

/** The tools of the model that the guild chose, and which are switched off. */
async function offered(
  guildId: string,
  { settings, models, toolsFor, leftOut }: CommandContext,
): Promise<{
  readonly tools: readonly ToolName[];
  readonly disabledTools: readonly string[];
  readonly leftOut: readonly string[];
}> {
  const own = await settings.get(guildId);
  const { model } = models.chosen(own);
  const { disabledTools } = own;
  return { tools: toolsFor(model), disabledTools, leftOut: leftOut?.(model, disabledTools) ?? [] };
}

async function listTools(asked: Asked, context: CommandContext): Promise<CommandAnswer> {
  const listed = await offered(asked.guildId, context);
  return toolList(asked, { ...listed, rules: await context.policies.rules(asked.guildId) });
}

async function turn(
  asked: Asked,
  context: CommandContext,
  wish: {
    readonly tool: ToolName;
    readonly known: readonly ToolName[];
    readonly disabledTools: readonly string[];
    readonly state: 'on' | 'off';
  },
): Promise<string> {
  const { tool, known, disabledTools, state } = wish;
  const alone = known.find((one) => one.alone !== undefined && isOn(one, disabledTools));
  if (isOn(tool, disabledTools) === (state === 'on')) {
    const already = `\`${tool.name}\` is ${state} already.`;
    if (state === 'off' || !alone || tool.remote) return already;
    return `${already} But \`${alone.name}\` is on, and this model takes only one of the two: \`/tools disable tool:${alone.name}\` brings my own tools back.`;
  }
  const { alone: mark } = tool;
  if (mark !== undefined)
    return turnAlone(asked, context, { tool: { ...tool, alone: mark }, known, disabledTools, state });
  const wanted = {
    disabledTools: state === 'off' ? [...disabledTools, tool.name] : disabledTools.filter((name) => name !== tool.name),
  };
  // A session that cannot forget a tool may still ask for it; it is refused from now on.
  const meanwhile =
    state === 'off' && !tool.remote ? 'If the running conversation still asks for it, it is refused.' : undefined;
  return change(asked, context, wanted, () => `\`${tool.name}\` is switched ${state}.`, meanwhile);
}

/** A tool of the provider that the model takes only in place of all of ours. */
function turnAlone(
  asked: Asked,
  context: CommandContext,
  {
    tool,
    known,
    disabledTools,
    state,
  }: {
    readonly tool: ToolName & { readonly alone: string };
    readonly known: readonly ToolName[];
    readonly disabledTools: readonly string[];
    readonly state: 'on' | 'off';
  },
): Promise<string> {
  const marks = known.flatMap((one) => one.alone ?? []);
  const others = disabledTools.filter((name) => name !== tool.name && !marks.includes(name));
  const done =
    state === 'on'
      ? `\`${tool.name}\` is switched on, in place of all tools of mine: this model takes only one of the two in a conversation.`
      : `\`${tool.name}\` is switched off, and my own tools are there again.`;
  return change(asked, context, { disabledTools: state === 'on' ? [...others, tool.alone] : others }, () => done);
}

async function tryOut(asked: Asked, context: CommandContext, tool: ToolName): Promise<string> {
  if (!tool.parameters) return `The provider runs \`${tool.name}\` by itself, so I cannot run it from here.`;
  try {
    const args = parseArguments(asked.options.getString('arguments') ?? '', tool.parameters);
    const { ok, lines } = await context.tryTool(asked, { tool: tool.name, arguments: args });
    const [first = '', ...rest] = lines;
    const head = `\`${tool.name}\` ${ok ? 'brought' : 'did not work'}:`;
    // Small type and quotes begin a line, and here is none.
    const alone = first.replace(/^(-# |> )/, '').replace(ok ? /^$/ : /^\*\*error:\*\* /, '');
    return rest.length === 0 ? `${head} ${alone}` : [head, ...lines].join('\n');
  } catch (error) {
    if (error instanceof RangeError) return plain(error.message, 300);
    throw error;
  }
}
