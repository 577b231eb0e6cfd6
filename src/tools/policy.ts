import type { Person } from '../bridge/ports.ts';
import type { Tool } from './tool.ts';

/** `reason` is a sentence that the model can pass on. */
export type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/**
 * Whether these people may use this tool now. A reply that answers several people has only the rights that all of them
 * share; where somebody is unknown, nothing but reading is allowed. Pure.
 */
export function judge(
  tool: Pick<Tool, 'name' | 'risk' | 'needs'>,
  request: {
    readonly disabled: readonly string[];
    /** The people behind the turns that the reply answers. */
    readonly askers: readonly Person[];
    /** False where one of the turns has no known speaker. */
    readonly certain: boolean;
    mayWrite(userId: string): boolean;
  },
): Verdict {
  if (request.disabled.includes(tool.name)) return no(`The tool ${tool.name} is switched off in this server.`);
  const certain = request.certain && request.askers.length > 0;
  if (!certain && (tool.risk !== 'read' || tool.needs !== null)) {
    return no(`It is not certain who asked, so ${tool.name} may not be used now. The person can ask again.`);
  }
  // Nothing here can ask for the press of a button.
  if (tool.risk === 'dangerous') return no(`${tool.name} is dangerous, so nobody may use it by voice alone.`);
  switch (tool.needs) {
    case null:
      return { allowed: true };
    case 'mayWrite': {
      const lacking = request.askers.filter((person) => !request.mayWrite(person.userId));
      if (lacking.length === 0) return { allowed: true };
      const names = lacking.map((person) => JSON.stringify(person.name)).join(', ');
      return no(`${tool.name} posts to the text channel, where not everybody who asked may write: not ${names}.`);
    }
    default:
      return no(`${tool.name} needs a right that cannot be looked up.`);
  }
}

function no(reason: string): Verdict {
  return { allowed: false, reason };
}
