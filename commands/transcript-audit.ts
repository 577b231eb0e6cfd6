import type { AuditedAct, KeptAuditNote } from '../src/bridge/reading-ports.ts';
import type { Asked, CommandAnswer, CommandContext } from './command.ts';
import { counted, plain } from './words.ts';

const PER_PAGE = 8;
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
      const notes = await audit.page({ guildId, limit: PER_PAGE + 1, ...(before !== undefined && { before }) });
      const shown = notes.slice(0, PER_PAGE);
      cursors[at + 1] = shown.at(-1)?.id;
      const content = shown.map(noteWords).join('\n') || 'Nobody has read what was said here, as far as I know.';
      return { content, more: notes.length > PER_PAGE };
    },
  };
}

function noteWords({ at, by, act, what, lines }: KeptAuditNote): string {
  const who = `**${plain(by.name, 32)}** (\`${by.userId}\`)`;
  return `<t:${Math.floor(at / 1_000)}:f> ${who} ${ACTS[act] ?? 'read'}: ${plain(what, 60)} (${counted(lines, 'line')})`;
}
