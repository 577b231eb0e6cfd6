import { PermissionFlagsBits } from 'discord.js';
import type { Asked, Command, CommandContext, ToolName } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { change } from './setting-words.ts';
import { serversText } from './tool-servers.ts';
import { listed, plain } from './words.ts';

/** Which tools the model may use in this guild. */
export const tools: Command = {
  data: guildCommand('tools', 'What I may do besides talking')
    .addSubcommand((sub) => sub.setName('list').setDescription('Show all tools, and which are switched off'))
    .addSubcommand((sub) =>
      sub
        .setName('enable')
        .setDescription('Switch a tool on')
        .addStringOption((option) =>
          option.setName('tool').setDescription('A tool that is switched off').setRequired(true).setAutocomplete(true),
        ),
    )
    .addSubcommand((sub) =>
      sub
        .setName('disable')
        .setDescription('Switch a tool off')
        .addStringOption((option) =>
          option.setName('tool').setDescription('A tool that is switched on').setRequired(true).setAutocomplete(true),
        ),
    )
    .addSubcommand((sub) => sub.setName('servers').setDescription('Show the MCP servers, and how they are'))
    .setDefaultMemberPermissions(PermissionFlagsBits.ManageGuild),

  async execute(asked, context) {
    switch (asked.options.getSubcommand()) {
      case 'enable':
        return turn(asked, context, 'on');
      case 'disable':
        return turn(asked, context, 'off');
      case 'servers':
        return serversText(context.toolServers());
      default:
        return listTools(asked, context);
    }
  },

  async autocomplete(typing, context) {
    const { tools, disabledTools } = await offered(typing.guildId, context);
    const wantsOff = typing.options.getSubcommand() === 'enable';
    const part = typing.options.getFocused().toLowerCase();
    return tools
      .filter((tool) => disabledTools.includes(tool.name) === wantsOff && tool.name.toLowerCase().includes(part))
      .map((tool) => ({ name: tool.name, value: tool.name }));
  },
};

/** The tools of the model that the guild chose, and which are switched off. */
async function offered(
  guildId: string,
  { settings, models, toolsFor }: CommandContext,
): Promise<{ readonly tools: readonly ToolName[]; readonly disabledTools: readonly string[] }> {
  const own = await settings.get(guildId);
  return { tools: toolsFor(models.chosen(own).model), disabledTools: own.disabledTools };
}

async function listTools(asked: Asked, context: CommandContext): Promise<string> {
  const { tools, disabledTools } = await offered(asked.guildId, context);
  if (tools.length === 0) return 'I have no tools.';
  const lines = tools.map((tool) => {
    const state = disabledTools.includes(tool.name) ? 'off' : 'on';
    // The first sentence says what it does; the others tell the model when to use it.
    return `\`${tool.name}\` (${state}): ${plain(tool.description.split(/(?<=\.) /)[0] ?? '', 120)}`;
  });
  return [...lines, 'Switch them with `/tools enable` and `/tools disable`.'].join('\n');
}

async function turn(asked: Asked, context: CommandContext, state: 'on' | 'off'): Promise<string> {
  const typed = asked.options.getString('tool', true).trim();
  const { tools, disabledTools } = await offered(asked.guildId, context);
  const tool = tools.find((one) => one.name === typed);
  if (!tool) {
    const known = tools.map((one) => `\`${one.name}\``);
    return `I have no tool “${plain(typed, 40)}”. ${known.length === 0 ? 'I have none at all.' : `I have ${listed(known)}.`}`;
  }
  if (disabledTools.includes(tool.name) === (state === 'off')) return `\`${tool.name}\` is ${state} already.`;
  const wanted = {
    disabledTools: state === 'off' ? [...disabledTools, tool.name] : disabledTools.filter((name) => name !== tool.name),
  };
  // A session that cannot forget a tool may still ask for it; it is refused from now on.
  const meanwhile =
    state === 'off' && !tool.remote ? 'If the running conversation still asks for it, it is refused.' : undefined;
  return change(asked, context, wanted, () => `\`${tool.name}\` is switched ${state}.`, meanwhile);
}
