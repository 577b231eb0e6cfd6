import type { ToolRule } from '../../src/ports/tools.ts';
import type { Asked, CommandAnswer, ToolName } from '../command.ts';
import { plain } from '../text.ts';
import { whoWords } from './policy.ts';

/** Discord's limit for one answer is 2,000 characters. */
const LONGEST = 1_950;
/** How much is said of each tool; less where more would not fit. 0: its name alone. */
const LENGTHS = [120, 55, 40, 25, 0] as const;
/** Of the people and roles that a tool is for, where it has to be short. */
const LONGEST_WHO = 150;
const LONGEST_SENTENCE = 300;
const END =
  'Switch them with `/tools enable` and `/tools disable`; say who may use them with `/tools allow` and `/tools deny`.';

interface ListedTools {
  readonly tools: readonly ToolName[];
  readonly disabledTools: readonly string[];
  readonly rules: readonly ToolRule[];
  /** What the model does not get of what people could expect, a sentence each. */
  readonly leftOut?: readonly string[];
}

/** Whether a tool is switched on. */
export function isOn({ name, alone }: ToolName, disabledTools: readonly string[]): boolean {
  return !disabledTools.includes(name) && (alone === undefined || disabledTools.includes(alone));
}

/** All tools by who may use them, in one message; where that has to be short, everything stands in a file. */
export function toolList(asked: Asked, { tools, disabledTools, rules, leftOut = [] }: ListedTools): CommandAnswer {
  if (tools.length === 0) return 'I have no tools.';
  const off = tools.filter((tool) => !isOn(tool, disabledTools));
  const on = tools.filter((tool) => isOn(tool, disabledTools));
  const alone = on.find((tool) => tool.alone !== undefined);
  const [usable, instead] = alone ? [on.filter(isRemote), on.filter((tool) => !isRemote(tool))] : [on, []];
  const groups = Map.groupBy(usable, (tool) => `For ${whoWords(asked, tool, rules)}`);
  if (instead.length > 0) groups.set(`Off while ${alone?.name} is on`, instead);
  if (off.length > 0) groups.set('Off', off);
  const linesOf = (length: number) => [
    ...[...groups].flatMap(([who, those]) => groupLines(who, those, length)),
    ...leftOut.map((sentence) => plain(sentence, LONGEST_SENTENCE)),
  ];
  const full = linesOf(LENGTHS[0]);
  const whole = [...full, END].join('\n');
  if (whole.length <= LONGEST) return whole;
  const bytes = Buffer.from(`${full.join('\n').replace(/\\(?=[!-/:-@[-`{-~])|[*\u2060]/g, '')}\n`);
  const texts = LENGTHS.slice(1).map((length) => [...linesOf(length), `The file says more. ${END}`].join('\n'));
  const content = texts.find((text) => text.length <= LONGEST) ?? cut(texts.at(-1) as string);
  return { content, files: [{ name: 'tools.txt', bytes }] };
}

function isRemote({ remote }: ToolName): boolean {
  return remote === true;
}

function groupLines(who: string, tools: readonly ToolName[], length: number): string[] {
  if (length === 0)
    return [
      `**${who.length > LONGEST_WHO ? 'For those whom the file names' : who}:** ${tools.map(({ name }) => `\`${name}\``).join(', ')}`,
    ];
  // The first sentence says what it does; the others tell the model when to use it.
  const words = ({ description }: ToolName) => plain(description.split(/(?<=\.) /)[0] ?? '', length);
  return [`**${who}:**`, ...tools.map((tool) => `\`${tool.name}\`: ${words(tool)}`)];
}

/** Ends after a whole name. */
function cut(text: string): string {
  const end = '… The file names all of them.';
  const kept = text.slice(0, LONGEST - end.length - 1);
  return `${kept.slice(0, Math.max(kept.lastIndexOf('`, '), kept.lastIndexOf('\n'), 0) + 1)} ${end}`;
}
