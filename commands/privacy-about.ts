import type { Asked, CommandContext } from './command.ts';
import type { PrivacyPart } from './privacy-part.ts';
import { counted } from './words.ts';

/** What privacy means here, in short. */
export const privacyAbout: PrivacyPart = {
  name: 'about',
  describe: (sub) => sub.setDescription('What I hear, where it goes, how long it stays, and what you can do'),
  execute: about,
};

async function about({ guildId, user }: Asked, { consent, settings, models, privacyUrl, bridges }: CommandContext) {
  const guild = await settings.get(guildId);
  const bridge = bridges.find(guildId);
  const label = bridge?.status().model ?? models.chosen(guild).model.label;
  const chosen = consent.choiceOf(guildId, user.id);
  const heard = consent.mayHear(guildId, user.id) ? 'I hear you' : 'I do not hear you';
  const because = chosen ? 'because you chose so' : `because this server is set to ${consent.mode(guildId)}`;
  return [
    `**You:** ${heard}, ${because}. \`/privacy out\` and \`/privacy in\` change it at once.`,
    `**What I hear:** what people say in the voice channel while I am in it. I never keep sound.`,
    `**Where it goes:** to ${label.replaceAll('_', '\\_')}, which answers and writes down the words.`,
    `**What is kept:** the words, who said them and when, for ${counted(guild.retentionDays, 'day')}; and what I post in Discord, until somebody deletes it there.`,
    `**If you say no:** your sound is thrown away before it is even decoded. No model, transcript or log gets it.`,
    ...(privacyUrl === null ? [] : [`**More:** <${privacyUrl}>`]),
  ].join('\n');
}
