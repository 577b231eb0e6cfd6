import type { Networking } from '@discordjs/voice';
import type { LinkHealth } from './link-health.ts';

/** Where a voice connection is on its way. */
export type LinkState =
  /** Asked for a place; the server is not named yet. */
  | { readonly status: 'joining' }
  | { readonly status: 'connecting'; readonly networking: Networking }
  | { readonly status: 'live'; readonly networking: Networking; readonly pulse: LinkHealth }
  /** The websocket broke, and the library tries to resume its session. */
  | { readonly status: 'resuming'; readonly networking: Networking }
  /** Between two attempts, or for the gateway's word. */
  | { readonly status: 'waiting' }
  /** The voice server let the bot go (4014) while the gateway was there, or as it went: a kick would be told, or it was the session. */
  | { readonly status: 'dismissed' }
  /** The place is gone: the reason is looked for. */
  | { readonly status: 'leaving' }
  | { readonly status: 'closed' };
