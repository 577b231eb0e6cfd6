import type { DiscordGatewayAdapterCreator, Networking } from '@discordjs/voice';
import type { Logger } from 'pino';
import type { LineLostError } from '../../../ports/errors.ts';
import type { GatewaySession } from '../../client/gateway-session.ts';
import type { GatewayWatch } from '../gateway-watch.ts';
import type { LinkPatience } from './close-codes.ts';

/** The bot's own voice state, as far as people should know of it. */
export interface OwnState {
  readonly mute: boolean;
  readonly deaf: boolean;
  /** In a stage channel: it is in the audience. Elsewhere: it lacks Speak. */
  readonly suppress: boolean;
}

/** What a supervisor is made of. */
export interface SupervisorOptions {
  readonly guildId: string;
  readonly channelId: string;
  readonly adapterCreator: DiscordGatewayAdapterCreator;
  readonly gateway: GatewayWatch;
  readonly session: GatewaySession;
  readonly patience: LinkPatience;
  readonly log: Logger;
  /** Why the bot cannot be in this channel now, as far as Discord told: deleted, server left, no right. */
  readonly obstacle: (channelId: string) => string | undefined;
  /** The voice channel of the guild that Discord shows the bot in, as a new session of the gateway has just said; null: none. */
  readonly shownIn: () => string | null;
  /** A new connection is made; the last one is dead. */
  readonly onNetworking: (networking: Networking) => void;
  /** Sound can flow (again). `gapMs`: for how long it could not; 0 the first time. */
  readonly onLive: (gapMs: number) => void;
  readonly onMoved: (channelId: string) => void;
  readonly onOwnState: (state: OwnState) => void;
  readonly onLost: (error: LineLostError) => void;
}
