import { randomBytes } from 'node:crypto';
import { type ButtonInteraction, PermissionFlagsBits } from 'discord.js';
import { escapeName } from '../../lib/markdown.ts';
import type { MessageButton } from '../../ports/room.ts';
import type { ConfirmationAnswer, PressOutcome } from '../../ports/tools.ts';
import type { Person } from '../../ports/voice.ts';
import { nameIn } from '../guild/names.ts';
import { type ButtonRoutes, buttonId } from './buttons.ts';

/** Where presses go. */
interface Questions {
  press(id: string, by: Person, press: { readonly confirm: boolean; readonly keepsOrder: boolean }): PressOutcome;
}

/** The Confirm and Cancel buttons below a question. They end with the process: what waited for them has ended with it. */
export class ConfirmButtons {
  readonly #process = randomBytes(6).toString('hex');

  of(id: string): readonly MessageButton[] {
    return [
      { id: buttonId('confirm', this.#process, 'yes', id), label: 'Confirm' },
      { id: buttonId('confirm', this.#process, 'no', id), label: 'Cancel' },
    ];
  }

  /** Presses are handed over to `questions`. */
  routes(questions: Questions): Pick<ButtonRoutes, 'confirm'> {
    return { confirm: { press: (pressed, ...parts) => this.#press(questions, pressed, ...parts) } };
  }

  #press(
    questions: Questions,
    pressed: ButtonInteraction<'cached'>,
    process?: string,
    answer?: string,
    id = '',
  ): string {
    if (process !== this.#process) return 'I was restarted since then, so it was not done. Ask me again.';
    const by = { userId: pressed.user.id, name: nameIn(pressed.guild, pressed.user.id) };
    // The permissions that the interaction brings are those in the channel of the message.
    const { memberPermissions: may } = pressed;
    const keepsOrder = may.has(PermissionFlagsBits.ManageMessages) || may.has(PermissionFlagsBits.ModerateMembers);
    return this.#words(questions.press(id, by, { confirm: answer === 'yes', keepsOrder }));
  }

  #words(outcome: PressOutcome): string {
    switch (outcome.kind) {
      case 'taken':
        return outcome.confirmed ? 'Confirmed.' : 'I do not do it.';
      case 'not-yours': {
        const names = outcome.askers.map(({ name }) => escapeName(name)).join(', ') || 'nobody I know';
        return `Only who asked for it (${names}), or a moderator (Manage Messages or Timeout Members), can press this.`;
      }
      case 'over':
        return this.#overWords(outcome.answer);
      default:
        return outcome satisfies never;
    }
  }

  #overWords(answer: ConfirmationAnswer | null): string {
    switch (answer?.kind) {
      case 'confirmed':
        return `It was confirmed already, by ${escapeName(answer.by.name)}.`;
      case 'declined':
        return `${escapeName(answer.by.name)} said no already.`;
      case 'late':
        return 'It is too late: nobody confirmed it within 60 s. Ask me again.';
      case 'cancelled':
      case 'unasked':
      case undefined:
        return 'It is over already: nothing waits for this any more.';
      default:
        return answer satisfies never;
    }
  }
}
