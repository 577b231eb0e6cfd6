import { plain } from '../../lib/markdown.ts';
import { clockText, type FileZone, offsetText, spanText, zoneText } from './times.ts';
import type { PlacedLine, TranscriptFormat, TranscriptSummary } from './transcript-format.ts';
import { listed, marksOf, measureText, outcomeText, saidText, speakerName } from './words.ts';

/** One line each: `[0:02:05 20:14:05] Anna: words`. */
export function plainText(zone: FileZone): TranscriptFormat {
  return {
    extension: 'txt',
    separator: '\n',
    line: (placed) => `[${offsetText(placed.offsetMs)} ${clockText(placed.line.startedAt, zone)}] ${wordsOf(placed)}`,
    head: (summary) => `${headLines(summary, zone).join('\n')}\n\n`,
    foot: () => '\n',
  };
}

function headLines(summary: TranscriptSummary, zone: FileZone): string[] {
  const { conversation, server, channel, endedAt, participants } = summary;
  const { startedAt } = conversation;
  return [
    `${isolated(channel)}, ${isolated(server)}`,
    `${spanText(startedAt, endedAt, zone)} (${measureText(summary)})`,
    `With ${listed(participants.map(({ shown }) => isolated(shown))) || 'nobody'}`,
    `In brackets: the time from the beginning, and the time of day in ${zoneText(zone)}.`,
  ];
}

function wordsOf(placed: PlacedLine): string {
  const { line, speakers, over } = placed;
  switch (line.kind) {
    case 'utterance': {
      const marks = marksOf(line, over.map(plain));
      return `${isolated(speakerName(placed))}: ${isolated(saidText(line))}${marks.length > 0 ? ` (${marks.join('; ')})` : ''}`;
    }
    case 'tool-call': {
      const askers = listed(speakers.map(({ name }) => isolated(name)));
      const output = line.result ? `: ${isolated(line.result.output)}` : '';
      const call = `${isolated(line.name)} ${isolated(line.arguments)}`;
      return `* ${call}${askers === '' ? '' : `, for ${askers}`}; ${outcomeText(line)}${output}`;
    }
    case 'joined':
    case 'left':
      return `* ${isolated(speakerName(placed))} ${line.kind === 'joined' ? 'came' : 'left'}`;
    case 'notice':
      return `* ${isolated(line.text)}`;
    default:
      return line satisfies never;
  }
}

/** On one line, and without a say in the order of what stands around it (Unicode 9, first strong isolate). */
function isolated(text: string): string {
  const line = plain(text);
  return /[\p{L}]/u.test(line) &&
    /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u.test(line)
    ? `\u2068${line}\u2069`
    : line;
}
