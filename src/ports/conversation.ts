// What commands ask of a conversation, and what they are told of it. Types only.

import type { AnswerReason, Audience, EndReason } from './bridge-events.ts';
import type { ConversationMode } from './record.ts';
import type { GuildSettings } from './settings.ts';
import type { ToolCall } from './tool-calls.ts';
import type { CallOrigin } from './tools.ts';
import type { Person, UserId } from './voice.ts';

/** What became of one turn. Instants in ms since 1970; names are untrusted text. */
export interface TurnStory {
  readonly turnId: number;
  /** When its sound began, or when it was typed. */
  readonly at: number;
  /** null: nobody can say who spoke. */
  readonly name: string | null;
  readonly typed: boolean;
  /** How long it waited for the floor, and for whom; `by` null: for the bot or its model. */
  readonly waited: { readonly ms: number; readonly by: string | null } | null;
  /** undefined: it goes on. */
  readonly spokeMs?: number;
  /** Whom the bot answered when it began; null: it was typed. */
  readonly audience: Audience | null;
  /** Only of an audience of `some`; absent: not yet. */
  readonly decision?: { readonly answered: boolean; readonly reason: AnswerReason };
  /** When its last sound came, it was over, all its words were there, it was decided, and the answer began to sound. */
  readonly spokenAt?: number;
  readonly endedAt?: number;
  readonly wordsAt?: number;
  readonly decidedAt?: number;
  readonly audibleAt?: number;
  /** How its last reply ended. `by`: who cut it off. */
  readonly reply?: {
    readonly heardMs: number;
    readonly producedMs: number;
    readonly interrupted: boolean;
    readonly by?: string;
  };
}

/** What became of somebody's wish to cancel a call. `not-yours`: only its askers and moderators may. */
export type CancelOutcome = 'cancelled' | 'not-yours' | 'over';

/** A call that was made before. `origin`: what its arguments may come from. */
export type RepeatedCall = Pick<ToolCall, 'name' | 'arguments'> & { readonly origin?: CallOrigin | undefined };

/** What became of somebody's wish to run a call again. `running`: theirs already is. */
export type AgainOutcome = 'started' | 'running';

/** The state of a bridge for `/status`. Latencies in ms, newest last, at most 20 of each. */
export interface BridgeStatus {
  readonly guildId: string;
  readonly channelId: string;
  readonly mode: ConversationMode;
  /** The label of the model in use. */
  readonly model: string;
  /** The label of the model that writes down beside it, and gets everybody's sound, too; null: none. */
  readonly transcriber: string | null;
  readonly startedAt: number;
  readonly holder: Person | null;
  readonly waiting: readonly Person[];
  readonly speaking: boolean;
  readonly turns: number;
  /** End of speech decided → first sound of the reply. */
  readonly replyLatenciesMs: readonly number[];
  readonly interruptions: number;
  /** People whose packets arrive badly: what share of them was missing of late, 0…1. */
  readonly badReception: readonly { readonly person: Person; readonly loss: number }[];
  /** People in the channel who may not be heard. Absent: nobody. */
  readonly unheard?: readonly Person[];
  /** How often the voice connection was made anew, and how often of these because somebody was not heard. */
  readonly rejoins: number;
  readonly deafRejoins: number;
}

/** What the bot is to say of its own accord. `name`: what the turn is called, such as `Reminder`. Untrusted text. */
export interface Announcement {
  readonly name: string;
  readonly text: string;
  /** Whom it is for. */
  readonly about?: UserId;
  /** There may be text from outside in it. */
  readonly outside?: boolean | undefined;
}

/** One voice channel joined to one session, as the commands see it. */
export interface BridgeHandle {
  readonly guildId: string;
  readonly channelId: string;
  status(): BridgeStatus;
  /**
   * Types into the conversation; the model answers aloud when the floor is quiet. False, and nothing is done, where this
   * person has typed enough that waits still, and where it only listens.
   */
  ask(person: Person, text: string): boolean;
  /**
   * Has the model say something that nobody asked for, when the floor is quiet. The turn is nobody's, so its reply has
   * nobody's rights. True once the reply has sounded; false when the conversation ended before, and where the bot only
   * listens.
   */
  announce(announcement: Announcement): Promise<boolean>;
  /**
   * Takes on changed settings; another model takes over in a quiet moment. Returns the names of those that the running
   * session cannot take on before the next join. `chosen`: what somebody just set: a model that had failed is tried again.
   */
  apply(settings: GuildSettings, chosen?: readonly (keyof GuildSettings)[]): readonly (keyof GuildSettings)[];
  /** Cancels a running call for this person. `keepsOrder`: they may manage messages where the transcript is. */
  cancelTool(cancelId: string, by: Person, keepsOrder: boolean): CancelOutcome;
  /** Runs a call once more as this person, with their rights. The model hears of the result and is not asked about it. */
  runAgain(call: RepeatedCall, by: Person): AgainOutcome;
  /** It is about to end: close() was called, and is waiting for last words. Absent: no. */
  readonly isLeaving?: boolean;
  /** Idempotent; ends with an `ended` event. */
  close(reason: EndReason): Promise<void>;
}

/** Where to open a conversation, and who asked. `returning`: long ago, before a restart. */
export interface OpenRequest {
  readonly guildId: string;
  readonly channelId: string;
  readonly by: Person;
  /** Default `talk`. */
  readonly mode?: ConversationMode;
  readonly returning?: boolean;
}

/** A conversation that is wanted and not there yet. */
export interface Opening {
  readonly guildId: string;
  readonly channelId: string;
  readonly by: Person;
  readonly mode: ConversationMode;
  /** After a restart, perhaps waiting for its next attempt. */
  readonly returning: boolean;
  /** Gives it up; whoever asked for it reads `told`. Resolves when nothing of it is left. */
  callOff(told: string): Promise<void>;
}

/** All conversations of this process; at most one a guild. */
export interface Bridges {
  find(guildId: string): BridgeHandle | undefined;
  /** The conversation that is wanted in this guild and not there yet. */
  opening(guildId: string): Opening | undefined;
  /**
   * Connects to the model and joins the channel. Rejects with SessionLostError or LineLostError, leaving nothing behind, or
   * with CalledOffError.
   */
  open(request: OpenRequest): Promise<BridgeHandle>;
  closeAll(reason: EndReason): Promise<void>;
  /** Servers that wait because there are as many conversations as there may be. */
  readonly waiting: {
    /** Waits for room, in the place of an earlier request of the same server; the conversation opens by itself. Gives the place. */
    add(request: OpenRequest): number;
    placeOf(guildId: string): number | undefined;
    remove(guildId: string): boolean;
  };
}
