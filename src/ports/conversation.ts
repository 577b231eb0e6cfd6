// What a conversation tells and takes, for the commands, the transcript, the demo and the bench. Types only.
import type { BudgetState } from './budget.ts';
import type { Person, Provider, ServerWork, SpeechModel, ToolCall, ToolResult, Turn, Usage, UserId } from './model.ts';
import type { ConversationMode } from './record.ts';
import type { CallOrigin, Decision, GuildSettings, PostExtras, Progress } from './room.ts';

export type EndReason =
  /** Somebody asked (`by`: their user id), or the bot is stopping (null). */
  | { readonly kind: 'asked'; readonly by: string | null }
  | { readonly kind: 'alone' }
  | { readonly kind: 'idle' }
  /** What may be spent is spent. */
  | { readonly kind: 'budget'; readonly budget: BudgetState }
  /** `message` says what happened and what to do, for people. */
  | { readonly kind: 'line-lost'; readonly message: string }
  | { readonly kind: 'session-lost'; readonly message: string };

/**
 * When a turn's sound came, in ms since 1970: its first and its last voiced packet. Absent of what was typed.
 */
interface TurnSound {
  readonly soundStart?: number;
  readonly soundEnd?: number;
}

/** Why a turn is answered or not. `word` is untrusted text. */
export type AnswerReason =
  | { readonly kind: 'name'; readonly word: string; readonly place: 'start' | 'middle' | 'end' }
  /** Shortly after an answer to the same person. */
  | { readonly kind: 'follow-up' }
  /** Nobody else was there when the turn began. */
  | { readonly kind: 'alone' }
  /** The model decides whether it was spoken to. */
  | { readonly kind: 'model' }
  | { readonly kind: 'not-addressed' }
  /** Nobody wrote down in time what was said. */
  | { readonly kind: 'no-words' }
  /** Another bot's, whose turn before was answered: two bots would talk to one another without end. */
  | { readonly kind: 'bot-again' }
  | { readonly kind: 'never' };

/**
 * Whom the bot answers when a spoken turn begins. `some`: an `answer-decided` says whether this one. `untold`: everybody,
 * because nobody can tell in time who is called. `listens`: nobody, it only writes down.
 */
export type Audience = 'everybody' | 'some' | 'untold' | 'listens';

