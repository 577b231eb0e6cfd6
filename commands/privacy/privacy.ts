import { InteractionContextType } from 'discord.js';
import type { Command } from '../command.ts';
import { guildCommand } from '../guild-command.ts';
import { privacyAbout } from './about.ts';
import { privacyIn, privacyOut } from './choice.ts';
import { privacyDirectly } from './direct.ts';
import { privacyMode } from './mode.ts';
import { privacyExport, privacyForget, privacyShow } from './own-data.ts';
import type { PrivacyPart } from './subcommand.ts';

const PARTS: readonly PrivacyPart[] = [
  privacyOut,
  privacyIn,
  privacyAbout,
  privacyShow,
  privacyExport,
  privacyForget,
  privacyMode,
];

/** Whether somebody is heard, and what is kept of them. */
export const privacy: Command = {
  data: PARTS.reduce(
    (command, part) => {
      command.addSubcommand((sub) => part.describe(sub.setName(part.name)));
      return command;
    },
    // Whoever left a server can ask for it in a direct message.
    guildCommand('privacy', 'Whether I hear you, and what I keep of you').setContexts(
      InteractionContextType.Guild,
      InteractionContextType.BotDM,
    ),
  ),

  async execute(asked, context) {
    const chosen = asked.options.getSubcommand();
    const part = PARTS.find(({ name }) => name === chosen);
    return part?.execute(asked, context) ?? 'I do not know that. `/privacy about` says what there is.';
  },

  executeDirectly: privacyDirectly,
};
