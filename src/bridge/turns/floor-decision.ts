// What the floor decides and goes by. Types only.

import type { TurnDetection } from '../../ports/capabilities.ts';
import type { Announcement } from '../../ports/conversation.ts';
import type { Pcm, Turn, UserId } from '../../ports/voice.ts';

/** What the floor decided, in order. */
export type FloorDecision =
  /** Somebody began or stopped to speak. */
  | { readonly type: 'speaking'; readonly userId: UserId; readonly speaking: boolean; readonly levelDb: number }
  /** How loud a speaking person is, about five times a second. */
  | { readonly type: 'level'; readonly userId: UserId; readonly levelDb: number }
  /** A first voiced frame while the bot speaks: lower its voice. */
  | { readonly type: 'duck'; readonly userId: UserId }
  | { readonly type: 'unduck' }
  /** Confirmed speech of a person over the bot (or over a reply not yet audible): cut it. */
  | { readonly type: 'interrupt'; readonly userId: UserId; readonly firstVoicedAt: number }
  /** `voicedFrom`, `voicedUntil`: when the first and the last voiced packet of the turn came. */
  | { readonly type: 'begin'; readonly turn: Turn; readonly queuedMs: number; readonly voicedFrom: number }
  | { readonly type: 'audio'; readonly pcm: Pcm }
  | {
      readonly type: 'end';
      readonly turn: Turn;
      readonly speechMs: number;
      readonly respond: boolean;
      readonly voicedFrom: number;
      readonly voicedUntil: number;
    }
  /** A typed turn, or an announcement's; only given when no turn is open. */
  | { readonly type: 'text'; readonly turn: Turn; readonly text: string; readonly announcement?: Announcement }
  | { readonly type: 'dropped'; readonly userId: UserId; readonly ms: number };

/** What the bot is doing, as far as the floor must know: a reply is not yet audible, or sounds. */
export type BotState = 'silent' | 'preparing' | 'speaking';

/** Settings that the floor follows; may change at any time. */
export interface FloorSettings {
  readonly silenceMs: number;
  readonly interruptionMs: number;
  readonly turnDetection: TurnDetection;
  /** What people say is answered, so nobody is kept waiting by others who go on speaking. Absent: no. */
  readonly answers?: boolean;
}
