import type { Decision } from '../src/ports/tools.ts';
import type { Command } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { listening } from './permissions.ts';
import { listed, plain } from './text.ts';
import { storyWords } from './why-text.ts';

/** Nobody scrolls further back in one answer. */
const SHOWN = 10;
const LONGEST = 1_900;

/** What became of the last turns, and why something was done or refused: whom I heard, answered or not, and how fast. */
export const why: Command = {
  data: guildCommand('why', 'Why I answered or did not, and did something or refused to, in this conversation'),

  async execute(asked, { bridges, decisions, readers }) {
    const stays = decisions.of(asked.guildId);
    const present = stays.at(-1);
    if (!present) return 'I was in no conversation on this server since I was started.';
    // Whoever could not have listened does not learn here what was wanted: also of where the bot was before it was moved.
    const hears = await listening(asked, readers);
    if (!(await hears(bridges.find(asked.guildId)?.channelId ?? present.channelId))) {
      return 'You may not listen in the voice channel of that conversation.';
    }
    const heard = await Promise.all(stays.map(({ channelId }) => hears(channelId)));
    const told = stays
      .filter((_, at) => heard[at])
      .flatMap(({ turns, decisions: made }) => [
        ...turns.map((story) => ({ at: story.at, text: storyWords(story) })),
        ...made
          .filter(({ only = asked.user.id }) => only === asked.user.id)
          .map(({ at, decision }) => ({ at, text: words(decision) })),
      ]);
    if (told.length === 0) return 'Nothing has been decided in this conversation yet: nobody spoke or wanted a tool.';
    const lines = told
      .sort((one, other) => one.at - other.at)
      .slice(-SHOWN)
      .map(({ at, text }) => `<t:${Math.floor(at / 1_000)}:T> ${text}`);
    while (lines.length > 1 && lines.join('\n').length > LONGEST) lines.shift();
    return lines.join('\n');
  },
};

function words(decision: Decision): string {
  switch (decision.kind) {
    case 'tool': {
      const names = decision.askers.map(({ name }) => `**${plain(name, 40)}**`);
      const people = decision.certain || names.length === 0 ? names : [...names, 'somebody unknown'];
      const who = people.length === 0 ? 'Somebody unknown' : listed(people);
      return `${who} asked for ${plain(decision.what, 120)}: ${decision.outcome}. ${plain(decision.because, 300)}`;
    }
    default:
      return decision.kind satisfies never;
  }
}
