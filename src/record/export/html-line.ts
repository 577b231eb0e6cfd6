import type { RecordedLine, RecordedToolCall, RecordedUtterance } from '../../ports/record.ts';
import { type Child, element, type Markup } from './markup.ts';
import { clockText, iso, offsetText } from './times.ts';
import type { PlacedLine } from './transcript-format.ts';
import { marksOf, outcomeText, saidText, speakerName } from './words.ts';

/** So much is read on one line. */
const SHORT = 72;

/** One line of a transcript as an item of the page's list. */
export function htmlLine(placed: PlacedLine): Markup {
  const { line, number, offsetMs, speakers, over } = placed;
  const id = `l${number}`;
  const [first] = speakers;
  const classes = [
    ...kindOf(line),
    ...(first === undefined ? [] : [`p${first.place}`]),
    ...(over.length ? ['over'] : []),
  ];
  return element(
    'li',
    { id, class: classes.join(' '), 'data-by': speakers.map(({ place }) => place).join(' '), tabindex: -1 },
    element(
      'a',
      { class: 'at', href: `#${id}` },
      element('time', { datetime: iso(line.startedAt) }, clockText(line.startedAt)),
      ' ',
      element('span', {}, offsetText(offsetMs)),
    ),
    element('div', { class: 'body' }, ...bodyOf(placed)),
  );
}

function kindOf(line: RecordedLine): readonly string[] {
  switch (line.kind) {
    case 'utterance':
      return ['said', ...(line.by === 'model' ? ['model'] : []), ...(line.text.trim() === '' ? ['unknown'] : [])];
    case 'tool-call':
      return ['tool'];
    case 'joined':
    case 'left':
    case 'notice':
      return ['quiet'];
    default:
      return line satisfies never;
  }
}

function bodyOf(placed: PlacedLine): readonly Child[] {
  const { line } = placed;
  switch (line.kind) {
    case 'utterance':
      return said(line, placed);
    case 'tool-call':
      return [call(line, placed)];
    case 'joined':
    case 'left':
      return [element('bdi', {}, speakerName(placed)), line.kind === 'joined' ? ' came' : ' left'];
    case 'notice':
      return [element('span', { dir: 'auto' }, line.text)];
    default:
      return line satisfies never;
  }
}

function said(line: RecordedUtterance, placed: PlacedLine): readonly Child[] {
  return [
    element('bdi', { class: 'who' }, speakerName(placed)),
    ...marksOf(line, placed.over).map((mark) => [' ', element('bdi', { class: 'mark' }, mark)]),
    element('p', { dir: 'auto', lang: line.language ?? undefined }, saidText(line)),
  ];
}

function call(line: RecordedToolCall, { speakers }: PlacedLine): Markup {
  const askers = speakers.flatMap(({ name, place }, at) => [
    at === 0 ? ' for ' : ', ',
    element('bdi', { class: `who p${place}` }, name),
  ]);
  const outcome = outcomeText(line);
  return element(
    'details',
    {},
    element(
      'summary',
      {},
      'Tool ',
      element('b', { dir: 'auto' }, line.name),
      ...askers,
      ': ',
      element('span', { class: line.result?.ok === false ? 'failed' : undefined }, outcome),
    ),
    element('pre', { dir: 'auto', 'aria-label': 'What it was given' }, indented(line.arguments)),
    line.result
      ? element('pre', { dir: 'auto', 'aria-label': 'What it brought' }, indented(line.result.output))
      : undefined,
  );
}

/** JSON is read more easily in lines, where nothing of it changes by that, such as a number too long to be one. */
function indented(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    const isReadable = text.length <= SHORT || JSON.stringify(value) !== text;
    return isReadable ? text : JSON.stringify(value, null, 2);
  } catch {
    return text;
  }
}
