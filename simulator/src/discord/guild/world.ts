import type { Dispatch } from '../gateway/gateway.ts';
import type { Identity } from '../gateway/identity.ts';
import type { Interactions } from '../interactions/interactions.ts';
import type { CommandRegistry } from '../rest/command-registry.ts';
import type { VoiceServer } from '../voice/server.ts';
import type { User } from './entities.ts';

/** What a guild needs of the Discord that it is in. */
export interface GuildWorld {
  readonly identity: Identity;
  readonly bot: User;
  readonly applicationId: string;
  readonly voice: VoiceServer;
  readonly commands: CommandRegistry;
  readonly interactions: Interactions;
  readonly users: Map<string, User>;
  readonly dispatch: Dispatch;
  fileUrl(id: string, name: string): string;
}
