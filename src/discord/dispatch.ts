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
  RESTJSONErrorCodes,
} from 'discord.js';
import type { Logger } from 'pino';
import type { MessageButton } from '../bridge/room-ports.ts';
import { rowOf } from './text-channel.ts';

/** https://docs.discord.com/developers/resources/message#create-message */
const LONGEST_ANSWER = 2000;
/** https://docs.discord.com/developers/interactions/application-commands#autocomplete */
const MOST_CHOICES = 25;
const BROKEN = 'Something went wrong on my side. It is in my log; please try again in a moment.';
const UNKNOWN_BUTTON = 'I do not know this button any more.';
const SERVERS_ONLY = 'I only work on servers that I am a member of. Invite me there, then try again.';

/** The interaction is too old, already answered, or its message is gone: nobody can be told any more. */
const TOO_LATE: ReadonlySet<string | number> = new Set([
  RESTJSONErrorCodes.UnknownInteraction,
  RESTJSONErrorCodes.UnknownWebhook,
  RESTJSONErrorCodes.InvalidWebhookToken,
  RESTJSONErrorCodes.UnknownMessage,
]);

/** Text for people, or with files and buttons. */
type Answer =
  | string
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

/**
 * Runs commands and buttons as people use them, until the client is destroyed. Nothing that they do gets out of here.
 */
export function dispatchCommands<Context extends { readonly log: Logger }>(
  client: Client,
  commands: readonly DispatchedCommand<Context>[],
  context: Context,
  press: Press = () => undefined,
): void {
  const byName = new Map(commands.map((command) => [command.data.name, command]));
  client.on(Events.InteractionCreate, (interaction) => {
    respond(interaction, byName, context, press).catch((error: unknown) => report(error, interaction, context.log));
  });
}

async function respond<Context extends { readonly log: Logger }>(
  interaction: Interaction,
  commands: ReadonlyMap<string, DispatchedCommand<Context>>,
  context: Context,
  press: Press,
): Promise<void> {
  if (interaction.isAutocomplete()) {
    await interaction.respond(await proposals(interaction, commands.get(interaction.commandName), context));
    return;
  }
  if (!interaction.isChatInputCommand() && !interaction.isButton()) return;
  if (!interaction.inCachedGuild()) {
    await interaction.reply({ content: SERVERS_ONLY, flags: MessageFlags.Ephemeral });
    return;
  }
  if (interaction.isButton()) {
    await answer(interaction, async () => (await press(interaction)) ?? UNKNOWN_BUTTON, context.log);
    return;
  }
  const command = commands.get(interaction.commandName);
  if (!command) {
    const content = `I do not know \`/${interaction.commandName}\` any more. Restart Discord to see my commands as they are now.`;
    await interaction.reply({ content, flags: MessageFlags.Ephemeral });
    return;
  }
  await answer(interaction, () => command.execute(interaction, context), context.log);
}

async function answer(
  asked: ChatInputCommandInteraction<'cached'> | ButtonInteraction<'cached'>,
  execute: () => Promise<Answer>,
  log: Logger,
): Promise<void> {
  // Discord gives three seconds for this, and fixes here that only the asker may read the answer.
  await asked.deferReply({ flags: MessageFlags.Ephemeral });
  let given: Answer;
  try {
    given = await execute();
  } catch (error) {
    const what = asked.isButton() ? { button: asked.customId } : { command: asked.commandName };
    log.error({ err: error, ...what, guildId: asked.guildId }, 'a command failed');
    given = BROKEN;
  }
  const { content: text, files, buttons = [] } = typeof given === 'string' ? { content: given, files: [] } : given;
  const content = text.length > LONGEST_ANSWER ? `${text.slice(0, LONGEST_ANSWER - 1)}…` : text;
  const attached = files.map(({ name, bytes }) => ({ name, attachment: bytes }));
  await asked.editReply({
    content,
    files: attached,
    components: rowOf(buttons),
    allowedMentions: { parse: [] },
    flags: MessageFlags.SuppressEmbeds,
  });
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
