import { ChannelType, type GuildBasedChannel, PermissionFlagsBits } from 'discord.js';
import { fold } from '../src/folding/fold.ts';
import { wordsOf } from '../src/ports/errors.ts';
import type { Rule, RuleSettings } from '../src/ports/rules.ts';
import type { Asked, Command, CommandAnswer, CommandContext } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { missingRights, sees, writingRights } from './permissions.ts';
import { addedWords, hitWords, ruleList } from './rule-text.ts';
import { channelLink, counted, listed, plain } from './text.ts';

const LONGEST_TEXT = 1_500;
const LONGEST_RULE = 1_000;
const LEFT_SHOWN = 6;
const NO_CHANNEL =
  '**No channel is set for moderators, so they see no cards.** `/rules channel` sets one; the newest 20 cards come there then.';

/** Words and patterns that moderators want to know of. */
export const rules: Command = {
  data: guildCommand('rules', 'Words that moderators want to know of')
    .addSubcommand((sub) => sub.setName('list').setDescription('Show all rules, and how often each was hit'))
    .addSubcommand((sub) =>
      sub
        .setName('add')
        .setDescription('Add words, a pattern, or words that are fine')
        .addStringOption((option) =>
          option
            .setName('words')
            .setDescription('Several with commas; cat is the word, cat* a beginning, *cat an end, *cat* anywhere')
            .setMaxLength(LONGEST_RULE),
        )
        .addStringOption((option) =>
          option.setName('pattern').setDescription('A regular expression (RE2)').setMaxLength(LONGEST_RULE),
        )
        .addStringOption((option) =>
          option.setName('exceptions').setDescription('Words in which nothing is a hit').setMaxLength(LONGEST_RULE),
        ),
    )
    .addSubcommand((sub) =>
      sub
        .setName('remove')
        .setDescription('Remove a rule')
        .addIntegerOption((option) =>
          option.setName('rule').setDescription('Which one').setRequired(true).setMinValue(1).setAutocomplete(true),
        ),
    )
    .addSubcommand((sub) =>
      sub
        .setName('test')
        .setDescription('Show which rules a text would hit')
        .addStringOption((option) =>
          option.setName('text').setDescription('As if somebody said it').setRequired(true).setMaxLength(LONGEST_TEXT),
        ),
    )
    .addSubcommand((sub) =>
      sub
        .setName('channel')
        .setDescription('Choose where moderators see cards and reports')
        .addChannelOption((option) =>
          option
            .setName('channel')
            .setDescription('A channel that only moderators can read')
            .addChannelTypes(ChannelType.GuildText, ChannelType.PrivateThread)
            .setRequired(true),
        ),
    )
    .addSubcommand((sub) =>
      sub
        .setName('mode')
        .setDescription('What happens when a rule is hit')
        .addStringOption((option) =>
          option
            .setName('mode')
            .setDescription('Only count and log it, or show moderators a card')
            .addChoices({ name: 'log only', value: 'log' }, { name: 'card', value: 'card' }),
        )
        .addBooleanOption((option) =>
          option.setName('model').setDescription('Whether the rules hold for what the model says, too'),
        ),
    )
    .addSubcommand((sub) => sub.setName('import').setDescription("Take over the words of this server's AutoMod"))
    .setDefaultMemberPermissions(PermissionFlagsBits.ManageGuild),

  async execute(asked, context) {
    switch (asked.options.getSubcommand()) {
      case 'list':
        return list(asked, context);
      case 'add':
        return add(asked, context);
      case 'remove':
        return remove(asked, context);
      case 'test':
        return test(asked, context);
      case 'channel':
        return channel(asked, context);
      case 'mode':
        return mode(asked, context);
      default:
        return take(asked, context);
    }
  },

  async autocomplete(typing, { rules }) {
    const part = fold(typing.options.getFocused(), 'search');
    const all = await rules.list(typing.guildId);
    return all
      .filter(({ id, text }) => fold(`${id} ${text}`, 'search').includes(part))
      .slice(0, 25)
      .map(({ id, kind, text }) => ({ name: `${id} ${kind}: ${text}`.slice(0, 100).toWellFormed(), value: id }));
  },
};

async function list(asked: Asked, { rules }: CommandContext): Promise<CommandAnswer> {
  const { guildId } = asked;
  const all = await rules.list(guildId);
  const head = await settingsWords(asked, await rules.settings(guildId));
  if (all.length === 0) return `${head}\nThere are no rules yet. Add some with \`/rules add\` or \`/rules import\`.`;
  return ruleList(head, all);
}

async function add(asked: Asked, { rules }: CommandContext): Promise<string> {
  const pattern = asked.options.getString('pattern');
  const wanted: Omit<Rule, 'id'>[] = [
    ...split(asked.options.getString('words')).map((text) => ({ kind: 'word' as const, text })),
    ...(pattern === null ? [] : [{ kind: 'pattern' as const, text: pattern }]),
    ...split(asked.options.getString('exceptions')).map((text) => ({ kind: 'exception' as const, text })),
  ];
  if (wanted.length === 0) return 'Give me `words`, a `pattern` or `exceptions`.';
  return addedWords(await rules.add(asked.guildId, asked.user.id, wanted));
}

