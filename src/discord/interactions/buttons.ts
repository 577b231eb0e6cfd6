import type { ButtonInteraction, ModalBuilder, ModalSubmitInteraction } from 'discord.js';
import type { Answer, Shown } from './answer.ts';

/**
 * The kinds of buttons: the first part of a custom id, which goes on with `/` and parts of its own. Buttons of posts from
 * before an update are still pressed, so a kind never changes.
 */
export const BUTTON_KINDS = [
  'confirm',
  'page',
  'privacy-forget',
  'privacy-forget-on',
  'private-answer',
  'reminder-end',
  'rule',
  'tool-again',
  'tool-cancel',
] as const;
export type ButtonKind = (typeof BUTTON_KINDS)[number];

/**
 * What the buttons of one kind do. `parts`: those of the custom id after its kind, as Discord brings them: untrusted.
 * Each gives undefined where the press is none that it knows.
 */
export interface ButtonRoute {
  /** On a server. Gives the answer for who pressed. */
  press?(pressed: ButtonInteraction<'cached'>, ...parts: string[]): Answer | undefined | Promise<Answer | undefined>;
  /** In a direct message with the bot. Gives the answer for who pressed. */
  pressDirectly?(pressed: ButtonInteraction, ...parts: string[]): Promise<string | undefined>;
  /** A form instead of an answer. Given at once, since Discord waits three seconds. */
  form?(pressed: ButtonInteraction<'cached'>, ...parts: string[]): ModalBuilder | undefined;
  /** What becomes of that form, which has the custom id of its button. Gives the answer for who sent it. */
  submit?(sent: ModalSubmitInteraction<'cached'>, ...parts: string[]): Promise<string | undefined>;
  /** What takes the place of the message below which the button stands. */
  turn?(pressed: ButtonInteraction<'cached'>, ...parts: string[]): () => Promise<Shown>;
}

/** One row for each kind of button. */
export type ButtonRoutes = Readonly<Record<ButtonKind, ButtonRoute>>;

/** The custom id of a button. */
export function buttonId(kind: ButtonKind, ...parts: readonly string[]): string {
  return [kind, ...parts].join('/');
}

/** The row for a custom id and the parts for it. A kind without a row has an empty one. */
export function routeOf(
  routes: Partial<ButtonRoutes>,
  customId: string,
): { readonly route: ButtonRoute; readonly parts: string[] } {
  const [first, ...parts] = customId.split('/');
  const kind = BUTTON_KINDS.find((one) => one === first);
  return { route: (kind && routes[kind]) ?? {}, parts };
}
