import { PermissionFlagsBits } from 'discord.js';
import type { Asked, Command, CommandAnswer, CommandContext } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { usageTable } from './usage-table.ts';

/** What the conversations of this guild used and cost, and what a day may cost. */
export const usage: Command = {
  data: guildCommand('usage', 'What I used and what it cost, and how much a day may cost')
    .addSubcommand((sub) =>
      sub.setName('show').setDescription('Today and this month, by person and by model, with a picture of 30 days'),
    )
    .addSubcommand((sub) =>
      sub
        .setName('budget')
        .setDescription('What a day (UTC) may cost; at the limit I leave')
        .addNumberOption((option) =>
          option.setName('amount').setDescription('US dollars; 0: no limit').setRequired(true).setMinValue(0),
        ),
    )
    .setDefaultMemberPermissions(PermissionFlagsBits.ManageGuild),

  async execute(asked, context) {
    return asked.options.getSubcommand() === 'budget' ? setBudget(asked, context) : show(asked, context);
  },
};

async function show(asked: Asked, context: CommandContext): Promise<CommandAnswer> {
  const { budgetUsd } = await context.settings.get(asked.guildId);
  const budget = budgetUsd === 0 ? 'No budget is set.' : `Budget: $${budgetUsd} a day.`;
  const month = await context.usage.month(asked.guildId);
  const days = await context.usage.days(asked.guildId);
  const files = await picture(asked.guildId, { days, budgetUsd }, context);
  if (month.length === 0) return { content: `Nothing was used on this server this month (UTC). ${budget}`, files };
  const today = await context.usage.today(asked.guildId);
  const parts = [
    today.length === 0 ? 'Nothing was used **today** (UTC).' : `**Today** (UTC)\n${usageTable(today)}`,
    `**This month**\n${usageTable(month)}`,
    `\`~\` in part estimated, \`?\` no price is known for a part. ${budget}`,
  ];
  return { content: parts.join('\n'), files };
}

/** None where nothing was used in these days, or it cannot be drawn: the words are the answer. */
async function picture(
  guildId: string,
  chart: Parameters<CommandContext['drawUsage']>[0],
  { drawUsage, log }: CommandContext,
): Promise<{ name: string; bytes: Buffer }[]> {
  if (chart.days.every(({ costs }) => costs.length === 0)) return [];
  try {
    return [{ name: 'usage.png', bytes: await drawUsage(chart) }];
  } catch (error) {
    log.warn({ err: error, guildId }, 'the picture of the usage could not be drawn');
    return [];
  }
}

async function setBudget(asked: Asked, { settings, usage, bridges }: CommandContext): Promise<string> {
  let amount: number;
  try {
    const change = { budgetUsd: asked.options.getNumber('amount', true) };
    ({ budgetUsd: amount } = await settings.set(asked.guildId, change));
  } catch (error) {
    if (error instanceof RangeError) return `${error.message} Nothing was changed.`;
    throw error;
  }
  if (amount === 0) return 'There is no limit to what a day may cost any more.';
  const unpriced = (await usage.today(asked.guildId)).some(({ costUsd }) => costUsd === null);
  const note = unpriced ? ' No price is known for a model that was used today: it does not count.' : '';
  const done = `A day (UTC) may cost $${amount}: I warn at 80 % and leave at 100 %.${note}`;
  if ((await usage.exhausted(asked.guildId)) === undefined) return done;
  await bridges.find(asked.guildId)?.close({ kind: 'budget', budgetUsd: amount });
  return `${done} Today's is already spent: I stay away until midnight UTC.`;
}
