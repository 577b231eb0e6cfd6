import { PermissionFlagsBits } from 'discord.js';
import type { ConsentMode } from '../../src/ports/consent.ts';
import type { PrivacyPart } from './subcommand.ts';

const DONE: Readonly<Record<ConsentMode, string>> = {
  'opt-out': 'From now on I hear everybody who has not said `/privacy out`.',
  'opt-in': 'From now on I hear only people who said `/privacy in`.',
};

/** Who is heard of those who have not chosen. */
export const privacyMode: PrivacyPart = {
  name: 'mode',
  describe: (sub) =>
    sub
      .setDescription('Whom I hear on this server (needs Manage Server)')
      .addStringOption((option) =>
        option
          .setName('mode')
          .setDescription('What goes for people who have not chosen themselves')
          .addChoices(
            { name: 'opt-out: everybody who has not said no', value: 'opt-out' },
            { name: 'opt-in: only people who said yes', value: 'opt-in' },
          )
          .setRequired(true),
      ),

  async execute(asked, { consent, log }) {
    // Discord can only gate whole commands, and the rest of this one is for everybody.
    if (!asked.memberPermissions.has(PermissionFlagsBits.ManageGuild)) {
      return 'Only people with **Manage Server** choose whom I hear on this server. For yourself, use `/privacy in` or `/privacy out`.';
    }
    const mode: ConsentMode = asked.options.getString('mode', true) === 'opt-in' ? 'opt-in' : 'opt-out';
    const done = `${DONE[mode]} What people chose for themselves stays as it is.`;
    try {
      await consent.setMode(asked.guildId, mode);
      return done;
    } catch (error) {
      log.error({ err: error, guildId: asked.guildId }, 'whom a server lets be heard could not be written');
      return `${done} **But I could not write it down** yet. I go on trying; if I am restarted before that, choose it again. Please tell whoever runs me.`;
    }
  },
};
