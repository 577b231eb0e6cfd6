import type { ConfirmationAnswer, ToolRule } from '../../../src/ports/tools.ts';
import type { GateParts } from '../../../src/tools/call-gate.ts';
import type { Question } from '../../../src/tools/confirmations.ts';

/** What a toolbox stands on where nobody changed the policy and nobody is there to confirm. */
export const usualGate: Omit<GateParts, 'log'> = {
  policies: { rules: () => Promise.resolve([]) },
  confirmations: { ask: () => Promise.resolve({ kind: 'late' }) },
};

/** A gate with this policy, whose questions are answered like this; `questions` are those that were put. */
export function gateOf(options: {
  rules?: readonly ToolRule[];
  answer?: ConfirmationAnswer | ((question: Question) => ConfirmationAnswer | Promise<ConfirmationAnswer>);
}): Omit<GateParts, 'log'> & { readonly questions: readonly Question[] } {
  const { rules = [], answer = { kind: 'late' } } = options;
  const questions: Question[] = [];
  return {
    questions,
    policies: { rules: () => Promise.resolve(rules) },
    confirmations: {
      ask: async (question) => {
        questions.push(question);
        return typeof answer === 'function' ? answer(question) : answer;
      },
    },
  };
}

/** What of a room rights need, where nobody has a role and everybody every permission. */
export const plainRights = {
  refresh: () => Promise.resolve(),
  rolesOf: (): readonly string[] => [],
  permits: () => true,
  outranks: () => false,
} as const;