function split(words: string | null): readonly string[] {
  return (words ?? '')
    .split(/[,\n]/)
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

async function remove(asked: Asked, { rules }: CommandContext): Promise<string> {
  const id = asked.options.getInteger('rule', true);
  const removed = await rules.remove(asked.guildId, id);
  return removed ? `Rule ${id} is removed.` : `There is no rule ${id}. \`/rules list\` shows them.`;
}

async function test(asked: Asked, { rules }: CommandContext): Promise<string> {
  const text = asked.options.getString('text', true);
  return hitWords(text, await rules.test(asked.guildId, text));
}

async function channel(asked: Asked, { rules, cards, reports }: CommandContext): Promise<string> {
  const chosen = asked.options.getChannel('channel', true);
  const known = asked.guild.channels.cache.get(chosen.id);
  const obstacle = known ? obstacleIn(known, asked) : 'I cannot see that channel. Give my role **View Channel** there.';
  if (obstacle) return obstacle;
  const now = await rules.set(asked.guildId, { channelId: chosen.id });
  await reports.bring(asked.guildId);
  const brought = now.mode === 'card' ? await cards.bring(asked.guildId) : 0;
  const everybody = known?.permissionsFor(asked.guild.roles.everyone)?.has(PermissionFlagsBits.ViewChannel);
  return [
    `Moderators see cards and reports in ${channelLink(chosen.id)}.`,
    ...(everybody
      ? ['**Everybody on this server can read that channel**: better choose one for moderators only.']
      : []),
    ...(brought > 0
      ? [`${counted(brought, 'card')} that nobody had seen yet ${brought === 1 ? 'is' : 'are'} there now.`]
      : []),
    ...(now.mode === 'log' ? ['Hits are only counted and logged so far: `/rules mode` switches cards on.'] : []),
  ].join('\n');
}

function obstacleIn(channel: GuildBasedChannel, asked: Asked): string | undefined {
  const link = channelLink(channel.id);
  if (!sees(channel, asked.member)) return `You cannot see ${link} yourself, so you cannot have me write there.`;
  const me = channel.guild.members.me;
  if (!me) return 'Discord has not told me yet what I may do here. Try again in a few seconds.';
  const mine = lackingIn(channel);
  if (mine.length === 0) return undefined;
  return `I lack ${listed(mine)} in ${link}. Grant that under **Edit Channel → Permissions**, then try again.`;
}

/** What the bot needs there and has not. */
function lackingIn(channel: GuildBasedChannel): readonly string[] {
  const { me } = channel.guild.members;
  if (!me) return [];
  const lacking = [...missingRights(channel, me, writingRights(channel))];
  if (!channel.permissionsFor(me).has(PermissionFlagsBits.AttachFiles)) lacking.push('Attach Files');
  return lacking.map((word) => `**${word}**`);
}

async function mode(asked: Asked, { rules }: CommandContext): Promise<string> {
  const chosen = asked.options.getString('mode');
  const model = asked.options.getBoolean('model');
  if (chosen === null && model === null) return settingsWords(asked, await rules.settings(asked.guildId));
  const now = await rules.set(asked.guildId, {
    ...(chosen !== null && { mode: chosen === 'card' ? 'card' : 'log' }),
    ...(model !== null && { watchModel: model }),
  });
  return settingsWords(asked, now);
}

async function settingsWords(asked: Asked, { mode, channelId, watchModel }: RuleSettings): Promise<string> {
  const whom = watchModel ? 'people and the model say' : 'people say';
  const held = `What ${whom} is held against the rules`;
  if (mode === 'log')
    return `${held}; hits are only counted and logged. \`/rules mode mode:card\` shows them to moderators.`;
  if (channelId === null) return `${held}. ${NO_CHANNEL}`;
  // An archived thread is in no cache.
  const { channels } = asked.guild;
  const known = channels.cache.get(channelId) ?? (await channels.fetch(channelId).catch(() => null));
  const lacking = known ? lackingIn(known) : [];
  if (!known || lacking.length > 0) {
    const why = known
      ? `I lack ${listed(lacking)} in ${channelLink(channelId)}`
      : 'their channel is gone, or I cannot see it';
    return `${held}. **Moderators see no cards now**: ${why}. Grant it, or set another channel with \`/rules channel\`.`;
  }
  return `${held}. Moderators see a card in ${channelLink(channelId)}.`;
}

async function take(asked: Asked, { rules, foreignRules }: CommandContext): Promise<string> {
  let found: Awaited<ReturnType<CommandContext['foreignRules']>>;
  try {
    found = await foreignRules(asked.guildId);
  } catch (error) {
    const words = wordsOf(error, '');
    if (words !== '') return words;
    throw error;
  }
  const { left } = found;
  const shown = left.slice(0, LEFT_SHOWN).map((line) => `- ${plain(line, 200)}`);
  const kept = left.length > LEFT_SHOWN ? [`- and ${left.length - LEFT_SHOWN} more`] : [];
  const rest =
    left.length > 0 ? [`${counted(left.length, 'thing')} of AutoMod could not come along:`, ...shown, ...kept] : [];
  if (found.rules.length === 0) return ['AutoMod has no words here that I could take.', ...rest].join('\n');
  return [addedWords(await rules.add(asked.guildId, asked.user.id, found.rules)), ...rest].join('\n');
}
