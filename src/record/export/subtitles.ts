import { plain } from '../../lib/markdown.ts';
import type { RecordedUtterance } from '../../ports/record.ts';
import { dateText, type FileZone, minuteText, stamp, zoneText } from './times.ts';
import type { PlacedLine, TranscriptFormat, TranscriptSummary } from './transcript-format.ts';
import { measureText, saidText, speakerName } from './words.ts';

/** Nobody can read faster, and a cue that ends where it begins is none (w3.org/TR/webvtt1/#webvtt-cue-timings). */
const SHORTEST_MS = 500;
/** Shows nothing and forbids nothing but a reading of its neighbours as one mark. */
const JOINER = '\u2060';

/** SubRip: what was spoken or written, with the name before it. Times are from the beginning of the conversation. */
export function subRip(): TranscriptFormat {
  let cue = 0;
  return {
    extension: 'srt',
    separator: '\n\n',
    line: (placed) => {
      const { line, offsetMs } = placed;
      if (line.kind !== 'utterance') return undefined;
      cue += 1;
      return `${cue}\n${timing(line, offsetMs, ',')}\n${untagged(speakerName(placed))}: ${untagged(saidText(line))}`;
    },
    head: () => '',
    foot: () => '\n',
  };
}

/** WebVTT, with the names as voices. */
export function webVtt(zone: FileZone): TranscriptFormat {
  let cue = 0;
  return {
    extension: 'vtt',
    separator: '\n\n',
    line: (placed) => {
      const { line, offsetMs } = placed;
      if (line.kind !== 'utterance') return undefined;
      cue += 1;
      return `${cue}\n${timing(line, offsetMs, '.')}\n<v ${referred(speakerName(placed))}>${referred(saidText(line))}</v>`;
    },
    head: (summary) => `WEBVTT\n\nNOTE\n${referred(aboutText(summary, zone))}\n\n`,
    foot: () => '\n',
  };
}

function timing(line: RecordedUtterance, offsetMs: PlacedLine['offsetMs'], point: ',' | '.'): string {
  const lastsMs = Math.max(SHORTEST_MS, line.endedAt - line.startedAt);
  return `${stamp(offsetMs, point)} --> ${stamp(offsetMs + lastsMs, point)}`;
}

function aboutText(summary: TranscriptSummary, zone: FileZone): string {
  const { conversation, server, channel } = summary;
  const began = `${dateText(conversation.startedAt, zone)}, ${minuteText(conversation.startedAt, zone)} ${zoneText(zone)}`;
  return `${channel}, ${server}; ${began}; ${measureText(summary)}`;
}

/** SubRip has no escape: players look for `<b>`, `{\an8}` and `-->`, which a joiner inside keeps from being that. */
function untagged(text: string): string {
  return plain(text).replace(/[<{]|--(?=>)/g, `$&${JOINER}`);
}

/** On one line, since an empty one ends the cue; w3.org/TR/webvtt1/#webvtt-cue-text-span names what is escaped. */
function referred(text: string): string {
  return plain(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
