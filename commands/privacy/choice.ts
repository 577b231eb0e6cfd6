import type { ConsentChoice } from '../../src/ports/consent.ts';
import type { Asked, CommandContext } from '../command.ts';
import type { PrivacyPart } from './subcommand.ts';

const DONE: Readonly<Record<ConsentChoice, string>> = {
  out: 'I do not hear you any more on this server, from now on: not here, not in other channels, not after a restart. If you were just speaking, that is dropped. What you said before is still in the record; `/privacy forget` deletes it. What you type to me with `/ask` I still read. `/privacy in` changes it back.',
  in: 'I hear you on this server from now on. `/privacy out` takes it back at once.',
};

const AGAIN: Readonly<Record<ConsentChoice, string>> = {
  out: 'I do not hear you anyway on this server. It stays so, also if the server changes its rules. `/privacy in` changes it.',
  in: 'I hear you anyway on this server. It stays so, also if the server changes its rules. `/privacy out` changes it.',
};

/** Not to be heard any more. */
export const privacyOut: PrivacyPart = {
  name: 'out',
  describe: (sub) => sub.setDescription('I stop hearing you on this server, at once'),
  execute: (asked, context) => choose(asked, context, 'out'),
};

/** To be heard. */
export const privacyIn: PrivacyPart = {
  name: 'in',
  describe: (sub) => sub.setDescription('I may hear you on this server'),
  execute: (asked, context) => choose(asked, context, 'in'),
};

async function choose({ guildId, user }: Asked, { consent, log }: CommandContext, choice: ConsentChoice) {
  const before = consent.mayHear(guildId, user.id);
  try {
    await consent.choose(guildId, user.id, choice);
  } catch (error) {
    log.error({ err: error, guildId }, 'a choice about being heard could not be written');
    return `${DONE[choice]} **But I could not write it down** yet. I go on trying; if I am restarted before that, say it again. Please tell whoever runs me.`;
  }
  return (before ? 'in' : 'out') === choice ? AGAIN[choice] : DONE[choice];
}
