import type { GuildBasedChannel, SlashCommandSubcommandBuilder } from 'discord.js';
import type { GuildSettings } from '../../src/ports/settings.ts';
import type { Asked, CommandContext } from '../command.ts';
import { missingRights } from '../permissions.ts';
import { channelLink, listed } from '../text.ts';
import { change } from '../voice/settings-text.ts';

const MODES: Readonly<Record<string, Partial<GuildSettings>>> = {
  on: { liveTranscript: true },
  off: { liveTranscript: false },
  channel: { liveTranscript: true, livePlace: 'channel' },
  thread: { liveTranscript: true, livePlace: 'thread' },
};

/** The options of `/transcript live`. */
export function liveOptions(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub
    .setName('live')
    .setDescription('Whether I post what is said while it is said')
    .addStringOption((option) =>
      option
        .setName('mode')
        .setDescription('Off: it is only recorded')
        .setRequired(true)
        .addChoices(
          { name: 'on: as it was before', value: 'on' },
          { name: 'off: nothing is posted, only recorded', value: 'off' },
          { name: 'channel: into the channel of /transcript channel', value: 'channel' },
          { name: 'thread: into a thread of it for each conversation', value: 'thread' },
        ),
    );
}

/** Switches it, at once. */
export async function setLive(asked: Asked, context: CommandContext): Promise<string> {
  const wanted = MODES[asked.options.getString('mode', true)] ?? {};
  const before = await context.settings.get(asked.guildId);
  if (wanted.livePlace === 'thread') {
    const obstacle = threadObstacle(asked, before.transcriptChannelId);
    if (obstacle) return obstacle;
  }
  return change(asked, context, wanted, liveWords);
}

function liveWords({ liveTranscript, livePlace, transcriptChannelId, retentionDays }: GuildSettings): string {
  if (!liveTranscript) {
    return `Nothing of what is said is posted, nor which tools ran, nor answers in writing. It is still recorded, for ${retentionDays} days: \`/transcript search\` finds it.`;
  }
  const where = transcriptChannelId === null ? "the voice channel's own chat" : channelLink(transcriptChannelId);
  return livePlace === 'thread'
    ? `What is said is posted into a thread of ${where}, a new one for each conversation.`
    : `What is said is posted into ${where}.`;
}

/** What is to be known beside the channel for transcripts: that they go to threads of it, or nowhere at all. */
export function placeWords({ liveTranscript, livePlace }: Pick<GuildSettings, 'liveTranscript' | 'livePlace'>): string {
  if (!liveTranscript) return ' Nothing is posted for now: `/transcript live mode:on` changes that.';
  return livePlace === 'thread' ? ' Each conversation gets a thread where there can be one.' : '';
}

/** Why there can be no threads where transcripts go; undefined: there can. */
function threadObstacle(asked: Asked, transcriptChannelId: string | null): string | undefined {
  if (transcriptChannelId === null) {
    return 'The chat of a voice channel has no threads. Choose a text channel with `/transcript channel` first.';
  }
  const link = channelLink(transcriptChannelId);
  const channel: GuildBasedChannel | undefined = asked.guild.channels.cache.get(transcriptChannelId);
  if (!channel) return 'The channel for transcripts is gone. Choose another one with `/transcript channel` first.';
  if (channel.isThread() || !('threads' in channel)) {
    return `There can be no threads in ${link}. Choose a text channel with \`/transcript channel\` first.`;
  }
  const { me } = asked.guild.members;
  if (!me) return 'Discord has not told me yet what I may do here. Try again in a few seconds.';
  const missing = missingRights(channel, me, ['ViewChannel', 'CreatePublicThreads', 'SendMessagesInThreads']);
  if (missing.length === 0) return undefined;
  const rights = listed(missing.map((word) => `**${word}**`));
  return `I lack ${rights} in ${link}. Grant that under **Edit Channel → Permissions**, then try again.`;
}
