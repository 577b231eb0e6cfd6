import { randomBytes } from 'node:crypto';
import { type ButtonInteraction, PermissionFlagsBits } from 'discord.js';
import type { Bridges, CancelOutcome } from '../../ports/conversation.ts';
import type { MessageButton } from '../../ports/room.ts';
import type { Person } from '../../ports/voice.ts';
import { nameIn } from '../guild/names.ts';

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
    return { id: `tool-cancel/${this.#process}/${cancelId}`, label: 'Cancel' };
  }

  /** Runs the call of this againId (BridgeEvent tool-ended) once more. */
  again(againId: string): MessageButton {
    return { id: `tool-again/${this.#process}/${againId}`, label: 'Run again' };
  }

  /** Does what the button is for; gives the answer for the person. undefined: it is none of these buttons. */
  async press(pressed: ButtonInteraction<'cached'>, { bridges, runAgain }: ButtonTargets): Promise<string | undefined> {
    const [kind, process, id = ''] = pressed.customId.split('/');
    if (kind !== 'tool-cancel' && kind !== 'tool-again') return undefined;
    if (process !== this.#process) {
      return kind === 'tool-cancel'
        ? 'I was restarted since then: that call is gone.'
        : 'I was restarted since then and do not remember that call. Ask me again.';
    }
    const by = { userId: pressed.user.id, name: nameIn(pressed.guild, pressed.user.id) };
    if (kind === 'tool-again') return runAgain.press(id, by, pressed);
    // The permissions that the interaction brings are those in the channel of the message.
    const keepsOrder = pressed.memberPermissions.has(PermissionFlagsBits.ManageMessages);
    const outcome = bridges.find(pressed.guildId)?.cancelTool(id, by, keepsOrder) ?? 'over';
    return ANSWERS[outcome === 'over' ? runAgain.cancel(id, by, keepsOrder) : outcome];
  }
}
