// What happens in a bridge, and why it ends. Types only.

import type { Provider } from './capabilities.ts';
import type { SpeechModel } from './model.ts';
import type { ServerWork, ToolCall, ToolResult } from './tool-calls.ts';
import type { CallOrigin, Decision, PostExtras, Progress } from './tools.ts';
import type { BudgetState, Usage } from './usage.ts';
import type { Person, Turn, UserId } from './voice.ts';

/** Why a conversation ended. */
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
