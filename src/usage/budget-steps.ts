import type { GuildSettings } from '../ports/settings.ts';
import type { BudgetState, BudgetStep, CheaperModel } from '../ports/usage.ts';

/** From which share of a budget on a step holds. */
const FROM: readonly (readonly [number, BudgetStep])[] = [
  [1, 'spent'],
  [0.95, 'cheap'],
  [0.9, 'brief'],
  [0.85, 'called'],
  [0.8, 'near'],
];
const ORDER: readonly BudgetStep[] = ['free', 'near', 'called', 'brief', 'cheap', 'spent'];
/** The bot leaves after so much silence when the money runs out: an open session costs, too. */
const BRIEF_IDLE_MS = 120_000;
/** Sums of many small costs come to a little less. */
const ROUNDING = 1e-9;

export function shareOf({ spentUsd, limitUsd }: BudgetState): number {
  return spentUsd / limitUsd;
}

export function stepOf(state: BudgetState | undefined): BudgetStep {
  if (!state) return 'free';
  const share = shareOf(state) + ROUNDING;
  return FROM.find(([from]) => share >= from)?.[1] ?? 'free';
}

/** Whether a step is that far, or farther. */
export function isAt(step: BudgetStep, least: BudgetStep): boolean {
  return ORDER.indexOf(step) >= ORDER.indexOf(least);
}

/** The steps behind `before` up to `now`, in their order. */
export function stepsBetween(before: BudgetStep, now: BudgetStep): readonly BudgetStep[] {
  return ORDER.slice(ORDER.indexOf(before) + 1, ORDER.indexOf(now) + 1);
}

/** What a guild's settings come to when its money runs out. `cheaper`: null where none is configured. */
export function frugal(settings: GuildSettings, step: BudgetStep, cheaper: CheaperModel | null): GuildSettings {
  let { answer, idleMs, provider, model } = settings;
  if (isAt(step, 'called') && (answer === 'always' || answer === 'auto')) answer = 'addressed';
  if (isAt(step, 'brief')) idleMs = Math.min(idleMs, BRIEF_IDLE_MS);
  if (isAt(step, 'cheap') && cheaper) ({ provider, model } = cheaper);
  // Until the answer that sounds is over.
  if (step === 'spent') answer = 'never';
  return { ...settings, answer, idleMs, provider, model };
}

/** One line for people about a step that is reached; undefined: it changes nothing for this conversation. */
export function stepLine(
  step: BudgetStep,
  state: BudgetState,
  { settings, listens, cheaper }: { settings: GuildSettings; listens: boolean; cheaper: CheaperModel | null },
): string | undefined {
  const percent = Math.floor((shareOf(state) + ROUNDING) * 100);
  switch (step) {
    case 'near':
      return `${percent} % of ${state.words} is spent. At 100 % I leave, until ${state.anew}.`;
    case 'called':
      if (listens || settings.answer === 'addressed' || settings.answer === 'never') return undefined;
      return 'To make the budget last, I now answer only when you call me by my name.';
    case 'brief':
      if (settings.idleMs <= BRIEF_IDLE_MS) return undefined;
      return 'The budget is nearly spent: I leave as soon as nobody has spoken for 2 minutes.';
    case 'cheap':
      if (listens || !cheaper || (settings.provider === cheaper.provider && settings.model === cheaper.model))
        return undefined;
      return 'The budget is nearly spent: I go on with a cheaper model.';
    default:
      return undefined;
  }
}

/** One line for people about somebody's own budget. `name`: untrusted text. */
export function personLine(name: string, state: BudgetState): string {
  if (stepOf(state) !== 'spent') return `${name} has used ${Math.floor(shareOf(state) * 100)} % of ${state.words}.`;
  return `${name} has used up ${state.words}: I do not hear or answer them until ${state.anew}.`;
}

/** Why the bot does not come, for people. */
export function refusedFor({ words, back }: BudgetState): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)} is spent. I can come back ${back}.`;
}
