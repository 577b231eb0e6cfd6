import { randomBytes } from 'node:crypto';
import { type ButtonInteraction, PermissionFlagsBits } from 'discord.js';
import type { Bridges, CancelOutcome } from '../bridge/bridge-ports.ts';
import type { MessageButton } from '../bridge/ports.ts';

const ANSWERS: Readonly<Record<CancelOutcome, string>> = {
  cancelled: 'I cancelled it.',
  'not-yours': 'Only the person who asked for it, or somebody who may manage messages here, can cancel it.',
  over: 'It is over already.',
};

/** The buttons below the posts of tools. They end with the process: what they would stop has ended with it. */
export class ToolButtons {
  readonly #process = randomBytes(6).toString('hex');

  /** Cancels the call of this cancelId (BridgeEvent tool-started). */
  cancel(cancelId: string): MessageButton {
    return { id: `tool-cancel/${this.#process}/${cancelId}`, label: 'Cancel' };
  }

  /** Does what the button is for; gives the answer for the person. undefined: it is none of these buttons. */
  press(pressed: ButtonInteraction<'cached'>, bridges: Pick<Bridges, 'find'>): string | undefined {
    const [kind, process, cancelId = ''] = pressed.customId.split('/');
    if (kind !== 'tool-cancel') return undefined;
    if (process !== this.#process) return 'I was restarted since then: that call is gone.';
    const by = { userId: pressed.user.id, name: pressed.member.displayName };
    // The permissions that the interaction brings are those in the channel of the message.
    const keepsOrder = pressed.memberPermissions.has(PermissionFlagsBits.ManageMessages);
    return ANSWERS[bridges.find(pressed.guildId)?.cancelTool(cancelId, by, keepsOrder) ?? 'over'];
  }
}
