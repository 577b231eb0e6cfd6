import { escapeMarkdown, escapeName } from '../../lib/markdown.ts';
import { clockText, type FileZone, offsetText, spanText, zoneText } from './times.ts';
import type { PlacedLine, TranscriptFormat, TranscriptSummary } from './transcript-format.ts';
import { listed, marksOf, measureText, outcomeText, saidText, speakerName } from './words.ts';

/** CommonMark, a paragraph for each line; what tools took and brought stands in code blocks. */
export function markdownText(zone: FileZone): TranscriptFormat {
  return {
    extension: 'md',
    separator: '\n\n',
    line: (placed) =>
      `\`${offsetText(placed.offsetMs)}\` \`${clockText(placed.line.startedAt, zone)}\` ${wordsOf(placed)}`,
    head: (summary) => `${headLines(summary, zone).join('\n')}\n\n`,
    foot: () => '\n',
  };
}

function headLines(summary: TranscriptSummary, zone: FileZone): string[] {
  const { conversation, server, channel, endedAt, participants } = summary;
  const { startedAt } = conversation;
  return [
    `# ${escaped(channel)}, ${escaped(server)}`,
    '',
    `${spanText(startedAt, endedAt, zone)} (${measureText(summary)})`,
    '',
    `With ${listed(participants.map(({ shown }) => `**${nameIn(shown)}**`)) || 'nobody'}. Before each line stand the time from the beginning and the time of day in ${escaped(zoneText(zone))}.`,
    '',
    '---',
  ];
}

function wordsOf(placed: PlacedLine): string {
  const { line, speakers, over } = placed;
  switch (line.kind) {
    case 'utterance': {
      const marks = marksOf(line, over.map(nameIn));
      return `**${nameIn(speakerName(placed))}:** ${escaped(saidText(line))}${marks.length > 0 ? ` *(${marks.join('; ')})*` : ''}`;
    }
    case 'tool-call': {
      const askers = listed(speakers.map(({ name }) => nameIn(name)));
      const head = `*Tool* **${escaped(line.name)}**${askers === '' ? '' : ` for ${askers}`}: ${outcomeText(line)}`;
      return [head, fenced(line.arguments), ...(line.result ? [fenced(line.result.output)] : [])].join('\n\n');
    }
    case 'joined':
    case 'left':
      return `*${nameIn(speakerName(placed))} ${line.kind === 'joined' ? 'came' : 'left'}*`;
    case 'notice':
      return `*${escaped(line.text)}*`;
    default:
      return line satisfies never;
  }
}

function nameIn(name: string): string {
  return andSigns(escapeName(name));
}

function escaped(text: string): string {
  return andSigns(escapeMarkdown(text));
}

/** Discord knows no character references; CommonMark does (spec.commonmark.org/0.31.2/#entity-and-numeric-character-references). */
function andSigns(text: string): string {
  return text.replace(/&(?=#?\w+;)/g, '\\&');
}

/** A fence longer than any in the text cannot be closed by it. */
function fenced(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}\n${text.toWellFormed().replace(/\r\n?/g, '\n')}\n${fence}`;
}
