import type { SlashCommandSubcommandBuilder } from 'discord.js';
import type { SpeechModel } from '../../src/ports/model.ts';
import type { AnswerMode } from '../../src/ports/settings.ts';
import type { Asked, CommandContext } from '../command.ts';
import { labelWords } from '../text.ts';
import { ANSWER_WORDS, change, namesText } from './settings-text.ts';

/** `/voice answer`. */
export function answerOption(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub
    .setName('answer')
    .setDescription('Whom I answer')
    .addStringOption((option) =>
      option
        .setName('mode')
        .setDescription('always is usual; the others let people talk among themselves')
        .setRequired(true)
        .addChoices(
          { name: 'always: everybody', value: 'always' },
          { name: 'addressed: who calls me by name, and whom I just answered', value: 'addressed' },
          { name: 'never: nobody; I only write down, and /ask works', value: 'never' },
          { name: 'auto: like addressed as soon as two people are there', value: 'auto' },
        ),
    );
}

/** `/voice names`. */
export function namesOption(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub
    .setName('names')
    .setDescription('What people may call me beside my display name')
    .addStringOption((option) =>
      option
        .setName('list')
        .setDescription('Up to 10 names with commas between them; without it, none')
        .setMaxLength(450),
    );
}

/** Sets whom the bot answers, unless the model in use gives it no way to know who was meant. */
export async function setAnswer(asked: Asked, context: CommandContext): Promise<string> {
  const answer = asked.options.getString('mode', true) as AnswerMode;
  const { model, transcribed } = context.models.chosen(await context.settings.get(asked.guildId));
  if ((answer === 'addressed' || answer === 'auto') && !transcribed) return unable(model);
  return change(
    asked,
    context,
    { answer },
    () => `I answer ${ANSWER_WORDS[answer]}.`,
    'The running conversation cannot tell in time who is meant: it takes effect with the next `/join` (`/leave` first).',
  );
}

/** Sets the names; none without the option. */
export function setNames(asked: Asked, context: CommandContext): Promise<string> {
  const names = (asked.options.getString('list') ?? '').split(/[,;\n、،]/).filter((name) => name.trim() !== '');
  return change(asked, context, { names }, (now) => `I listen to ${namesText(now.names)}.`);
}

function unable({ provider, label }: SpeechModel): string {
  const remedy =
    provider === 'azure'
      ? 'Whoever runs me can set `AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT` or `TRANSCRIBER=openai`; or choose another one with `/voice provider`.'
      : 'Choose another one with `/voice model` or `/voice provider`.';
  return `I only know who speaks to me from what is written down, and ${labelWords(label)} writes nothing down. ${remedy} Nothing was changed.`;
}
