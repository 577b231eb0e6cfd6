import type { ToolContext } from '../../ports/tools.ts';
import type { Person } from '../../ports/voice.ts';
import { ToolError } from '../tool.ts';

/** The one person who asked, for what belongs to one person. Throws ToolError where it is nobody known, or several. */
export function soleAsker({ askers, certain }: Pick<ToolContext, 'askers' | 'certain'>): Person {
  const [one, another] = askers;
  if (!one || !certain) throw new ToolError('It is not certain who asked. The person can ask again.');
  if (!another) return one;
  const names = askers.map(({ name }) => JSON.stringify(name)).join(' and ');
  throw new ToolError(
    `This answers ${names} together, and it belongs to one person. Whoever wants it can ask again alone.`,
  );
}
