import { z } from 'zod';
import { claimantOf } from '../claimant.ts';
import { CodeSandbox } from '../sandbox/code-sandbox.ts';
import { defineTool, type Tool, ToolError } from '../tool.ts';

const LONGEST_CODE = 20_000;

/** Runs JavaScript that the model writes, for sums, dates, sorting and the like. `sandbox`: only tests need their own. */
export function runCode(sandbox: CodeSandbox = new CodeSandbox()): Tool {
  return defineTool({
    name: 'run_code',
    description:
      'Runs JavaScript (ES2023) and tells what console.log printed and the value of the last expression. Use it to ' +
      'calculate, to count, for dates, sorting, text and simulations. `await` works; there is no network, no file, no ' +
      'timer, no import. At most 2 s and 32 MB. Every run starts afresh. People see the code and what it brought.',
    input: z.object({
      code: z.string().min(1).max(LONGEST_CODE).describe('The program. End it with the expression that is the result'),
    }),
    risk: 'read',
    async run({ code }, context) {
      const outcome = await sandbox.run(code, context.signal, claimantOf(context));
      const { printed } = outcome;
      if (outcome.ok) return { ...(printed && { printed }), ...(outcome.value !== null && { value: outcome.value }) };
      throw new ToolError(printed ? `${outcome.error}\nPrinted before:\n${printed}` : outcome.error);
    },
  });
}
