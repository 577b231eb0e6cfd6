import { userMention } from 'discord.js';
import { personOf, shownNameOf } from '../src/names/person.ts';
import type { ReportOutcome } from '../src/ports/rules.ts';
import type { Command } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { sees } from './permissions.ts';
import { channelLink } from './text.ts';

const LONGEST_REASON = 500;

/** Anybody may ask that moderators look at what was just said. */
export const report: Command = {
  data: guildCommand('report', 'Seal the last five minutes of this voice channel for the moderators')
    .addUserOption((option) => option.setName('person').setDescription('Whom it is about'))
    .addStringOption((option) =>
      option.setName('reason').setDescription('What the moderators should know').setMaxLength(LONGEST_REASON),
    ),

  async execute(asked, { reports, bridges }) {
    const channelId = asked.member.voice.channelId ?? bridges.find(asked.guildId)?.channelId;
    if (!channelId) return 'Join the voice channel that it is about, then use `/report` there.';
    if (!sees(asked.guild.channels.cache.get(channelId), asked.member)) return 'You cannot see that voice channel.';
    const user = asked.options.getUser('person');
    const member = asked.options.getMember('person');
    const outcome = await reports.report({
      guildId: asked.guildId,
      channelId,
      by: personOf(asked),
      about: user && { userId: user.id, name: member ? shownNameOf(member) : user.displayName },
      reason: asked.options.getString('reason')?.trim() ?? '',
    });
    return answerOf(outcome, channelId, user?.id);
  },
};

function answerOf(outcome: ReportOutcome, channelId: string, about: string | undefined): string {
  const what = `what was said in ${channelLink(channelId)} in the last five minutes`;
  switch (outcome.kind) {
    case 'sealed': {
      const whom = about === undefined ? '' : ` It is about ${userMention(about)}.`;
      const silent = outcome.silent
        ? ' **It has nothing that they said**: I heard nothing of them, or they are not transcribed. Tell a moderator what it was.'
        : '';
      return `I gave the moderators ${what}, as report ${outcome.id}.${whom}${silent} The moderators see that it was you who reported it; nobody else does.`;
    }
    case 'unposted':
      return `I sealed ${what}, as report ${outcome.id}, but could not tell the moderators: ${outcome.why} Tell one of them to set their channel with \`/rules channel\`; they get it then.`;
    case 'nothing':
      return `I have not heard anything in ${channelLink(channelId)} in the last five minutes, so there is nothing to report. Tell a moderator yourself.`;
    case 'too-often':
      return `There have been many reports just now. You can report again <t:${Math.ceil(outcome.againAt / 1000)}:R>; tell a moderator yourself if it cannot wait.`;
    default:
      return outcome satisfies never;
  }
}
