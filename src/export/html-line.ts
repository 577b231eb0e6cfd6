import type { RecordedLine, RecordedToolCall, RecordedUtterance } from '../bridge/record-ports.ts';
import { type Child, element, type Markup } from './markup.ts';
import { clockText, iso, offsetText } from './times.ts';
import type { PlacedLine } from './transcript-format.ts';
import { marksOf, nameOf, outcomeText, saidText } from './words.ts';

/** One line of a transcript as an item of the page's list. */
export function htmlLine({ line, number, offsetMs, speakers, overNames }: PlacedLine): Markup {
  const id = `l${number}`;
  const [first] = speakers;
  const classes = [
    ...kindOf(line),
    ...(first === undefined ? [] : [`p${first}`]),
    ...(overNames.length ? ['over'] : []),
  ];
  return element(
    'li',
    { id, class: classes.join(' '), 'data-by': speakers.join(' '), tabindex: -1 },
    element(
      'a',
      { class: 'at', href: `#${id}` },
      element('time', { datetime: iso(line.startedAt) }, clockText(line.startedAt)),
      ' ',
      element('span', {}, offsetText(offsetMs)),
    ),
    element('div', { class: 'body' }, ...bodyOf(line, overNames)),
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

function bodyOf(line: RecordedLine, overNames: readonly string[]): readonly Child[] {
  switch (line.kind) {
    case 'utterance':
      return said(line, overNames);
    case 'tool-call':
      return [call(line)];
    case 'joined':
    case 'left':
      return [element('bdi', {}, nameOf(line.name)), line.kind === 'joined' ? ' came' : ' left'];
    case 'notice':
      return [element('span', { dir: 'auto' }, line.text)];
    default:
      return line satisfies never;
  }
}

function said(line: RecordedUtterance, overNames: readonly string[]): readonly Child[] {
  return [
    element('bdi', { class: 'who' }, nameOf(line.name)),
    ...marksOf(line, overNames).map((mark) => [' ', element('bdi', { class: 'mark' }, mark)]),
    element('p', { dir: 'auto', lang: line.language ?? undefined }, saidText(line)),
  ];
}

function call(line: RecordedToolCall): Markup {
  const askers = line.askers.flatMap(({ name }, at) => [
    at === 0 ? ' for ' : ', ',
    element('bdi', { class: 'who' }, nameOf(name)),
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
    return JSON.stringify(value) === text ? JSON.stringify(value, null, 2) : text;
  } catch {
    return text;
  }
}
