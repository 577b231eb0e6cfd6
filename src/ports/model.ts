// A speech model and its sessions: everything that a bridge asks of one, and everything that comes from it. Types only.

import type { Capabilities, HistoryItem, KeptWords, Provider, SessionOptions } from './capabilities.ts';
import type { Acknowledged, ServerWork, ToolCall, ToolResult } from './tool-calls.ts';
import type { Usage } from './usage.ts';
import type { Pcm, PcmRate, Turn, UserId } from './voice.ts';

/** A provider and one model of it. */
export interface SpeechModel {
  readonly provider: Provider;
  /** The model's id, e.g. `gpt-realtime-2.1`. */
  readonly name: string;
  /** For people: where the sound goes, e.g. `OpenAI (gpt-realtime-2.1)`. */
  readonly label: string;
  readonly inputRate: PcmRate;
  readonly capabilities: Capabilities;
  /**
   * One connection, ready to hear, that knows of `history`, and with `handle` (of a `resumable` event of the same
   * model) of all that its session knew then. Throws SessionLostError; aborting the signal closes what was opened.
   */
  connect(
    options: SessionOptions,
    signal: AbortSignal,
    history?: readonly HistoryItem[],
    handle?: string,
  ): Promise<SpeechSession>;
}

/** How much of one reply was really played. Items in the order of the reply; an item that never sounded has 0. */
export interface Heard {
  readonly replyId: string;
  readonly items: readonly { readonly itemId: string; readonly heardMs: number }[];
}

/**
 * What comes from a session. A reply answers the turns in `turnIds`: every turn that was ended and is not
 * answered yet, plus the turns behind the tool results that it uses. Where an adapter cannot be sure, it names
 * all turns in question, so that rights can only shrink.
 */
export type SessionEvent =
  /** `turnIds`: all that it may answer. `doubtful`: those of them to which the answer may come later all the same. */
  | {
      readonly type: 'reply-started';
      readonly replyId: string;
      readonly turnIds: readonly number[];
      readonly doubtful?: readonly number[];
    }
  /** 24 kHz. */
  | { readonly type: 'audio'; readonly replyId: string; readonly itemId: string; readonly pcm: Pcm }
  /** No more sound comes for this reply. */
  | { readonly type: 'audio-done'; readonly replyId: string }
  /**
   * All that is known of what the person said in this turn. `turnId` null: the speaker is uncertain. `itemIds`: the
   * provider's ids of the turn, where it has any. `exact`: no words of another turn are among them, even where the model
   * in use lets turns run together. `missing`: nobody could write them down, and `text` says so. `insteadOf`: the text of a
   * final line of an uncertain speaker that was told before: these are its words, and it goes.
   */
  | {
      readonly type: 'turn-transcript';
      readonly turnId: number | null;
      readonly text: string;
      readonly final: boolean;
      readonly itemIds?: readonly string[];
      readonly exact?: true;
      readonly missing?: true;
      readonly insteadOf?: string;
    }
  /** The next piece of what the model says in this reply. */
  | { readonly type: 'reply-transcript'; readonly replyId: string; readonly delta: string }
  /** `arguments`: JSON text as the model wrote it, unchecked. */
  | { readonly type: 'tool-call'; readonly call: ToolCall }
  | { readonly type: 'tool-cancelled'; readonly callIds: readonly string[] }
  /** A tool that the provider runs did something for this reply. */
  | { readonly type: 'server-tool'; readonly replyId: string; readonly work: ServerWork }
  /** The provider wants leave to run a call on a hosted MCP server. The bridge answers with approve(). */
  | { readonly type: 'approval-request'; readonly call: ToolCall; readonly server: string }
  /**
   * The provider broke the reply off: nothing of it may be played any more. `goesOn`: its connection was lost, and the next
   * one goes on with it.
   */
  | { readonly type: 'interrupted'; readonly goesOn?: true }
  /** `awaitsTools`: the reply goes on in another one once its tool calls have results. */
  | {
      readonly type: 'reply-done';
      readonly replyId: string;
      readonly status: 'completed' | 'cancelled' | 'failed';
      readonly awaitsTools: boolean;
      readonly usage: Usage | null;
      readonly shortfall?: Shortfall;
    }
  /** A reply that the bridge was never told of was billed all the same. */
  | {
      readonly type: 'unheard-usage';
      readonly replyId: string;
      readonly turnIds: readonly number[];
      readonly usage: Usage;
    }
  /** The transcription of a turn is billed apart, by the length of its sound. `turnId` null: the speaker is uncertain. */
  | {
      readonly type: 'transcription-usage';
      readonly turnId: number | null;
      readonly model: string;
      /** Absent: that of the session. */
      readonly provider?: Provider;
      readonly seconds: number;
      readonly estimated: boolean;
    }
  /** Only with `server` and `semantic` turn detection: the provider closed this turn. The bridge answers with endTurn. */
  | { readonly type: 'turn-closed'; readonly turnId: number }
  /** The provider said no to something; the session goes on. `message` is for the log. */
  | { readonly type: 'refused'; readonly message: string }
  /** Something that people should read; the conversation goes on untouched. */
  | { readonly type: 'notice'; readonly message: string }
  /** The connection ends; `ours`: it is of no use any more, whatever its server says. */
  | { readonly type: 'going-away'; readonly timeLeftMs: number; readonly ours?: true }
  /** The provider can restore the session as it is now, for SpeechModel.connect. Only a single connection says it. */
  | { readonly type: 'resumable'; readonly handle: string }
  /** The connection is being made anew, and that takes a while; what people say is kept. `message`: for people. */
  | { readonly type: 'paused'; readonly message: string }
  | { readonly type: 'resumed'; readonly message: string }
  /** The conversation goes on with this model. `message`: one line for people. Only a DurableSession says it. */
  | { readonly type: 'model-changed'; readonly model: SpeechModel; readonly message: string };

