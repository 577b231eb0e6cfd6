import type { SlashCommandSubcommandBuilder, SlashCommandSubcommandGroupBuilder } from 'discord.js';
import type { Asked, CommandContext } from '../command.ts';
import { change } from './settings-text.ts';

const HOW =
  'It has no rights of its own with me: it gets only what everybody may read. And I answer it only once until a person speaks.';

/** `/voice bots allow` and `/voice bots deny`. */
export function botsOptions(group: SlashCommandSubcommandGroupBuilder): SlashCommandSubcommandGroupBuilder {
  return group
    .setName('bots')
    .setDescription('Other bots that I hear; without it, none')
    .addSubcommand((sub) => withBot(sub.setName('allow').setDescription('Hear what another bot says')))
    .addSubcommand((sub) => withBot(sub.setName('deny').setDescription('Do not hear another bot any more')));
}

function withBot(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub.addUserOption((option) => option.setName('bot').setDescription('Which one').setRequired(true));
}

/** Lets a bot be heard, or not any more. */
export async function setBots(asked: Asked, context: CommandContext): Promise<string> {
  const bot = asked.options.getUser('bot', true);
  if (!bot.bot)
    return `<@${bot.id}> is a person: everybody is heard who wants it (\`/privacy mode\`). Nothing was changed.`;
  if (bot.id === asked.client.user.id) return 'That is me: I never hear myself. Nothing was changed.';
  const { heardBots } = await context.settings.get(asked.guildId);
  const others = heardBots.filter((id) => id !== bot.id);
  return asked.options.getSubcommand() === 'allow'
    ? change(asked, context, { heardBots: [...others, bot.id] }, () => `I hear <@${bot.id}>. ${HOW}`)
    : change(asked, context, { heardBots: others }, () => `I do not hear <@${bot.id}>.`);
}
