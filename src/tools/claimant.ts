import type { Claimant } from '../lib/fair-queue.ts';
import type { ToolContext } from '../ports/tools.ts';

/** For whom a call takes its turn: its guild, and the first of those who asked. All of them have to have the right by then. */
export function claimantOf({ room, askers, stillMay }: Pick<ToolContext, 'room' | 'askers' | 'stillMay'>): Claimant {
  return { guildId: room.guildId, userId: askers[0]?.userId ?? '', ...(stillMay && { stillMay }) };
}
