// Every interface between the rooms of the house. Read this first. Types only: nothing here runs.
// Instants (`…At`) are milliseconds of performance.now(); durations end in `Ms`.

/** Mono signed 16-bit samples. The rate is that of the port which they cross. */
export type Pcm = Int16Array;
/** A rate at which both Opus and the speech models work. */
export type PcmRate = 16000 | 24000;
/** A Discord user id (snowflake). */
export type UserId = string;

/**
 * Somebody in the voice channel, under the name that the guild shows, marked where it could be taken for the bot's. The name
 * is untrusted text.
 */
export interface Person {
  readonly userId: UserId;
  readonly name: string;
}

// ---- Discord's voice ------------------------------------------------------------------------------

/**
 * 2.5–60 ms of one person's sound at the line's input rate. `gapMs`: silence before it, by the sender's own clock
 * (Discord sends nothing while somebody is silent). `receivedAt`: when its packet came. `concealed`: the packet was lost.
 */
export interface Frame {
  readonly type: 'frame';
  readonly userId: UserId;
  readonly pcm: Pcm;
  readonly gapMs: number;
  readonly receivedAt: number;
  readonly concealed: boolean;
}

/** What comes from a voice channel. Frames of one person come in their order, each exactly once. */
export type LineEvent =
  | Frame
  | { readonly type: 'joined'; readonly userId: UserId }
  /** The person left the channel; no frame of theirs follows until they join again. */
  | { readonly type: 'left'; readonly userId: UserId }
  /** Somebody moved the bot: the line goes on in another channel, with other people. */
  | { readonly type: 'moved'; readonly channelId: string }
  /** The connection was made anew. `cause` deaf: because somebody spoke and was not heard. */
  | { readonly type: 'recovered'; readonly cause: 'lost' | 'deaf'; readonly gapMs: number }
  /** Somebody speaks and is not heard, and a new connection did not help; null: Discord does not say who. */
  | { readonly type: 'unheard'; readonly userId: UserId | null }
  /** A moderator muted or deafened the bot, or it may not speak here; or that is over. */
  | { readonly type: 'hindered'; readonly by: 'mute' | 'deaf' | 'suppress'; readonly hindered: boolean };

/** What the pacer pulls from: one 20 ms frame (480 samples at 24 kHz), or undefined when there is nothing to play. */
export interface FrameSource {
  pull(): Pcm | undefined;
}

/** How one person's packets arrive: `received` since they came, and what share was missing of late, 0…1. */
interface Reception {
  readonly userId: UserId;
  readonly received: number;
  readonly recentLoss: number;
}

/** The bot's place in one voice channel. Whoever opened it closes it. */
export interface VoiceLine {
  readonly guildId: string;
  /** Where it is now: a `moved` event changes it. */
  readonly channelId: string;
  /** Ends on close(); throws LineLostError when the place was lost against our will. Read by one reader. */
  readonly events: AsyncIterable<LineEvent>;
  /** How each person's packets arrive; absent where nobody counts. */
  readonly reception?: readonly Reception[];
  /** Pulls a frame every 20 ms until the source has none, then ends the talk spurt. Does nothing while it already plays. */
  play(source: FrameSource): void;
  /** Idempotent. */
  close(): Promise<void>;
}

// ---- The speech model -----------------------------------------------------------------------------

export type Provider = 'openai' | 'azure' | 'gemini' | 'vertex';
/** Who draws the end of a turn: Parley itself, the provider's level-based detector, or its semantic one. */
export type TurnDetection = 'manual' | 'server' | 'semantic';
/** Whether the model speaks its answers, or writes them and they are posted. */
export type ReplyForm = 'voice' | 'text';
/** Tools that the provider itself runs, by the names under which people switch them. */
export type ServerTool = 'google_search' | 'code_execution' | 'url_context';

/** One person's go. `userId` is pinned when the turn begins and never changes; null: nobody can say who spoke. */
export interface Turn {
  readonly id: number;
  readonly userId: UserId | null;
  readonly name: string;
  /** It may not be meant for the bot, which goes by these names: a model that can choose answers only if it is. */
  readonly onlyIfCalled?: readonly string[] | undefined;
  /** Of a turn that is nobody's: whom it is for, such as whoever is reminded. It gives no rights. */
  readonly about?: UserId;
}

/**
 * What a model does with a turn for which no reply was asked: it waits; it chooses itself whether it was spoken to; or it
 * answers all the same, and its answer is held back. (null: nobody writes down what people say, so nobody can tell.)
 */
export type Unasked = 'waits' | 'chooses' | 'answers';

/** What one exact model can do; data, in model/capabilities.ts. */
export interface Capabilities {
  readonly voices: readonly string[];
  readonly turnDetection: readonly TurnDetection[];
  /** Settings that a running session takes on; the others wait for the next one. */
  readonly updates: readonly (keyof SessionOptions)[];
  readonly replyForms: readonly ReplyForm[];
  readonly serverTools: readonly ServerTool[];
  /**
   * Its service takes one kind of tool in a session: functions of ours, or one of `serverTools`. Absent: they combine as
   * one likes.
   */
  readonly oneKindOfTool?: true;
  /** Labels of the hosted MCP servers that are configured and that the model can use. */
  readonly mcpServers: readonly string[];
  /** Labels of those that are configured and that the model is not known to take. Absent: none. */
  readonly unusedMcpServers?: readonly string[];
  /** Whether the model itself goes on talking while a tool runs, or we have to order its calls and results for it. */
  readonly asyncTools: 'native' | 'sequenced';
  /** See Unasked. `may-choose`: it chooses if its session was opened so, else it answers. */
  readonly unasked: Unasked | 'may-choose' | null;
  /** It only writes down: it answers nothing, and takes no tools, texts and voices. */
  readonly listensOnly?: true;
}

