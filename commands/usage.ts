import { PermissionFlagsBits } from 'discord.js';
import type { GuildSettings } from '../src/ports/settings.ts';
import type { BudgetState, SpanLimits } from '../src/ports/usage.ts';
import type { Asked, Command, CommandAnswer, CommandContext } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { usageTable } from './usage-text.ts';

/** What the conversations of this guild used and cost, and what a day may cost. */
export const usage: Command = {
  data: guildCommand('usage', 'What I used and what it cost, and how much I may cost')
    .addSubcommand((sub) =>
      sub
        .setName('show')
        .setDescription('Today and this month, by person, provider and model, with a picture of 30 days'),
    )
    .addSubcommand((sub) =>
      sub
        .setName('budget')
        .setDescription('What a day or a month (UTC) may cost on this server; at the limit I leave')
        .addNumberOption((option) =>
          option.setName('amount').setDescription('US dollars; 0: no limit').setRequired(true).setMinValue(0),
        )
        .addStringOption((option) =>
          option
            .setName('span')
            .setDescription('Default: a day')
            .addChoices({ name: 'a day', value: 'day' }, { name: 'a month', value: 'month' }),
        )
        .addStringOption((option) =>
          option
            .setName('of')
            .setDescription('Default: all of this server together')
            .addChoices(
              { name: 'server: everybody together', value: 'server' },
              { name: 'person: each person by themselves', value: 'person' },
            ),
        ),
    )
    .setDefaultMemberPermissions(PermissionFlagsBits.ManageGuild),

  async execute(asked, context) {
    return asked.options.getSubcommand() === 'budget' ? setBudget(asked, context) : show(asked, context);
  },
};

async function show(asked: Asked, context: CommandContext): Promise<CommandAnswer> {
  const { guildId } = asked;
  const states = await context.usage.budgets(guildId);
  const budget = budgetLines(states, await context.usage.personLimits(guildId));
  const month = await context.usage.month(guildId);
  const days = await context.usage.days(guildId);
  const budgetUsd = states.find(({ of, span }) => of === 'server' && span === 'day')?.limitUsd ?? 0;
  const files = await picture({ guildId, userId: asked.user.id }, { days, budgetUsd }, context);
  if (month.length === 0) return { content: `Nothing was used on this server this month (UTC). ${budget}`, files };
  const today = await context.usage.today(guildId);
  const parts = [
    today.length === 0 ? 'Nothing was used **today** (UTC).' : `**Today** (UTC)\n${usageTable(today)}`,
    `**This month**\n${usageTable(month)}`,
    `\`~\` in part estimated, \`?\` no price is known for a part. ${budget}`,
  ];
  return { content: parts.join('\n'), files };
}

/** What of each budget is spent. That of the bot is told as a share: whoever runs it knows the rest. */
function budgetLines(states: readonly BudgetState[], each: SpanLimits): string {
  const parts = states.map(({ of, span, limitUsd, spentUsd }) => {
    if (of === 'bot') return `${percent(spentUsd, limitUsd)} of what all servers together may cost a ${span} is spent`;
    return `$${limitUsd} a ${span} (${percent(spentUsd, limitUsd)} spent)`;
  });
  const people = (['day', 'month'] as const).flatMap((span) => (each[span] > 0 ? `$${each[span]} a ${span}` : []));
  if (people.length > 0) parts.push(`${people.join(' and ')} for each person`);
  return parts.length === 0 ? 'No budget is set.' : `Budget: ${parts.join('; ')}.`;
}

function percent(part: number, whole: number): string {
  return `${Math.min(100, Math.floor((part / whole) * 100))} %`;
}

/** None where nothing was used in these days, or it cannot be drawn: the words are the answer. */
async function picture(
  by: { readonly guildId: string; readonly userId: string },
  chart: Parameters<CommandContext['drawUsage']>[0],
  { drawUsage, log }: CommandContext,
): Promise<{ name: string; bytes: Buffer }[]> {
  if (chart.days.every(({ costs }) => costs.length === 0)) return [];
  try {
    return [{ name: 'usage.png', bytes: await drawUsage(chart, by) }];
  } catch (error) {
    log.warn({ err: error, guildId: by.guildId }, 'the picture of the usage could not be drawn');
    return [];
  }
}

const SETTING = {
  server: { day: 'budgetUsd', month: 'budgetMonthUsd' },
  person: { day: 'budgetPersonUsd', month: 'budgetPersonMonthUsd' },
} as const;

async function setBudget(asked: Asked, { settings, usage, bridges }: CommandContext): Promise<string> {
  const { guildId } = asked;
  const amount = asked.options.getNumber('amount', true);
  const span = asked.options.getString('span') === 'month' ? 'month' : 'day';
  const of = asked.options.getString('of') === 'person' ? 'person' : 'server';
  let changed: GuildSettings;
  try {
    changed = await settings.set(guildId, { [SETTING[of][span]]: amount });
  } catch (error) {
    if (error instanceof RangeError) return `${error.message} Nothing was changed.`;
    throw error;
  }
  const whole = `${span === 'day' ? 'A day' : 'A month'} (UTC)`;
  const spent = of === 'server' && amount > 0 ? await usage.spent(guildId) : undefined;
  // Whoever is in a channel learns of it at once.
  if (!spent) bridges.find(guildId)?.apply(changed);
  if (amount === 0) {
    return of === 'server'
      ? `There is no limit to what a ${span} may cost here any more.`
      : `There is no limit to what one person may cost a ${span} any more.`;
  }
  const unpriced = (await usage.month(guildId)).some(({ costUsd }) => costUsd === null);
  const note = unpriced
    ? ' No price is known for a model that was used: it counts like the dearest one I know. `PRICES_FILE` can name its price.'
    : '';
  if (of === 'person') {
    return `${whole} may cost $${amount} for each person: I tell them at 80 %, and do not hear or answer them from 100 % on.${note}`;
  }
  const done = `${whole} may cost $${amount}: I warn at 80 %, save near the end, and leave at 100 %.${note}`;
  if (!spent) return done;
  const said = `${spent.words.charAt(0).toUpperCase()}${spent.words.slice(1)} is spent`;
  await bridges.opening(guildId)?.callOff(`${said}.`);
  await bridges.find(guildId)?.close({ kind: 'budget', budget: spent });
  return `${done} ${said} already: I stay away until ${spent.anew}.`;
}
