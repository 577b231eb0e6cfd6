import { PermissionFlagsBits, type SlashCommandSubcommandBuilder } from 'discord.js';
import type { TurnDetection } from '../../src/ports/capabilities.ts';
import type { SpeechModel } from '../../src/ports/model.ts';
import type { Asked, Choice, Command, CommandContext, Typing } from '../command.ts';
import { guildCommand } from '../guild-command.ts';
import { duration, labelWords, listed, plain } from '../text.ts';
import { answerOption, namesOption, setAnswer, setNames } from './answer.ts';
import { botsOptions, setBots } from './bots.ts';
import { findLanguage, languageChoices } from './languages.ts';
import { modelChoices, modelOption, providerChoices, providerOption, setModel, setProvider } from './model.ts';
import { change, interruptionWords, languageWords, REPLY_WORDS, settingsText, TURN_WORDS } from './settings-text.ts';
import { setTimezone, timezoneOption, zoneChoices } from './timezone.ts';

const DEFAULT_VOICE = 'default';
const MINUTE_MS = 60_000;
/** What the store takes, in the unit that people type here. */
const LEAVE_MINUTES = { least: 1 / 60, most: 1_440 } as const;

/** What one subcommand of `/voice` is: its options, what it does, and the proposals while somebody types. */
interface VoiceCommand {
  readonly options: (sub: SlashCommandSubcommandBuilder) => SlashCommandSubcommandBuilder;
  readonly run: (asked: Asked, context: CommandContext) => Promise<string>;
  readonly choices?: (typing: Typing, context: CommandContext) => readonly Choice[] | Promise<readonly Choice[]>;
}

/** Every subcommand by its name, in the order in which Discord lists them: a new one is a row. */
const COMMANDS: Readonly<Record<string, VoiceCommand>> = {
  show: { options: (sub) => sub.setName('show').setDescription('Show all settings'), run: show },
  provider: {
    options: providerOption,
    run: setProvider,
    choices: (typing, context) => providerChoices(typing.options.getFocused(), context),
  },
  model: {
    options: modelOption,
    run: setModel,
    choices: (typing, context) => modelChoices(typing.guildId, typing.options.getFocused(), context),
  },
  voice: {
    options: voiceOption,
    run: setVoice,
    choices: async (typing, context) => {
      const { voices } = (await chosenModel(typing.guildId, context)).capabilities;
      return voiceChoices(typing.options.getFocused(), voices);
    },
  },
  persona: { options: personaOption, run: setPersona },
  language: {
    options: languageOption,
    run: setLanguage,
    choices: (typing) => languageChoices(typing.options.getFocused()),
  },
  timezone: {
    options: timezoneOption,
    run: setTimezone,
    choices: (typing, context) => zoneChoices(typing.options.getFocused(), context.clock.now()),
  },
  silence: { options: silenceOption, run: setSilence },
  interruption: { options: interruptionOption, run: setInterruption },
  turns: { options: turnsOption, run: setTurns },
  reply: { options: replyOption, run: setReply },
  answer: { options: answerOption, run: setAnswer },
  names: { options: namesOption, run: setNames },
  'leave-after': { options: leaveAfterOptions, run: setLeaveAfter },
};

/** How the bot sounds and behaves in this guild. Discord can only gate whole commands, so all of it needs Manage Server. */
export const voice: Command = {
  data: dataOf(),

  async execute(asked, context) {
    if (asked.options.getSubcommandGroup(false) === 'bots') return setBots(asked, context);
    const command = commandOf(asked.options.getSubcommand());
    return command ? command.run(asked, context) : 'I do not know that setting. `/voice show` lists all of them.';
  },

  async autocomplete(typing, context) {
    return (await commandOf(typing.options.getSubcommand())?.choices?.(typing, context)) ?? [];
  },
};

function dataOf(): Command['data'] {
  const data = guildCommand('voice', 'How I sound and behave on this server');
  for (const { options } of Object.values(COMMANDS)) data.addSubcommand(options);
  return data.addSubcommandGroup(botsOptions).setDefaultMemberPermissions(PermissionFlagsBits.ManageGuild);
}

