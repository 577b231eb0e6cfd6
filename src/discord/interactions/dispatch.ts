import { setTimeout as wait } from 'node:timers/promises';
import {
  type ApplicationCommandOptionChoiceData,
  type AutocompleteInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type Client,
  type Interaction,
  MessageFlags,
} from 'discord.js';
import type { Logger } from 'pino';
import { orAborted } from '../../lib/or-aborted.ts';
import { BusyError } from '../../ports/errors.ts';
import { verdictOf } from '../rest/verdict.ts';
import { rowOf } from '../text/text-channel.ts';
import { acknowledge, isAlreadyAcknowledged, shownResponse } from './acknowledgement.ts';
import { type Answer, type Asking, BROKEN, InteractionAnswer, type Shown } from './answer.ts';
import { type ButtonRoutes, routeOf } from './buttons.ts';
import { InteractionIntake } from './intake.ts';
import { PagedAnswers } from './paged-answers.ts';
import { reportUnsent } from './unsent-answer.ts';

/** https://docs.discord.com/developers/interactions/application-commands#autocomplete */
const MOST_CHOICES = 25;
/** Discord waits 3 s for them. */
const CHOICES_MS = 2_000;
const UNKNOWN_BUTTON = 'I do not know this button any more.';
const TOO_EARLY = 'I was only just starting. Please press the button again.';
/** Another process that answers gives its answer, or says that it takes longer, within this. */
const OTHER_MS = 8_500;
const UNDER_WAY_MS = 700;
const OTHER =
  'Another process with my token took this from me, and did not answer. Whoever runs me has to stop one of the two.';
const SERVERS_ONLY = 'I only work on servers that I am a member of. Invite me there, then try again.';

/** A command as the dispatch needs it; commands/command.ts is its full form. */
export interface DispatchedCommand<Context> {
  readonly data: { readonly name: string };
  execute(asked: ChatInputCommandInteraction<'cached'>, context: Context): Promise<Answer>;
  /** In a direct message with the bot; absent: it works on servers alone. */
  executeDirectly?(asked: ChatInputCommandInteraction, context: Context): Promise<Answer>;
  autocomplete?(
    typing: AutocompleteInteraction<'cached'>,
    context: Context,
  ): Promise<readonly ApplicationCommandOptionChoiceData[]>;
}

/**
 * Runs commands and buttons as people use them, until the client is destroyed. No error of theirs gets out of here.
 * `buttons`: the row of each kind of button but of those that turn pages; a press without a row is answered neutrally.
 */
export function dispatchCommands<Context extends Needed>(
  client: Client,
  commands: readonly DispatchedCommand<Context>[],
  context: Context,
  buttons: Partial<Omit<ButtonRoutes, 'page'>> = {},
  means: DispatchMeans = {},
): void {
  const { intake = new InteractionIntake({ client, log: context.log }), progressMs } = means;
  const byName = new Map(commands.map((command) => [command.data.name, command]));
  const paged = new PagedAnswers();
  const around = { byName, context, buttons: { ...buttons, ...paged.routes }, paged, intake, progressMs };
  intake.open((interaction) =>
    respond(interaction, around).catch((error: unknown) => reportUnsent(error, interaction, context.log)),
  );
}

/** What the dispatch itself takes from the context. `storage`: whether the database works. */
interface Needed {
  readonly log: Logger;
  readonly storage?: { readonly trouble: { readonly reason: string } | undefined };
}

/** What the dispatch is given beside the commands. */
export interface DispatchMeans {
  /** Made before the client logged in, where it is logged in already. */
  readonly intake?: InteractionIntake;
  /** After this people are told that an answer takes longer; only tests need another. */
  readonly progressMs?: number | undefined;
}

interface Around<Context> {
  readonly byName: ReadonlyMap<string, DispatchedCommand<Context>>;
  readonly context: Context;
  readonly buttons: Partial<ButtonRoutes>;
  readonly paged: PagedAnswers;
  readonly intake: InteractionIntake;
  readonly progressMs: number | undefined;
}

async function respond<Context extends Needed>(interaction: Interaction, around: Around<Context>): Promise<void> {
  const { byName: commands, context, buttons, paged, intake, progressMs } = around;
  if (interaction.isAutocomplete()) {
    const choices = await proposals(interaction, commands.get(interaction.commandName), context);
    await acknowledge({ deferred: false }, { respond: () => interaction.respond(choices) });
    return;
  }
  if (!interaction.isChatInputCommand() && !interaction.isButton() && !interaction.isModalSubmit()) return;
  if (!interaction.inCachedGuild()) {
    if (interaction.guildId !== null || !(await respondDirectly(interaction, around))) {
      await say(interaction, SERVERS_ONLY, context.log);
    }
    return;
  }
  const means = { paged, intake, context, progressMs };
  if (interaction.isButton()) {
    const { route, parts } = routeOf(buttons, interaction.customId);
    const turning = route.turn?.(interaction, ...parts);
    const form = route.form?.(interaction, ...parts);
    const pressed = async () => (await route.press?.(interaction, ...parts)) ?? UNKNOWN_BUTTON;
    if (turning) await turnPage(interaction, turning, context);
    else if (form && interaction.deferred) await say(interaction, TOO_EARLY, context.log);
    else if (form) await acknowledge(interaction, { respond: () => interaction.showModal(form) });
    else await answer(interaction, pressed, means);
    return;
  }
  if (interaction.isModalSubmit()) {
    const { route, parts } = routeOf(buttons, interaction.customId);
    const submitted = async () => (await route.submit?.(interaction, ...parts)) ?? UNKNOWN_BUTTON;
    await answer(interaction, submitted, means);
    return;
  }
  const command = commands.get(interaction.commandName);
  if (!command) {
    const content = `I do not know \`/${interaction.commandName}\` any more. Restart Discord to see my commands as they are now.`;
    await say(interaction, content, context.log);
    return;
  }
  await answer(interaction, () => command.execute(interaction, context), means);
}

