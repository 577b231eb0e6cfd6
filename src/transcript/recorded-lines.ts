import type { RecordedLine } from '../ports/record.ts';
import { beginningsOf, linesOf, REMOVED } from './entry.ts';

/** How the lines of a post begin that show a recorded line; null: its post is a call's, and nothing else stands in it. */
export function beginningsOfLine(line: RecordedLine): readonly string[] | null {
  switch (line.kind) {
    case 'utterance':
      return beginningsOf(line.by, line.name);
    case 'tool-call':
      return null;
    case 'notice':
      // A reminder looks like something that was said.
      return ['-# ', ...beginningsOf('person', line.text.split(':')[0] ?? '')];
    case 'joined':
    case 'left':
      return [];
    default:
      return line satisfies never;
  }
}

/** The lines of Discord markdown that a recorded line has in posts. */
function shownLines(line: RecordedLine): readonly string[] {
  switch (line.kind) {
    case 'utterance': {
      const { name, text, cut } = line;
      if (line.by === 'person') {
        const state = line.state === 'open' ? 'listening' : line.state;
        return [
          ...linesOf({ kind: 'turn', name, text, state }, ''),
          ...linesOf({ kind: 'turn', name, text, state }, name),
        ];
      }
      // Of one that was cut off only what was heard is kept.
      const ended = { heardMs: 1, producedMs: 1, interrupted: cut !== null };
      return linesOf({ kind: 'reply', text, audible: true, ended }, name);
    }
    case 'notice':
      return linesOf({ kind: 'note', text: line.text }, '');
    case 'tool-call':
    case 'joined':
    case 'left':
      return [];
    default:
      return line satisfies never;
  }
}

/**
 * A post without the lines that begin like this, but for those that show a line which is still kept: others may have the
 * same name. undefined: there is nothing to take out.
 */
export function withoutLines(
  content: string,
  beginnings: readonly string[],
  kept: readonly RecordedLine[],
): string | undefined {
  const stay = new Set([REMOVED, ...kept.flatMap(shownLines)]);
  const lines = content.split('\n').map((line) => {
    const goes = !stay.has(line) && beginnings.some((beginning) => line.startsWith(beginning));
    return goes ? REMOVED : line;
  });
  const left = lines.filter((line, at) => line !== REMOVED || lines[at - 1] !== REMOVED).join('\n');
  return left === content ? undefined : left;
}