function commandOf(name: string): VoiceCommand | undefined {
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}

function voiceOption(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub
    .setName('voice')
    .setDescription('Choose my voice')
    .addStringOption((option) =>
      option.setName('name').setDescription('One of the voices of the model').setRequired(true).setAutocomplete(true),
    );
}

function personaOption(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub
    .setName('persona')
    .setDescription('Tell me who I am and how to behave')
    .addStringOption((option) =>
      option
        .setName('text')
        .setDescription('Instructions in your own words; without it, the usual persona')
        .setMaxLength(2000),
    );
}

function languageOption(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub
    .setName('language')
    .setDescription('The language that people mostly speak; it helps the transcript')
    .addStringOption((option) =>
      option
        .setName('tag')
        .setDescription('A language, such as de or pt-BR, or auto')
        .setRequired(true)
        .setAutocomplete(true),
    );
}

// The store knows the limits and says them; the option only keeps out what no store could take.
function silenceOption(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub
    .setName('silence')
    .setDescription('How long somebody is silent before their turn ends')
    .addIntegerOption((option) =>
      option
        .setName('milliseconds')
        .setDescription('600 is usual; more for slow speakers')
        .setRequired(true)
        .setMinValue(0),
    );
}

function interruptionOption(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub
    .setName('interruption')
    .setDescription('How much speech cuts me off')
    .addIntegerOption((option) =>
      option
        .setName('milliseconds')
        .setDescription('120 is usual; 0: nobody can interrupt me')
        .setRequired(true)
        .setMinValue(0),
    );
}

function turnsOption(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub
    .setName('turns')
    .setDescription('Who decides that somebody has finished speaking')
    .addStringOption((option) =>
      option
        .setName('detection')
        .setDescription('Parley itself, or the provider of the model')
        .setRequired(true)
        .addChoices(
          { name: 'Parley itself (usual): who speaks is always certain', value: 'manual' },
          { name: 'The provider, from the level of the sound', value: 'server' },
          { name: 'The provider, from what is said', value: 'semantic' },
        ),
    );
}

function replyOption(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub
    .setName('reply')
    .setDescription('Whether I speak my answers or post them')
    .addStringOption((option) =>
      option
        .setName('form')
        .setDescription('voice is usual; text only where the model can write')
        .setRequired(true)
        .addChoices(
          { name: 'voice: I speak my answers', value: 'voice' },
          { name: 'text: I post my answers and stay silent', value: 'text' },
        ),
    );
}

function leaveAfterOptions(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub
    .setName('leave-after')
    .setDescription('When I leave by myself')
    .addNumberOption((option) => option.setName('alone').setDescription('Minutes alone in the channel').setMinValue(0))
    .addNumberOption((option) => option.setName('idle').setDescription('Minutes in which nobody spoke').setMinValue(0));
}

async function show({ guildId }: Asked, { settings, models, bridges }: CommandContext): Promise<string> {
  const now = await settings.get(guildId);
  return settingsText(now, models.chosen(now), bridges.find(guildId)?.status());
}

async function chosenModel(guildId: string, { settings, models }: CommandContext): Promise<SpeechModel> {
  return models.chosen(await settings.get(guildId)).model;
}

async function setVoice(asked: Asked, context: CommandContext): Promise<string> {
  const typed = asked.options.getString('name', true).trim();
  if (typed.toLowerCase() === DEFAULT_VOICE) {
    return change(asked, context, { voice: null }, () => "My voice is the model's own again.");
  }
  const { label, capabilities } = await chosenModel(asked.guildId, context);
  const { voices } = capabilities;
  const found = voices.find((one) => one.toLowerCase() === typed.toLowerCase());
  if (!found) {
    return voices.length === 0
      ? `${labelWords(label)} has no voices to choose from. \`default\` is all it takes.`
      : `${labelWords(label)} has no voice “${plain(typed, 40)}”. It has ${listed(voices)}, and \`default\`.`;
  }
  return change(asked, context, { voice: found }, () => `My voice: **${found}**.`);
}

