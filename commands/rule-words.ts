import type { Added, Hit, Rule } from '../src/bridge/rule-ports.ts';
import type { CommandAnswer } from './command.ts';
import { counted, plain } from './words.ts';

const SHOWN = 20;
const RULE = 80;
const REFUSED_SHOWN = 6;

/** One rule a line. */
function ruleLine({ id, kind, text, hits }: Rule & { readonly hits: number }): string {
  return `**${id}** ${kind}: ${plain(text, RULE)} (${counted(hits, 'hit')})`;
}

/** All rules: the first in the answer, all of them in a file where they are many. */
export function ruleList(head: string, rules: readonly (Rule & { readonly hits: number })[]): CommandAnswer {
  if (rules.length <= SHOWN) return [head, ...rules.map(ruleLine)].join('\n').slice(0, 2_000);
  const shown = rules.slice(0, SHOWN).map(ruleLine);
  const file = rules.map(({ id, kind, text, hits }) => `${id}\t${kind}\t${hits}\t${text.replace(/\s+/g, ' ')}`);
  return {
    content: [head, ...shown, `… and ${rules.length - SHOWN} more: all of them are in the file.`]
      .join('\n')
      .slice(0, 2_000),
    files: [{ name: 'rules.txt', bytes: Buffer.from(`id\tkind\thits\ttext\n${file.join('\n')}\n`) }],
  };
}

/** What became of rules that were to be added. */
export function addedWords({ added, known, refused }: Added): string {
  const words = [
    added > 0 ? `${counted(added, 'rule')} added.` : 'No rule was added.',
    ...(known > 0 ? [`${known} ${known === 1 ? 'was' : 'were'} there already.`] : []),
  ].join(' ');
  return [words, ...refusedLines(refused)].join('\n');
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
  return [`${counted(hits.length, 'rule')} would be hit:`, ...shown].join('\n').slice(0, 2_000);
}
