import type { GuildSettings } from '../../src/ports/settings.ts';
import type { Asked, CommandContext } from '../command.ts';
import { counted, labelWords } from '../text.ts';
import type { PrivacyPart } from './subcommand.ts';

/** What privacy means here, in short. */
export const privacyAbout: PrivacyPart = {
  name: 'about',
  describe: (sub) => sub.setDescription('What I hear, where it goes, how long it stays, and what you can do'),
  execute: about,
};

async function about({ guildId, user }: Asked, context: CommandContext): Promise<string> {
  const { consent, settings, privacyUrl, summaries } = context;
  const guild = await settings.get(guildId);
  const chosen = consent.choiceOf(guildId, user.id);
  const heard = consent.mayHear(guildId, user.id) ? 'I hear you' : 'I do not hear you';
  const because = chosen ? 'because you chose so' : `because this server is set to ${consent.mode(guildId)}`;
  const summed =
    summaries.label === null
      ? ''
      : ` When somebody asks for a summary, the words go to ${labelWords(summaries.label)}.`;
  return [
    `**You:** ${heard}, ${because}. \`/privacy out\` and \`/privacy in\` change it at once.`,
    `**What I hear:** what people say in the voice channel while I am in it. I never keep sound.`,
    `**Where it goes:** ${goesTo(guildId, guild, context)}${summed}`,
    `**What is kept:** the words, who said them and when, for ${counted(guild.retentionDays, 'day')}; and what I post in Discord, until somebody deletes it there. What somebody reports with \`/report\` is kept for moderators for 90 days.`,
    `**If you say no:** your sound is thrown away before it is even decoded. No model, transcript or log gets it.`,
    ...(privacyUrl === null ? [] : [`**More:** <${privacyUrl}>`]),
  ].join('\n');
}

/** Everybody who gets the sound, now or with the next `/join`. */
function goesTo(guildId: string, guild: GuildSettings, { models, bridges }: CommandContext): string {
  const status = bridges.find(guildId)?.status();
  const next = models.chosen(guild);
  const model = labelWords(status?.model ?? next.model.label);
  const transcriber = status ? status.transcriber : next.transcriber;
  if (status?.mode === 'listen') return `to ${model}, which writes down the words. Nothing answers.`;
  if (transcriber === null) return `to ${model}, which answers and writes down the words.`;
  return `to ${model}, which answers, and to ${labelWords(transcriber)}, which writes down the words.`;
}