/** In a direct message. False: there is nothing that works there. */
async function respondDirectly<Context extends Needed>(interaction: Asking, around: Around<Context>): Promise<boolean> {
  const { byName: commands, context, buttons } = around;
  if (interaction.isButton()) {
    const { route, parts } = routeOf(buttons, interaction.customId);
    const pressed = async () => (await route.pressDirectly?.(interaction, ...parts)) ?? UNKNOWN_BUTTON;
    await answer(interaction, pressed, around);
    return true;
  }
  const command = interaction.isChatInputCommand() ? commands.get(interaction.commandName) : undefined;
  if (!command?.executeDirectly || !interaction.isChatInputCommand()) return false;
  await answer(interaction, async () => command.executeDirectly?.(interaction, context) ?? SERVERS_ONLY, around);
  return true;
}

async function answer(
  asked: Asking,
  execute: () => Promise<Answer>,
  { paged, intake, context, progressMs }: Pick<Around<Needed>, 'paged' | 'intake' | 'context' | 'progressMs'>,
): Promise<void> {
  const { log } = context;
  // Discord gives three seconds for this, and fixes here that only the asker may read the answer.
  await deferred(asked, () => asked.deferReply({ flags: MessageFlags.Ephemeral }), log);
  const what = asked.isChatInputCommand() ? { command: asked.commandName } : { button: asked.customId };
  const make = async (): Promise<Shown> => {
    const given = await orAborted<Answer, string>(execute(), intake.interruption);
    if (typeof given === 'string') return { content: given };
    if ('pages' in given) return paged.open(asked.user.id, given.pages);
    const { content, files, buttons } = given;
    return { content, files, ...(buttons && { components: rowOf(buttons) }) };
  };
  const made = make().catch((error: unknown): Shown => {
    if (error instanceof BusyError) return { content: error.message };
    log.error({ err: error, ...what, guildId: asked.guildId }, 'a command failed');
    return { content: intake.refusal ?? brokenText(context) };
  });
  await new InteractionAnswer(asked, log, progressMs).give(made);
}

/** Another page takes the place of the one that is shown. */
async function turnPage(
  pressed: ButtonInteraction<'cached'>,
  turning: () => Promise<Shown>,
  context: Needed,
): Promise<void> {
  await deferred(pressed, () => pressed.deferUpdate(), context.log);
  const shown = turning().catch((error: unknown): Shown => {
    context.log.error({ err: error, button: pressed.customId, guildId: pressed.guildId }, 'a page could not be turned');
    return { content: brokenText(context), components: [] };
  });
  await new InteractionAnswer(pressed, context.log).give(shown);
}

/** Rejects where Discord refused it. Where nobody knows whether it came, "thinking…" may stand there: that is answered. */
async function deferred(asked: Asking, defer: () => Promise<unknown>, log: Logger): Promise<void> {
  if (asked.deferred) return;
  const { client, applicationId: application, token } = asked;
  const place = { application, token };
  try {
    const isThere = async () => (await shownResponse(client.rest, place)) !== 'none';
    await acknowledge(asked, { respond: defer, isThere });
  } catch (error) {
    if (isAlreadyAcknowledged(error)) await tellOfOther(asked, log);
    if (verdictOf(error) !== 'lost') throw error;
    log.warn(
      { err: error, interactionId: asked.id, guildId: asked.guildId },
      'Discord did not say that it took a deferral',
    );
    // What is still on its way is there by then, or comes after Discord's three seconds: no answer is taken before it.
    await wait(UNDER_WAY_MS, undefined, { ref: false });
  }
}

/** Whoever else acknowledged it should have answered by now; where nobody did, somebody looks at "thinking…". */
async function tellOfOther(asked: Asking, log: Logger): Promise<void> {
  const { client, applicationId: application, token } = asked;
  await wait(OTHER_MS, undefined, { ref: false });
  if ((await shownResponse(client.rest, { application, token })) !== 'thinking') return;
  await new InteractionAnswer(asked, log).give(Promise.resolve({ content: OTHER }));
}

/** What somebody reads whose wish failed: the database's trouble where it has one, since that is hardly another's fault. */
function brokenText({ storage }: Needed): string {
  const reason = storage?.trouble?.reason;
  if (reason === undefined) return BROKEN;
  return `I could not do that: ${reason}. Please try again once it works, as \`/status\` says, and tell whoever runs me.`;
}

/** Text alone, also where "thinking…" is shown already. */
async function say(interaction: Asking, content: string, log: Logger): Promise<void> {
  if (interaction.deferred) await new InteractionAnswer(interaction, log).give(Promise.resolve({ content }));
  else {
    const respond = () => interaction.reply({ content, flags: MessageFlags.Ephemeral });
    await acknowledge(interaction, { respond });
  }
}

async function proposals<Context extends Needed>(
  typing: AutocompleteInteraction,
  command: DispatchedCommand<Context> | undefined,
  context: Context,
): Promise<readonly ApplicationCommandOptionChoiceData[]> {
  if (!command?.autocomplete || !typing.inCachedGuild()) return [];
  const inTime = new AbortController();
  const late = wait(CHOICES_MS, [], { signal: inTime.signal });
  late.catch(() => {});
  try {
    const choices = await Promise.race([command.autocomplete(typing, context), late]);
    return choices.slice(0, MOST_CHOICES);
  } catch (error) {
    context.log.error({ err: error, command: typing.commandName, guildId: typing.guildId }, 'an autocomplete failed');
    return [];
  } finally {
    inTime.abort();
  }
}
