import type { VoicePlaces } from '../voice/places.ts';
import type { Channel, Member, Role } from './entities.ts';
import type { MessageBoard } from './message-board.ts';

/** What a person knows of the guild that they are in. */
export interface HomeGuild {
  readonly id: string;
  readonly locale: string;
  readonly roles: ReadonlyMap<string, Role>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly members: ReadonlyMap<string, Member>;
  readonly places: VoicePlaces;
  readonly board: MessageBoard;
  /** What a member may do in a channel, or in the guild as a whole. */
  permissions(member: Member, channel?: Channel): bigint;
}
