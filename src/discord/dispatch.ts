import {
  type ApplicationCommandOptionChoiceData,
  type AutocompleteInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type Client,
  DiscordAPIError,
  Events,
  type Interaction,
  MessageFlags,
  type ModalBuilder,
  type ModalSubmitInteraction,
  RESTJSONErrorCodes,
} from 'discord.js';
import type { Logger } from 'pino';
import type { MessageButton } from '../bridge/room-ports.ts';
import { PagedAnswers } from './paged-answers.ts';
import { rowOf } from './text-channel.ts';

/** https://docs.discord.com/developers/resources/message#create-message */
const LONGEST_ANSWER = 2000;
/** https://docs.discord.com/developers/interactions/application-commands#autocomplete */
const MOST_CHOICES = 25;
const BROKEN = 'Something went wrong on my side. It is in my log; please try again in a moment.';
const TOO_LARGE = 'Discord did not take the file: it is too large. Ask for less, or for another format.';
const UNKNOWN_BUTTON = 'I do not know this button any more.';
const SERVERS_ONLY = 'I only work on servers that I am a member of. Invite me there, then try again.';

/** The interaction is too old, already answered, or its message is gone: nobody can be told any more. */
const TOO_LATE: ReadonlySet<string | number> = new Set([
  RESTJSONErrorCodes.UnknownInteraction,
  RESTJSONErrorCodes.UnknownWebhook,
  RESTJSONErrorCodes.InvalidWebhookToken,
  RESTJSONErrorCodes.UnknownMessage,
]);

/** Text for people, with files and buttons, or in pages (from 0; `more`: another one follows). */
type Answer =
  | string
  | { readonly pages: (at: number) => Promise<{ readonly content: string; readonly more: boolean }> }
  | {
      readonly content: string;
      readonly files: readonly { readonly name: string; readonly bytes: Buffer }[];
      readonly buttons?: readonly MessageButton[];
    };

/** A command as the dispatch needs it; commands/command.ts is its full form. */
export interface DispatchedCommand<Context> {
  readonly data: { readonly name: string };
  execute(asked: ChatInputCommandInteraction<'cached'>, context: Context): Promise<Answer>;
  autocomplete?(
    typing: AutocompleteInteraction<'cached'>,
    context: Context,
  ): Promise<readonly ApplicationCommandOptionChoiceData[]>;
}

/** What a press of a button does; gives the answer, or undefined for a button that is not known. */
export type Press = (pressed: ButtonInteraction<'cached'>) => string | undefined | Promise<string | undefined>;

/** Forms that buttons open, and what becomes of them. */
export interface Forms {
  /** At once, since Discord waits three seconds. undefined: no form, so the press is answered. */
  open(pressed: ButtonInteraction<'cached'>): ModalBuilder | undefined;
  /** Gives the answer, or undefined for a form that is not known. */
  submit(sent: ModalSubmitInteraction<'cached'>): Promise<string | undefined>;
}
const NO_FORMS: Forms = { open: () => undefined, submit: () => Promise.resolve(undefined) };

/**
 * Runs commands and buttons as people use them, until the client is destroyed. Nothing that they do gets out of here.
 */
export function dispatchCommands<Context extends { readonly log: Logger }>(
  client: Client,
  commands: readonly DispatchedCommand<Context>[],
  context: Context,
  press: Press = () => undefined,
  forms: Forms = NO_FORMS,
): void {
  const byName = new Map(commands.map((command) => [command.data.name, command]));
  const around = { byName, context, press, forms, paged: new PagedAnswers() };
  client.on(Events.InteractionCreate, (interaction) => {
    respond(interaction, around).catch((error: unknown) => report(error, interaction, context.log));
  });
}

interface Around<Context> {
  readonly byName: ReadonlyMap<string, DispatchedCommand<Context>>;
  readonly context: Context;
  readonly press: Press;
  readonly forms: Forms;
  readonly paged: PagedAnswers;
}

async function respond<Context extends { readonly log: Logger }>(
  interaction: Interaction,
  { byName: commands, context, press, forms, paged }: Around<Context>,
): Promise<void> {
  if (interaction.isAutocomplete()) {
    await interaction.respond(await proposals(interaction, commands.get(interaction.commandName), context));
    return;
  }
  if (!interaction.isChatInputCommand() && !interaction.isButton() && !interaction.isModalSubmit()) return;
  if (!interaction.inCachedGuild()) {
    await interaction.reply({ content: SERVERS_ONLY, flags: MessageFlags.Ephemeral });
    return;
  }
  if (interaction.isButton()) {
    const turning = paged.turning(interaction);
    const form = turning ? undefined : forms.open(interaction);
    const pressed = async () => (await press(interaction)) ?? UNKNOWN_BUTTON;
    if (turning) await turnPage(interaction, turning, context.log);
    else if (form) await interaction.showModal(form);
    else await answer(interaction, pressed, { paged, log: context.log });
    return;
  }
  if (interaction.isModalSubmit()) {
    const submitted = async () => (await forms.submit(interaction)) ?? UNKNOWN_BUTTON;
    await answer(interaction, submitted, { paged, log: context.log });
    return;
  }
  const command = commands.get(interaction.commandName);
  if (!command) {
    const content = `I do not know \`/${interaction.commandName}\` any more. Restart Discord to see my commands as they are now.`;
    await interaction.reply({ content, flags: MessageFlags.Ephemeral });
    return;
  }
  await answer(interaction, () => command.execute(interaction, context), { paged, log: context.log });
}