/**
 * How the result of a tool that the model does not wait for comes in. `interrupt`: it cuts in on the bot's own speech,
 * never on a person's. `when-idle`: once nobody speaks, the bot included. `silent`: it is only added, for the next reply.
 */
export type Delivery = 'interrupt' | 'when-idle' | 'silent';

/** A tool as the model sees it. `parameters` is a JSON Schema object. */
export interface ToolDeclaration {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The model does not wait for this tool, and its result comes in like this. Absent: the model waits. */
  readonly delivery?: Delivery | undefined;
  /** A person confirms it before it runs. */
  readonly confirm?: true | undefined;
  /** Of a tool that runs while a person cuts the bot off. Default `go-on`. */
  readonly onInterrupt?: 'abort' | 'go-on' | undefined;
}

/** What somebody had the bot keep. Untrusted text. */
export interface KeptWords {
  readonly by: Person;
  /** There may be text from outside in it. */
  readonly outside?: boolean | undefined;
  readonly text: string;
}

/** What a session is opened with. `voice` and `language` null: the model's own default. */
export interface SessionOptions {
  /** Only what we and whoever manages the server wrote: with more authority than anything that people say. */
  readonly instructions: string;
  /** Told as data, with no more authority than what people say. Absent: none. */
  readonly notes?: readonly KeptWords[];
  readonly voice: string | null;
  /** BCP-47 tag, as a hint for the transcription of people. */
  readonly language: string | null;
  readonly tools: readonly ToolDeclaration[];
  readonly turnDetection: TurnDetection;
  readonly silenceMs: number;
  readonly replyForm: ReplyForm;
  /** It stays silent where it is not spoken to; for models that may choose. */
  readonly choosing?: boolean | undefined;
  readonly serverTools: readonly ServerTool[];
  /** Labels of hosted MCP servers (Capabilities.mcpServers). */
  readonly mcpServers: readonly string[];
}

/** Something said or done before a session began, in words. Untrusted text. */
export type HistoryItem =
  | { readonly by: 'person'; readonly name: string; readonly text: string }
  | { readonly by: 'model' | 'tool'; readonly text: string };

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

/** What a tool brought. `output` is text for the model (usually JSON); a failure is a result like any other. */
export interface ToolResult {
  readonly callId: string;
  readonly name: string;
  readonly ok: boolean;
  readonly output: string;
  /** There is text from outside in it, which may try to give orders. */
  readonly outside?: boolean | undefined;
  /** Of a call that was acknowledged before: how this later result comes in. */
  readonly delivery?: Delivery | undefined;
  /** For people, where `output` had to be cut: all of it, as JSON text. */
  readonly full?: string | undefined;
}

/** Tokens by what they stand for. The `cached…` ones are counted there only. */
export interface Tokens {
  readonly textIn: number;
  readonly cachedTextIn: number;
  readonly audioIn: number;
  readonly cachedAudioIn: number;
  readonly textOut: number;
  readonly audioOut: number;
}

/** Tokens of one reply. `estimated`: the provider did not report them, or not by modality. */
export interface Usage {
  /** Web searches of the provider, billed apart. Absent: none. */
  readonly searches?: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly tokens: Tokens;
  readonly estimated: boolean;
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
  | { readonly type: 'going-away'; readonly timeLeftMs: number }
  /** The provider can restore the session as it is now, for SpeechModel.connect. Only a single connection says it. */
  | { readonly type: 'resumable'; readonly handle: string }
  /** The connection is being made anew, and that takes a while; what people say is kept. `message`: for people. */
  | { readonly type: 'paused'; readonly message: string }
  | { readonly type: 'resumed'; readonly message: string }
  /** The conversation goes on with this model. `message`: one line for people. Only a Conversation says it. */
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

/** A web page behind an answer. Untrusted: `url` may be anything. */
export interface Source {
  readonly title: string;
  readonly url: string;
}

/** What a tool of the provider did, as far as it tells. All of it is untrusted text. */
export type ServerWork =
  /**
   * Pages that were found or read, each told once a reply. `searches`: how many queries these are billed as. `suggestions`:
   * links to the search itself, which the provider's terms want shown with the answer.
   */
  | {
      readonly kind: 'sources';
      readonly searches: number;
      readonly sources: readonly Source[];
      readonly suggestions?: readonly Source[];
    }
  | { readonly kind: 'code'; readonly language: string; readonly code: string }
  | { readonly kind: 'code-output'; readonly ok: boolean; readonly output: string }
  /** A call on a hosted MCP server; `result` null: it has begun. */
  | {
      readonly kind: 'call';
      readonly callId: string;
      readonly server: string;
      readonly name: string;
      readonly arguments: string;
      readonly result: { readonly ok: boolean; readonly output: string } | null;
    };

export interface ToolCall {
  readonly callId: string;
  readonly replyId: string;
  readonly turnIds: readonly number[];
  readonly name: string;
  readonly arguments: string;
}

/** A call that goes on beside the conversation. `confirm`: a person is asked first, and the model may say so. */
export type Acknowledged = Pick<ToolCall, 'callId' | 'name'> & { readonly confirm?: boolean | undefined };

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
export interface Conversation extends SpeechSession {
  /** Another model writes people's words down now, beside the one that answers. Absent: none does. */
  readonly writes?: boolean;
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
  forget(userId: UserId, instructions: string): boolean;
  /**
   * Goes on in a session that knows of nothing so far: no turn, answer or result, and nothing of these is answered any
   * more. Words of turns that have ended are still told. `instructions` and `notes` take the place of those before.
   */
  beginAnew(instructions: string, notes?: readonly KeptWords[]): void;
}
