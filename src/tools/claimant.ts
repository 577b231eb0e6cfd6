import type { ToolContext } from '../bridge/room-ports.ts';
import type { Claimant } from './fair-queue.ts';

/** For whom a call takes its turn: its guild, and the first of those who asked. */
export function claimantOf({ room, askers }: Pick<ToolContext, 'room' | 'askers'>): Claimant {
  return { guildId: room.guildId, userId: askers[0]?.userId ?? '' };
}
