import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { defineTool, type Tool, ToolError } from '../tool.ts';

const MOST_DICE = 100;
const MOST_SIDES = 1_000;
const MOST_TERMS = 10;
const LARGEST_NUMBER = 1_000_000;
/** `3d6`, `d20`, `d%`, with `kh1` / `kl1` / `dh1` / `dl1` for what is kept or dropped. */
const DICE = /^(\d{0,3})d(\d{1,4}|%)(?:(k|kh|kl|d|dh|dl)(\d{1,3})?)?$/;
const HELP = 'Write it like 3d6+2, d20, 4d6dl1 or 2d20kh1.';

/** One term: what fell, and which of it counts. */
interface Rolled {
  readonly term: string;
  readonly dice: readonly number[];
  readonly counted: readonly number[];
  readonly sum: number;
}

/** Fair dice, each of them shown. `random`: a whole number below `n`, with equal chances; only tests need another. */
export function rollDice(random: (n: number) => number = randomInt): Tool {
  return defineTool({
    name: 'roll_dice',
    description:
      'Rolls dice fairly and tells each of them and the sum. Always use it when somebody wants dice, a coin (1d2) or ' +
      'a random number: what you make up is not random.',
    input: z.object({
      dice: z.string().trim().min(1).max(100).describe(`Dice and numbers, added or subtracted. ${HELP}`),
      advantage: z
        .enum(['none', 'advantage', 'disadvantage'])
        .optional()
        .describe('For a single die: rolls it twice and keeps the higher or the lower'),
    }),
    risk: 'read',
    run({ dice, advantage = 'none' }) {
      const terms = termsOf(advantage === 'none' ? dice : doubled(dice, advantage));
      const rolled = terms.map(({ sign, text }) => ({ sign, ...roll(text, random) }));
      const total = rolled.reduce((sum, one) => sum + one.sign * one.sum, 0);
      return {
        total,
        rolls: rolled.filter((one) => one.dice.length > 0).map(({ term, dice, counted }) => shown(term, dice, counted)),
      };
    },
  });
}

function shown(term: string, dice: readonly number[], counted: readonly number[]) {
  return counted.length === dice.length ? { term, dice } : { term, dice, counted };
}

/** The one die in it twice. */
function doubled(text: string, advantage: 'advantage' | 'disadvantage'): string {
  const single = /^\s*1?d(\d{1,4}|%)(?![\dkd])/i;
  if (!single.test(text)) throw new ToolError('Advantage is for a single die, such as d20 or d20+5.');
  return text.replace(single, (_die, sides) => `2d${sides}k${advantage === 'advantage' ? 'h' : 'l'}1`);
}

function termsOf(text: string): { readonly sign: 1 | -1; readonly text: string }[] {
  const plain = text.toLowerCase().replace(/\s+/g, '').replaceAll('−', '-').replaceAll('w', 'd');
  const pieces = plain.match(/[+-]?[^+-]+/g) ?? [];
  if (pieces.join('') !== plain || pieces.length === 0) throw new ToolError(`That is no roll. ${HELP}`);
  if (pieces.length > MOST_TERMS) throw new ToolError(`At most ${MOST_TERMS} terms can be rolled at once.`);
  return pieces.map((piece) => ({ sign: piece.startsWith('-') ? -1 : 1, text: piece.replace(/^[+-]/, '') }));
}

function roll(term: string, random: (n: number) => number): Rolled {
  if (/^\d{1,7}$/.test(term) && Number(term) <= LARGEST_NUMBER) {
    return { term, dice: [], counted: [], sum: Number(term) };
  }
  const [, many = '', of = '', rule = '', some = '1'] = DICE.exec(term) ?? [];
  if (of === '') throw new ToolError(`${JSON.stringify(term)} is no roll. ${HELP}`);
  const count = many === '' ? 1 : Number(many);
  const sides = of === '%' ? 100 : Number(of);
  if (count < 1 || count > MOST_DICE || sides < 2 || sides > MOST_SIDES) {
    throw new ToolError(`Between 1 and ${MOST_DICE} dice with 2 to ${MOST_SIDES} sides can be rolled.`);
  }
  const dice = Array.from({ length: count }, () => random(sides) + 1);
  const counted = keptOf(dice, rule, Number(some));
  return { term, dice, counted, sum: counted.reduce((sum, one) => sum + one, 0) };
}

function keptOf(dice: readonly number[], rule: string, some: number): readonly number[] {
  if (rule === '') return dice;
  const keeps = rule.startsWith('k');
  if (some < 1 || (keeps ? some > dice.length : some >= dice.length)) {
    throw new ToolError(`Of ${dice.length} dice, ${some} cannot be ${keeps ? 'kept' : 'dropped'}.`);
  }
  const sorted = dice.toSorted((a, b) => a - b);
  const left = keeps ? some : dice.length - some;
  // `k` alone keeps the highest, `d` alone drops the lowest.
  const high = keeps ? rule !== 'kl' : rule !== 'dh';
  return high ? sorted.slice(-left) : sorted.slice(0, left);
}
