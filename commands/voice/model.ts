import type { SlashCommandSubcommandBuilder } from 'discord.js';
import type { Provider } from '../../src/ports/capabilities.ts';
import type { ConversationMode } from '../../src/ports/record.ts';
import type { GuildSettings } from '../../src/ports/settings.ts';
import type { Asked, Choice, CommandContext } from '../command.ts';
import { labelWords, listed, plain } from '../text.ts';
import { ONCE_I_AM_THERE, stored, TURN_WORDS } from './settings-text.ts';

/** What people type for what the bot was started with. */
const DEFAULT = 'default';

/** What each provider is called for people. */
export const PROVIDER_WORDS: Readonly<Record<Provider, string>> = {
  openai: 'OpenAI',
  azure: 'Azure OpenAI',
  gemini: 'Google Gemini',
  vertex: 'Google Vertex AI',
};
const PROVIDERS = Object.keys(PROVIDER_WORDS) as Provider[];

/** `/voice provider name:` */
export function providerOption(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub
    .setName('provider')
    .setDescription('Choose who answers; a running conversation goes on there')
    .addStringOption((option) =>
      option.setName('name').setDescription('A provider, or default').setRequired(true).setAutocomplete(true),
    );
}

/** `/voice model name:` */
export function modelOption(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder {
  return sub
    .setName('model')
    .setDescription('Choose the model of the provider; a running conversation goes on with it')
    .addStringOption((option) =>
      option
        .setName('name')
        .setDescription('A model (on Azure a deployment), or default')
        .setMaxLength(100)
        .setRequired(true)
        .setAutocomplete(true),
    );
}

/** Another provider with its default model; the same one keeps the model that was chosen. */
export async function setProvider(asked: Asked, context: CommandContext): Promise<string> {
  const typed = asked.options.getString('name', true).trim();
  if (typed.toLowerCase() === DEFAULT) return use(asked, context, { provider: null, model: null });
  const { models, settings } = context;
  const provider = providerOf(typed);
  if (!provider) {
    const offered = listed([...models.providers, DEFAULT].map(code), 'or');
    return `I do not know the provider “${plain(typed, 40)}”. Choose ${offered}.`;
  }
  const lacking = models.lacking(provider);
  if (lacking.length > 0) {
    return `${PROVIDER_WORDS[provider]} is not configured: whoever runs me has to set ${listed(lacking.map(code))} and start me anew. Nothing was changed.`;
  }
  const now = await settings.get(asked.guildId);
  const keeps = models.chosen(now).model.provider === provider;
  return use(asked, context, { provider, model: keeps ? now.model : null });
}

/** A model of the provider in use. It is kept with its provider: the name means nothing to another one. */
export async function setModel(asked: Asked, context: CommandContext): Promise<string> {
  const typed = asked.options.getString('name', true).trim();
  if (typed.toLowerCase() === DEFAULT) return use(asked, context, { model: null });
  const unfit = context.models.unfit?.(typed);
  if (unfit !== undefined) return `${unfit} Nothing was changed.`;
  const { provider } = context.models.chosen(await context.settings.get(asked.guildId)).model;
  const names = context.models.names(provider);
  const known = names.find((name) => name.toLowerCase() === typed.toLowerCase());
  const answer = await use(asked, context, { provider, model: known ?? typed });
  const { model } = await context.settings.get(asked.guildId);
  if (known || model !== typed) return answer;
  const { capabilities } = context.models.chosen({ provider, model: typed }).model;
  // Known, but of another provider: what it can do is known as well.
  if (capabilities.voices.length > 0) {
    return `${answer}\nI do not know that ${PROVIDER_WORDS[provider]} has it. If not, I stay with the one I have, or cannot join.`;
  }
  return `${answer}\nI do not know that name. If ${PROVIDER_WORDS[provider]} does, I use the model with what every model can do (no choice of voices, turns drawn by me); if not, I stay with the one I have, or cannot join.`;
}

/** Proposals for a provider: those that are configured. */
export function providerChoices(typed: string, { models }: CommandContext): readonly Choice[] {
  const label = (provider: Provider | null): string => models.chosen({ provider, model: null }).model.label;
  const all = [
    { name: `default: ${label(null)}`, value: DEFAULT },
    ...models.providers.map((provider) => ({ name: label(provider), value: provider })),
  ];
  return fitting(typed, all);
}

/** Proposals for a model: those of the provider in use that are known. */
export async function modelChoices(
  guildId: string,
  typed: string,
  context: CommandContext,
): Promise<readonly Choice[]> {
  const { models, settings } = context;
  const { provider } = models.chosen(await settings.get(guildId)).model;
  const usual = models.chosen({ provider, model: null }).model.name;
  const all = [
    { name: `default: ${usual}`, value: DEFAULT },
    ...models.names(provider).map((name) => ({ name, value: name })),
  ];
  return fitting(typed, all);
}

async function use(asked: Asked, context: CommandContext, wanted: Partial<GuildSettings>): Promise<string> {
  const now = await stored(asked, context, wanted);
  if (typeof now === 'string') return now;
  const { model, transcribed } = context.models.chosen(now);
  const bridge = context.bridges.find(asked.guildId);
  const isThere = bridge?.status().model === model.label;
  bridge?.apply(now, Object.keys(wanted) as (keyof GuildSettings)[]);
  const label = `**${labelWords(model.label)}**`;
  const { voices, turnDetection } = model.capabilities;
  return [
    `From now on I use ${label}.`,
    ...(now.voice === null || voices.includes(now.voice)
      ? []
      : [`It has no voice ${plain(now.voice)}: it speaks with its own.`]),
    ...(turnDetection.includes(now.turnDetection)
      ? []
      : [`It cannot draw the ends of turns ${TURN_WORDS[now.turnDetection]}: I draw them myself.`]),
    ...(transcribed || now.answer === 'always' || now.answer === 'never'
      ? []
      : ['It writes nothing down, so I cannot tell who speaks to me: I answer everybody.']),
    !bridge && context.bridges.opening(asked.guildId) ? ONCE_I_AM_THERE : effect(bridge?.status().mode, isThere),
  ].join(' ');
}

/** `mode`: of the running conversation, if there is one. */
function effect(mode: ConversationMode | undefined, isThere: boolean): string {
  if (mode === undefined) return 'It takes effect when I next join.';
  if (mode === 'listen') return 'I only write down now, which goes on as it is: it takes effect when I next join.';
  return isThere ? 'It is in effect now.' : GOES_ON;
}

const GOES_ON = 'The running conversation goes on there in the next quiet moment, and what was said is passed on.';

/** By its id, or by what it is called. */
function providerOf(typed: string): Provider | undefined {
  const wanted = typed.toLowerCase();
  return PROVIDERS.find((one) => one === wanted || PROVIDER_WORDS[one].toLowerCase() === wanted);
}

function fitting(typed: string, all: readonly { readonly name: string; readonly value: string }[]): readonly Choice[] {
  const part = typed.trim().toLowerCase();
  return (
    all
      .filter(({ name, value }) => `${name} ${value}`.toLowerCase().includes(part))
      // https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-option-choice-structure
      .map(({ name, value }) => ({ name: name.slice(0, 100), value }))
  );
}

function code(word: string): string {
  return `\`${word}\``;
}
