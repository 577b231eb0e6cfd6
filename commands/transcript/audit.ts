import type { AuditedAct, KeptAuditNote } from '../../src/ports/reading.ts';
import type { Asked, CommandAnswer, CommandContext } from '../command.ts';
import { counted, plain } from '../text.ts';

/** As many as fit. */
const MOST_PER_PAGE = 12;
const ROOM = 1_900;
const LONGEST_WHAT = 200;
const ACTS: Readonly<Record<AuditedAct, string>> = {
  search: 'searched',
  summary: 'had summed up',
  missed: 'asked what they missed',
  export: 'exported',
  tool: 'had me search by voice',
};

/** Who read what was said, the newest first, in pages. */
export function audited(asked: Asked, { audit }: CommandContext): CommandAnswer {
  const { guildId } = asked;
  const cursors: (number | undefined)[] = [undefined];
  return {
    pages: async (at) => {
      const before = cursors[at];
      const notes = await audit.page({ guildId, limit: MOST_PER_PAGE + 1, ...(before !== undefined && { before }) });
      const shown = fitting(notes.slice(0, MOST_PER_PAGE));
      cursors[at + 1] = shown.at(-1)?.id;
      const content = shown.map(noteWords).join('\n') || 'Nobody has read what was said here, as far as I know.';
      return { content, more: notes.length > shown.length };
    },
  };
}

/** The first ones that have room in a message: whoever has a long name hides nobody. */
function fitting(notes: readonly KeptAuditNote[]): readonly KeptAuditNote[] {
  let room = ROOM;
  const over = notes.findIndex((note, at) => {
    room -= noteWords(note).length + 1;
    return room < 0 && at > 0;
  });
  return over < 0 ? notes : notes.slice(0, over);
}

function noteWords({ at, by, act, what, lines }: KeptAuditNote): string {
  const who = `**${plain(by.name, 32)}** (\`${by.userId}\`)`;
  return `<t:${Math.floor(at / 1_000)}:f> ${who} ${ACTS[act] ?? 'read'}: ${plain(what, LONGEST_WHAT)} (${counted(lines, 'line')})`;
}
