import {
  type ButtonInteraction,
  LabelBuilder,
  ModalBuilder,
  type ModalSubmitInteraction,
  PermissionFlagsBits,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js';
import type { MessageButton } from '../../ports/room.ts';
import type { RuleCard } from '../../ports/rules.ts';
import type { Person } from '../../ports/voice.ts';
import { nameIn } from '../guild/names.ts';
import { type ButtonRoutes, buttonId } from './buttons.ts';

const { ManageMessages, ModerateMembers, ManageGuild } = PermissionFlagsBits;
const WORDS = 'words';
const LONGEST_NOTE = 500;
const NOT_YOURS = 'Only moderators (Manage Messages, Timeout Members or Manage Server) can press this.';
const KINDS = ['dismiss', 'note', 'mute', 'timeout'] as const;
type Kind = (typeof KINDS)[number];

/** What presses act on. */
interface Cards {
  act(
    guildId: string,
    id: number,
    wish: { readonly kind: Exclude<Kind, 'note'> } | { readonly kind: 'note'; readonly text: string },
    by: Person,
  ): Promise<string>;
}

/** The buttons of a card. They name the card in the database, so they outlive the process. */
export function ruleButtons({ id, deeds, userId }: RuleCard): readonly MessageButton[] {
  if (deeds.some(({ kind }) => kind === 'dismissed')) return [];
  const acts = [
    { id: buttonId('rule', 'mute', String(id)), label: 'Mute' },
    { id: buttonId('rule', 'timeout', String(id)), label: 'Time out 10 min' },
  ];
  const always = [
    { id: buttonId('rule', 'dismiss', String(id)), label: 'Dismiss' },
    { id: buttonId('rule', 'note', String(id)), label: 'Note' },
  ];
  return userId === null ? always : [...always, ...acts];
}

/** What the buttons do to `cards`. */
export function ruleRoutes(cards: Cards): Pick<ButtonRoutes, 'rule'> {
  const press = (
    pressed: ButtonInteraction<'cached'> | ModalSubmitInteraction<'cached'>,
    ...parts: string[]
  ): Promise<string | undefined> => pressRuleButton(cards, pressed, ...parts);
  return { rule: { form: noteForm, press, submit: press } };
}

/** The form that a press of Note opens; undefined where the press is answered otherwise. */
function noteForm(pressed: ButtonInteraction<'cached'>, ...parts: string[]): ModalBuilder | undefined {
  const card = cardOf(...parts);
  if (card?.kind !== 'note' || !mayPress(pressed)) return undefined;
  const input = new TextInputBuilder().setCustomId(WORDS).setStyle(TextInputStyle.Paragraph).setMaxLength(LONGEST_NOTE);
  const label = new LabelBuilder().setLabel('What other moderators should know').setTextInputComponent(input);
  return new ModalBuilder().setCustomId(pressed.customId).setTitle('Note on this card').addLabelComponents(label);
}

/** Does what a button or its form is for; gives the answer for the person. undefined: it is none of these. */
async function pressRuleButton(
  cards: Cards,
  pressed: ButtonInteraction<'cached'> | ModalSubmitInteraction<'cached'>,
  ...parts: string[]
): Promise<string | undefined> {
  const card = cardOf(...parts);
  if (!card) return undefined;
  if (!mayPress(pressed)) return NOT_YOURS;
  const by = { userId: pressed.user.id, name: nameIn(pressed.guild, pressed.user.id) };
  if (card.kind !== 'note') return cards.act(pressed.guildId, card.id, { kind: card.kind }, by);
  if (!pressed.isModalSubmit()) return undefined;
  const text = pressed.fields.getTextInputValue(WORDS).trim().slice(0, LONGEST_NOTE).toWellFormed();
  if (text === '') return 'The note was empty, so I left it out.';
  return cards.act(pressed.guildId, card.id, { kind: 'note', text }, by);
}

function cardOf(kind?: string, id = ''): { readonly kind: Kind; readonly id: number } | undefined {
  const known = KINDS.find((one) => one === kind);
  return known && /^\d{1,15}$/.test(id) ? { kind: known, id: Number(id) } : undefined;
}

/** By the permissions that the interaction brings: those in the channel of the card, as Discord knows them now. */
function mayPress({ memberPermissions }: ButtonInteraction<'cached'> | ModalSubmitInteraction<'cached'>): boolean {
  return memberPermissions?.any([ManageMessages, ModerateMembers, ManageGuild]) ?? false;
}
