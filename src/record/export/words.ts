import { isBlank } from '../../lib/markdown.ts';
import type { RecordedToolCall, RecordedUtterance } from '../../ports/record.ts';
import { lengthText, secondsText } from './times.ts';
import type { PlacedLine, TranscriptSummary } from './transcript-format.ts';

/** Shown where nothing is known of who it was. */
export const NOBODY = 'Somebody';
/** Shown in place of words that never came. */
const NO_WORDS = '(no transcript came)';

/** A name to show: never empty. Untrusted. */
export function nameOf(name: string): string {
  return isBlank(name) ? NOBODY : name;
}

/** The name of whoever says it, comes or leaves. Untrusted. */
export function speakerName({ speakers }: PlacedLine): string {
  return speakers[0]?.name ?? NOBODY;
}

/** What was said, or that nobody knows it. Untrusted. */
export function saidText({ text }: RecordedUtterance): string {
  return text.trim() === '' ? NO_WORDS : text;
}

/** What is to be said of an utterance beside its words, each a short phrase. The names are untrusted. */
export function marksOf(line: RecordedUtterance, over: readonly string[]): readonly string[] {
  return [
    ...(over.length > 0 ? [`while ${listed(over)} spoke`] : []),
    ...(line.cut ? [cutText(line.cut)] : []),
    ...(line.written ? ['in writing'] : []),
    ...(line.state === 'open' ? ['not finished yet'] : []),
  ];
}

/** What became of a call: `done in 340 ms`. */
export function outcomeText({ result, startedAt, endedAt }: RecordedToolCall): string {
  if (!result) return 'no result';
  const took = endedAt === null ? '' : ` ${result.ok ? 'in' : 'after'} ${secondsText(endedAt - startedAt)}`;
  return `${result.ok ? 'done' : 'failed'}${took}`;
}

/** `43 min, 5 people`. */
export function measureText({ conversation, endedAt, participants }: TranscriptSummary): string {
  const people = participants.filter(({ userId }) => userId !== null).length;
  const length = lengthText(endedAt - conversation.startedAt);
  return `${length}${conversation.endedAt === null ? ' so far' : ''}, ${people === 1 ? '1 person' : `${people} people`}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function cutText({ heardMs, producedMs }: { readonly heardMs: number; readonly producedMs: number }): string {
  return `cut off after ${secondsText(heardMs)} of ${secondsText(producedMs)}`;
}