async function answer(
  asked: ChatInputCommandInteraction<'cached'> | ButtonInteraction<'cached'> | ModalSubmitInteraction<'cached'>,
  execute: () => Promise<Answer>,
  { paged, log }: { readonly paged: PagedAnswers; readonly log: Logger },
): Promise<void> {
  // Discord gives three seconds for this, and fixes here that only the asker may read the answer.
  await asked.deferReply({ flags: MessageFlags.Ephemeral });
  let given: Exclude<Answer, { readonly pages: unknown }> | Awaited<ReturnType<PagedAnswers['open']>>;
  try {
    const executed = await execute();
    given =
      typeof executed === 'object' && 'pages' in executed ? await paged.open(asked.user.id, executed.pages) : executed;
  } catch (error) {
    const what = asked.isChatInputCommand() ? { command: asked.commandName } : { button: asked.customId };
    log.error({ err: error, ...what, guildId: asked.guildId }, 'a command failed');
    given = BROKEN;
  }
  const whole = typeof given === 'string' ? { content: given } : given;
  const files = 'files' in whole ? whole.files : [];
  try {
    await asked.editReply({
      content: cut(whole.content),
      ...('components' in whole && { components: whole.components }),
      ...('buttons' in whole && whole.buttons && { components: rowOf(whole.buttons) }),
      files: files.map(({ name, bytes }) => ({ name, attachment: bytes })),
      allowedMentions: { parse: [] },
      flags: MessageFlags.SuppressEmbeds,
    });
  } catch (error) {
    // What Discord takes of a whole request is written nowhere; without a word the asker would wait for ever.
    if (!(error instanceof DiscordAPIError) || error.code !== RESTJSONErrorCodes.RequestEntityTooLarge) throw error;
    log.warn({ err: error, guildId: asked.guildId }, 'an answer was too large for Discord');
    await asked.editReply({ content: TOO_LARGE, allowedMentions: { parse: [] } });
  }
}

/** Another page takes the place of the one that is shown. */
async function turnPage(
  pressed: ButtonInteraction<'cached'>,
  turning: NonNullable<ReturnType<PagedAnswers['turning']>>,
  log: Logger,
): Promise<void> {
  await pressed.deferUpdate();
  let shown: Awaited<ReturnType<typeof turning>>;
  try {
    shown = await turning();
  } catch (error) {
    log.error({ err: error, button: pressed.customId, guildId: pressed.guildId }, 'a page could not be turned');
    shown = { content: BROKEN, components: [] };
  }
  const { content, components } = shown;
  await pressed.editReply({ content: cut(content), components, allowedMentions: { parse: [] } });
}

function cut(text: string): string {
  return text.length > LONGEST_ANSWER ? `${text.slice(0, LONGEST_ANSWER - 1)}…` : text;
}

async function proposals<Context extends { readonly log: Logger }>(
  typing: AutocompleteInteraction,
  command: DispatchedCommand<Context> | undefined,
  context: Context,
): Promise<readonly ApplicationCommandOptionChoiceData[]> {
  if (!command?.autocomplete || !typing.inCachedGuild()) return [];
  try {
    const choices = await command.autocomplete(typing, context);
    return choices.slice(0, MOST_CHOICES);
  } catch (error) {
    context.log.error({ err: error, command: typing.commandName, guildId: typing.guildId }, 'an autocomplete failed');
    return [];
  }
}

function report(error: unknown, interaction: Interaction, log: Logger): void {
  const fields = { err: error, interactionId: interaction.id, guildId: interaction.guildId };
  // Each process answers an interaction once: whoever was first is another one.
  if (error instanceof DiscordAPIError && error.code === RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged) {
    log.warn(
      fields,
      'another process answers with the same token: stop it, or make a new token in the developer portal',
    );
  } else if (error instanceof DiscordAPIError && TOO_LATE.has(error.code)) log.debug(fields, 'an answer came too late');
  else log.warn(fields, 'an answer could not be sent');
}
