import { ChannelType, type GuildBasedChannel } from 'discord.js';
import type { Asked, Command, CommandContext } from '../command.ts';
import { guildCommand } from '../guild-command.ts';
import { managesServer, missingRights, writingRights } from '../permissions.ts';
import { channelLink, listed } from '../text.ts';
import { change, stored } from '../voice/settings-text.ts';
import { audited } from './audit.ts';
import { exportSubcommand, exportTranscript } from './export.ts';
import { liveOptions, placeWords, setLive } from './live.ts';
import { readersOptions, setReaders } from './readers.ts';
import { proposedSpeakers, search, searchOptions } from './search.ts';
import { proposedSessions } from './sessions.ts';
import { summaryOptions, sumUp } from './summary.ts';

const MANAGERS_ONLY = 'Only people with **Manage Server** can do that.';

/** Where the transcript is written, and who reads what was said. Discord knows rights of whole commands only: these are checked here. */
export const transcript: Command = {
  data: guildCommand('transcript', 'What was said: where I write it, and how to find it')
    .addSubcommand((sub) =>
      sub
        .setName('channel')
        .setDescription('Choose the channel for transcripts')
        .addChannelOption((option) =>
          option
            .setName('channel')
            .setDescription("Without it: back to the voice channel's own chat")
            .addChannelTypes(
              ChannelType.GuildText,
              ChannelType.GuildVoice,
              ChannelType.GuildAnnouncement,
              ChannelType.PublicThread,
              ChannelType.PrivateThread,
              ChannelType.AnnouncementThread,
            ),
        ),
    )
    .addSubcommand((sub) =>
      sub
        .setName('retention')
        .setDescription('How long I keep what was said')
        .addIntegerOption((option) =>
          option
            .setName('days')
            .setDescription('After so many days it is deleted from my database; 30 without a choice')
            .setMinValue(1)
            .setMaxValue(3650)
            .setRequired(true),
        ),
    )
    .addSubcommand(liveOptions)
    .addSubcommand(searchOptions)
    .addSubcommand(exportSubcommand)
    .addSubcommand(summaryOptions)
    .addSubcommand((sub) => sub.setName('audit').setDescription('Who read what was said, and what they looked for'))
    .addSubcommandGroup(readersOptions),

  async execute(asked, context) {
    const subcommand = asked.options.getSubcommand();
    if (subcommand === 'export') return exportTranscript(asked, context);
    if (subcommand === 'search') return search(asked, context);
    if (subcommand === 'summary') return sumUp(asked, context);
    if (!managesServer(asked)) return MANAGERS_ONLY;
    if (asked.options.getSubcommandGroup(false) === 'readers') return setReaders(asked, context);
    switch (subcommand) {
      case 'live':
        return setLive(asked, context);
      case 'audit':
        return audited(asked, context);
      case 'retention':
        return retain(asked, context);
      default:
        return choose(asked, context);
    }
  },

  autocomplete: (typing, context) =>
    typing.options.getFocused(true).name === 'session'
      ? proposedSessions(typing, context)
      : proposedSpeakers(typing, context),
};

async function choose(asked: Asked, context: CommandContext): Promise<string> {
  const chosen = asked.options.getChannel('channel');
  if (!chosen) {
    return change(
      asked,
      context,
      { transcriptChannelId: null },
      (now) => `Transcripts go to the voice channel's own chat.${placeWords(now)}`,
    );
  }
  const channel = asked.guild.channels.cache.get(chosen.id);
  const obstacle = channel
    ? obstacleIn(channel, asked)
    : 'I cannot see that channel. Give my role **View Channel** there.';
  if (obstacle) return obstacle;
  // People speak before those who sit with them; a text channel may have other readers.
  return change(
    asked,
    context,
    { transcriptChannelId: chosen.id },
    (now) =>
      `Transcripts go to ${channelLink(chosen.id)}. Everybody who can read that channel will read what is said in voice.${placeWords(now)}`,
  );
}

async function retain(asked: Asked, context: CommandContext): Promise<string> {
  const retentionDays = asked.options.getInteger('days', true);
  // Deleting has nothing to do with a conversation, so it waits for none.
  const now = await stored(asked, context, { retentionDays });
  if (typeof now === 'string') return now;
  const span = retentionDays === 1 ? 'one day' : `${retentionDays} days`;
  return `I keep what is said for ${span}; what is older is deleted from my database within the hour. My posts in Discord stay: delete those there.`;
}

function obstacleIn(channel: GuildBasedChannel, asked: Asked): string | undefined {
  const link = channelLink(channel.id);
  if (!channel.isTextBased()) return `${link} has no chat. Choose a text channel, a voice channel or a thread.`;
  const theirs = missingRights(channel, asked.member, writingRights(channel));
  if (theirs.length > 0) return `You may not write in ${link} yourself, so you cannot make me write there.`;
  const me = channel.guild.members.me;
  if (!me) return 'Discord has not told me yet what I may do here. Try again in a few seconds.';
  const mine = missingRights(channel, me, writingRights(channel));
  if (mine.length === 0) return undefined;
  const rights = listed(mine.map((word) => `**${word}**`));
  return `I lack ${rights} in ${link}. Grant that under **Edit Channel → Permissions**, then try again.`;
}