/**
 * Why a reply that nobody cut off is not the answer that it should have been. `empty`: nothing was said or done in it, so
 * whoever asked is owed an answer still, and the session gives it when it is asked again (or `pass` says that nobody
 * waits). `reason`: the service's own, as a sentence for people; null: it gave none. `said`: what it said, for the log.
 * `againInMs`: not before that does it want to be asked again.
 */
export interface Shortfall {
  readonly empty: boolean;
  readonly reason: string | null;
  readonly said: string;
  readonly againInMs?: number | undefined;
}

/** A conversation with a speech model. No method throws or waits; what goes wrong ends `events` with SessionLostError. */
export interface SpeechSession {
  /** Ends on close(); throws SessionLostError when the connection was lost. Read by one reader. */
  readonly events: AsyncIterable<SessionEvent>;
  /** When the provider will end it, where that is known from the beginning. */
  readonly expiresAt?: number | undefined;
  /** Where its server restores it, it still knows the notes and the history that it was opened with. Absent: no. */
  readonly keepsTold?: boolean | undefined;
  /** Opens a person's turn and tells the model who speaks. One turn is open at a time. */
  beginTurn(turn: Turn): void;
  /** Sound of the open turn at the model's input rate, faster than real time if need be. */
  appendAudio(pcm: Pcm): void;
  /** Closes the open turn. `respond` false: it waits, and the next reply answers it too. */
  endTurn(respond: boolean): void;
  /** A whole turn in writing, answered at once. No turn may be open. */
  appendText(turn: Turn, text: string): void;
  /** Asks for a reply to every unanswered turn and tool result. Waits by itself for a reply still under way. */
  respond(): void;
  /** These turns want no answer: they stay in the conversation as heard. Whoever is answered next has no more rights for it. */
  pass(turnIds: readonly number[]): void;
  /**
   * Stops the reply under way and drops what still comes of it. `heard`: what was played of each reply that was
   * not played to its end, oldest first. A reply of which nothing was heard leaves its turns unanswered.
   */
  interrupt(heard: readonly Heard[]): void;
  /**
   * This person does not want to be heard any more. Nothing of these turns is sent (again), asked for or told, and what
   * the provider has of them is deleted where it can be; one that is open ends. Nothing that they said before is told to
   * a later connection. A reply under way is not stopped: interrupt() comes first where it should be.
   */
  withdraw(userId: UserId, turnIds: readonly number[]): void;
  /**
   * The model need not wait for this call any longer: its result comes later, with a `delivery`. Gives whether the
   * model has to be asked to go on, as after a result.
   */
  acknowledge(call: Acknowledged): boolean;
  /**
   * Hands over a result; does not ask for a reply (OpenAI: respond() does; Gemini goes on by itself). With a `delivery`
   * that is not silent, no turn may be open, and respond() is to follow.
   */
  sendToolResult(result: ToolResult): void;
  /** Answers an `approval-request`; `reason` is for the model. */
  approve(callId: string, approved: boolean, reason: string): void;
  /** Applies what the model can change while it runs (Capabilities.updates); ignores the rest. */
  update(options: SessionOptions): void;
  /** Idempotent. */
  close(): void;
}

/** A conversation that outlives its connections, and can go on with another model. */
export interface DurableSession extends SpeechSession {
  /** Another model writes people's words down now, beside the one that answers. Absent: none does. */
  readonly transcribes?: boolean;
  /**
   * Goes on with another model, in a quiet moment, with the history in words; nothing said is lost. Sound stays at the
   * rate of the first model. `model-changed` says how it ended; it names the old model where the new one cannot be had.
   */
  switchTo(model: SpeechModel, options: SessionOptions): void;
  /**
   * The result of a call that a person made without the model. It is told of it in words with its next request, as
   * belonging to these turns; nothing is asked for.
   */
  tell(result: ToolResult, turnIds: readonly number[]): void;
  /**
   * Goes on in a session that never heard this person: their turns, the calls and the answers to them are left out of
   * what it is told, and so are their notes; `instructions` take the place of those before. What others wait for is given to it. Gives
   * whether an answer to others is still to come.
   */
  erase(userId: UserId, instructions: string): boolean;
  /**
   * Goes on in a session that knows of nothing so far: no turn, answer or result, and nothing of these is answered any
   * more. Words of turns that have ended are still told. `instructions` and `notes` take the place of those before.
   */
  beginAnew(instructions: string, notes?: readonly KeptWords[]): void;
}