/** What happens in a bridge, for the transcript, the status, the demo's screen and the bench. */
export type BridgeEvent =
  | { readonly type: 'speaking'; readonly person: Person; readonly speaking: boolean; readonly levelDb: number }
  /** About five times a second while the person speaks. */
  | { readonly type: 'level'; readonly person: Person; readonly levelDb: number }
  /** `audience`: absent of what was typed. */
  | ({
      readonly type: 'turn-began';
      readonly turn: Turn;
      readonly queuedMs: number;
      readonly audience?: Audience;
    } & Pick<TurnSound, 'soundStart'>)
  | ({
      readonly type: 'turn-ended';
      readonly turn: Turn;
      readonly speechMs: number;
      readonly respond: boolean;
    } & TurnSound)
  /** `itemIds`: the provider's, where it told them. `insteadOf`: the text of somebody's final line that goes for it. */
  | {
      readonly type: 'turn-transcript';
      readonly turn: Turn | null;
      readonly text: string;
      readonly final: boolean;
      readonly itemIds?: readonly string[];
      readonly insteadOf?: string;
    }
  /** Its speaker does not want to be heard any more: nothing of this turn is to be kept, and no more of it comes. */
  | { readonly type: 'turn-withdrawn'; readonly turn: Turn }
  /** Whether the turn gets an answer, where that is not so for all. It may come before the turn ends. */
  | {
      readonly type: 'answer-decided';
      readonly turn: Turn;
      readonly answered: boolean;
      readonly reason: AnswerReason;
    }
  | { readonly type: 'reply-started'; readonly replyId: string; readonly turns: readonly Turn[] }
  /** `sinceTurnMs`: from the end of the turn to the first sound; null where no turn was just ended. */
  | { readonly type: 'reply-audible'; readonly replyId: string; readonly sinceTurnMs: number | null }
  | { readonly type: 'reply-transcript'; readonly replyId: string; readonly delta: string }
  /** Everything of the reply was played, or it was cut. `heardMs` of `producedMs`. `itemIds`: of its sound. */
  | {
      readonly type: 'reply-ended';
      readonly replyId: string;
      readonly heardMs: number;
      readonly producedMs: number;
      readonly interrupted: boolean;
      readonly itemIds?: readonly string[];
    }
  | { readonly type: 'ducked'; readonly by: Person }
  | { readonly type: 'unducked' }
  /** `afterMs`: from the interrupting person's first voiced packet to the cut. */
  | { readonly type: 'interrupted'; readonly by: Person; readonly afterMs: number }
  /** `cancelId`: for BridgeHandle.cancelTool, while the call runs. */
  | {
      readonly type: 'tool-started';
      readonly call: ToolCall;
      readonly askers: readonly Person[];
      readonly cancelId?: string;
    }
  | {
      readonly type: 'tool-ended';
      readonly call: ToolCall;
      readonly askers: readonly Person[];
      readonly result: ToolResult;
      readonly tookMs: number;
      /** For the post of the call. Absent: nothing. */
      readonly extras?: PostExtras | undefined;
      /** For the button that runs it again. Absent: it cannot be run again. */
      readonly againId?: string | undefined;
      /** What its arguments may come from, for whoever runs it again. Absent: from who asked alone. */
      readonly origin?: CallOrigin | undefined;
    }
  /**
   * What a call brought for its askers alone: it is posted to nobody, and stands in the record under the voice channel
   * where only they and others who may read it see it. `output`: JSON text.
   */
  | {
      readonly type: 'private-answer';
      readonly call: ToolCall;
      readonly askers: readonly Person[];
      readonly channelId: string;
      readonly output: string;
    }
  /**
   * Something was decided about what somebody wanted, for `/why`. `channelId`: the voice channel where they wanted it;
   * absent: the present one. `only`: nobody else knows of it, since they typed it for themselves.
   */
  | {
      readonly type: 'decided';
      readonly decision: Decision;
      readonly channelId?: string | undefined;
      readonly only?: UserId;
    }
  /** A running call says how far it is. */
  | { readonly type: 'tool-progress'; readonly callId: string; readonly progress: Progress }
  /** A tool that the provider runs did something for a reply to these turns. */
  | {
      readonly type: 'server-tool';
      readonly replyId: string;
      readonly turns: readonly Turn[];
      readonly work: ServerWork;
    }
  | { readonly type: 'speech-dropped'; readonly person: Person; readonly ms: number }
  | { readonly type: 'joined'; readonly person: Person }
  | { readonly type: 'left'; readonly person: Person }
  /** `turns`: those that the reply answered. */
  | { readonly type: 'usage'; readonly replyId: string; readonly turns: readonly Turn[]; readonly usage: Usage }
  | {
      readonly type: 'transcription-usage';
      readonly turns: readonly Turn[];
      readonly model: string;
      /** Absent: that of the conversation's model. */
      readonly provider?: Provider;
      readonly seconds: number;
      readonly estimated: boolean;
    }
  /** A moderator moved the bot: the conversation goes on in this channel. */
  | { readonly type: 'moved'; readonly channelId: string }
  /** The voice connection was made anew. `cause` deaf: somebody spoke and was not heard. */
  | { readonly type: 'recovered'; readonly cause: 'lost' | 'deaf'; readonly gapMs: number }
  /** Something went wrong that people should read; the conversation goes on. */
  | { readonly type: 'trouble'; readonly message: string }
  /** The conversation goes on with this model, asked for or not; what follows is its. `message`: one line for people. */
  | { readonly type: 'model-changed'; readonly model: SpeechModel; readonly message: string }
  | { readonly type: 'ended'; readonly reason: EndReason };

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
  readonly writer: string | null;
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
