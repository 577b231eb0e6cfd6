import { randomBytes } from 'node:crypto';
import { type ButtonInteraction, PermissionFlagsBits } from 'discord.js';
import type { Bridges, CancelOutcome } from '../../ports/conversation.ts';
import type { MessageButton } from '../../ports/room.ts';
import type { Person } from '../../ports/voice.ts';
import { nameIn } from '../guild/names.ts';
import { type ButtonRoutes, buttonId } from './buttons.ts';

const ANSWERS: Readonly<Record<CancelOutcome, string>> = {
  cancelled: 'I cancelled it.',
  'not-yours': 'Only the person who asked for it, or somebody who may manage messages here, can cancel it.',
  over: 'It is over already.',
};

/** What the buttons act on. */
export interface ButtonTargets {
  readonly bridges: Pick<Bridges, 'find'>;
  readonly runAgain: {
    press(againId: string, by: Person, pressed: ButtonInteraction<'cached'>): Promise<string>;
    cancel(cancelId: string, by: Person, keepsOrder: boolean): CancelOutcome;
  };
}

/** The buttons below the posts of tools. They end with the process: what they would stop has ended with it. */
export class ToolButtons {
  readonly #process = randomBytes(6).toString('hex');

  /** Cancels the call of this cancelId (BridgeEvent tool-started). */
  cancel(cancelId: string): MessageButton {
    return { id: buttonId('tool-cancel', this.#process, cancelId), label: 'Cancel' };
  }

  /** Runs the call of this againId (BridgeEvent tool-ended) once more. */
  again(againId: string): MessageButton {
    return { id: buttonId('tool-again', this.#process, againId), label: 'Run again' };
  }

  /** What the buttons do to `targets`. */
  routes(targets: ButtonTargets): Pick<ButtonRoutes, 'tool-cancel' | 'tool-again'> {
    return {
      'tool-cancel': { press: (pressed, ...parts) => this.#pressCancel(targets, pressed, ...parts) },
      'tool-again': { press: (pressed, ...parts) => this.#pressAgain(targets, pressed, ...parts) },
    };
  }

  async #pressAgain(
    { runAgain }: ButtonTargets,
    pressed: ButtonInteraction<'cached'>,
    process?: string,
    id = '',
  ): Promise<string> {
    if (process !== this.#process) {
      return 'I was restarted since then and do not remember that call. Ask me again.';
    }
    return runAgain.press(id, byOf(pressed), pressed);
  }

  #pressCancel(
    { bridges, runAgain }: ButtonTargets,
    pressed: ButtonInteraction<'cached'>,
    process?: string,
    id = '',
  ): string {
    if (process !== this.#process) return 'I was restarted since then: that call is gone.';
    const by = byOf(pressed);
    // The permissions that the interaction brings are those in the channel of the message.
    const keepsOrder = pressed.memberPermissions.has(PermissionFlagsBits.ManageMessages);
    const outcome = bridges.find(pressed.guildId)?.cancelTool(id, by, keepsOrder) ?? 'over';
    return ANSWERS[outcome === 'over' ? runAgain.cancel(id, by, keepsOrder) : outcome];
  }
}

function byOf({ guild, user }: ButtonInteraction<'cached'>): Person {
  return { userId: user.id, name: nameIn(guild, user.id) };
}