function setPersona(asked: Asked, context: CommandContext): Promise<string> {
  // The store takes an empty persona as the wish for the usual one.
  const persona = asked.options.getString('text')?.trim() ?? '';
  return change(asked, context, { persona }, (now) =>
    persona === '' ? 'My persona is the usual one again.' : `My persona: “${plain(now.persona, 300)}”`,
  );
}

async function setLanguage(asked: Asked, context: CommandContext): Promise<string> {
  const typed = asked.options.getString('tag', true).trim();
  const language = findLanguage(typed);
  if (language === undefined) {
    return `I do not know the language “${plain(typed, 40)}”. Type a tag such as \`de\`, \`pt-BR\` or \`zh-Hant\`, or \`auto\`.`;
  }
  return change(asked, context, { language }, () => `Language: ${languageWords(language)}.`);
}

function setSilence(asked: Asked, context: CommandContext): Promise<string> {
  const silenceMs = asked.options.getInteger('milliseconds', true);
  return change(asked, context, { silenceMs }, () => `A turn ends after ${duration(silenceMs)} of silence.`);
}

function setInterruption(asked: Asked, context: CommandContext): Promise<string> {
  const interruptionMs = asked.options.getInteger('milliseconds', true);
  return change(asked, context, { interruptionMs }, () => `Interruption: ${interruptionWords(interruptionMs)}.`);
}

async function setTurns(asked: Asked, context: CommandContext): Promise<string> {
  const wanted = asked.options.getString('detection', true);
  const { label, capabilities } = await chosenModel(asked.guildId, context);
  const offered = capabilities.turnDetection;
  const turnDetection = offered.find((one) => one === wanted);
  if (!turnDetection) {
    return `${labelWords(label)} cannot do that. It can draw the ends of turns ${listed(offered.map(turnWords), 'or')}.`;
  }
  return change(asked, context, { turnDetection }, () => `The ends of turns are drawn ${turnWords(turnDetection)}.`);
}

async function setReply(asked: Asked, context: CommandContext): Promise<string> {
  const wanted = asked.options.getString('form', true);
  const { label, capabilities } = await chosenModel(asked.guildId, context);
  const replyForm = capabilities.replyForms.find((one) => one === wanted);
  if (!replyForm) return `${labelWords(label)} can only speak. Another model may be able to write.`;
  return change(asked, context, { replyForm }, () => `I ${REPLY_WORDS[replyForm]}.`);
}

function turnWords(detection: TurnDetection): string {
  return TURN_WORDS[detection];
}

async function setLeaveAfter(asked: Asked, context: CommandContext): Promise<string> {
  const alone = asked.options.getNumber('alone');
  const idle = asked.options.getNumber('idle');
  if (alone === null && idle === null) return 'Say how many minutes: `alone:`, `idle:` or both.';
  if (
    [alone, idle].some((minutes) => minutes !== null && (minutes < LEAVE_MINUTES.least || minutes > LEAVE_MINUTES.most))
  )
    return 'I can wait from 0.02 minutes (a second) to 1440 minutes (a day). Nothing was changed.';
  const wanted = {
    ...(alone !== null && { aloneMs: Math.round(alone * MINUTE_MS) }),
    ...(idle !== null && { idleMs: Math.round(idle * MINUTE_MS) }),
  };
  const parts = [
    ...(alone !== null ? [`after ${duration(alone * MINUTE_MS)} alone`] : []),
    ...(idle !== null ? [`when nobody spoke for ${duration(idle * MINUTE_MS)}`] : []),
  ];
  return change(asked, context, wanted, () => `I leave ${listed(parts, 'or')}.`);
}

/** Proposals for a voice: those that contain what was typed. */
function voiceChoices(typed: string, voices: readonly string[]): readonly Choice[] {
  const part = typed.trim().toLowerCase();
  return [DEFAULT_VOICE, ...voices]
    .filter((one) => one.toLowerCase().includes(part))
    .map((one) => ({ name: one === DEFAULT_VOICE ? "default (the model's own)" : one, value: one }));
}
