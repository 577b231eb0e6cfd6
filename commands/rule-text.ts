import type { Added, Hit, Rule } from '../src/ports/rules.ts';
import type { CommandAnswer } from './command.ts';
import { counted, plain } from './text.ts';

/** https://docs.discord.com/developers/resources/message#create-message */
const LONGEST = 2_000;
const SHOWN = 20;
const RULE = 80;
const REFUSED_SHOWN = 6;
const SAME_SHOWN = 4;

/** One rule a line. */
function ruleLine({ id, kind, text, hits }: Rule & { readonly hits: number }): string {
  return `**${id}** ${kind}: ${plain(text, RULE)} (${counted(hits, 'hit')})`;
}

/** All rules: the first in the answer, all of them in a file where they are many. */
export function ruleList(head: string, rules: readonly (Rule & { readonly hits: number })[]): CommandAnswer {
  const shown = fitting(rules.slice(0, SHOWN).map(ruleLine), LONGEST - head.length);
  if (shown.length === rules.length) return [head, ...shown].join('\n');
  const file = rules.map(({ id, kind, text, hits }) => `${id}\t${kind}\t${hits}\t${text.replace(/\s+/g, ' ')}`);
  return {
    content: [head, ...shown, `… and ${rules.length - shown.length} more: all of them are in the file.`].join('\n'),
    files: [{ name: 'rules.txt', bytes: Buffer.from(`id\tkind\thits\ttext\n${file.join('\n')}\n`) }],
  };
}

/** As many lines as have room, with a line break each and something after them. */
function fitting(lines: readonly string[], room: number): readonly string[] {
  const shown: string[] = [];
  let left = room - 100;
  for (const line of lines) {
    left -= line.length + 1;
    if (left < 0) break;
    shown.push(line);
  }
  return shown;
}

/** What became of rules that were to be added. */
export function addedWords({ added, known, same, refused }: Added): string {
  const words = [
    added > 0 ? `${counted(added, 'rule')} added.` : 'No rule was added.',
    ...(known > 0 ? [`${known} ${known === 1 ? 'was' : 'were'} there already.`] : []),
  ].join(' ');
  return [words, ...sameLines(same), ...refusedLines(refused)].join('\n');
}

function sameLines(same: Added['same']): readonly string[] {
  const shown = same
    .slice(0, SAME_SHOWN)
    .map(({ text, as }) => `“${plain(text, 60)}” is the same word as the rule “${plain(as, 60)}”, so it is one rule.`);
  return same.length > SAME_SHOWN ? [...shown, `So are ${same.length - SAME_SHOWN} more.`] : shown;
}

function refusedLines(refused: Added['refused']): readonly string[] {
  if (refused.length === 0) return [];
  const shown = refused.slice(0, REFUSED_SHOWN).map(({ text, why }) => `- ${plain(text, 60)}: ${plain(why, 200)}`);
  const more = refused.length > REFUSED_SHOWN ? [`- and ${refused.length - REFUSED_SHOWN} more`] : [];
  return [`I could not take ${refused.length}:`, ...shown, ...more];
}

/** What a text hits. */
export function hitWords(text: string, hits: readonly Hit[]): string {
  if (hits.length === 0) return 'No rule hits that.';
  const shown = hits.slice(0, SHOWN).map(({ rule, start, end }) => {
    return `- rule ${rule.id}, ${rule.kind} ${plain(rule.text, RULE)}: “${plain(text.slice(start, end), 60)}”`;
  });
  const head = `${counted(hits.length, 'rule')} would be hit:`;
  return [head, ...fitting(shown, LONGEST - head.length)].join('\n');
}
