// Every interface between the rooms of the house. Read this first. Types only: nothing here runs.
// Instants (`…At`) are milliseconds of performance.now(); durations end in `Ms`.

/** Mono signed 16-bit samples. The rate is that of the port which they cross. */
export type Pcm = Int16Array;
/** A rate at which both Opus and the speech models work, so that no resampler is needed. */
export type PcmRate = 16000 | 24000;
/** A Discord user id (snowflake). */
export type UserId = string;

/** Somebody in the voice channel, under the name that the guild shows. The name is untrusted text. */
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
  /** Somebody speaks and is not heard, and a new connection did not help. */
  | { readonly type: 'unheard'; readonly userId: UserId }
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

/** One person's go. `userId` is pinned when the turn begins and never changes; null: nobody can say who spoke. */
export interface Turn {
  readonly id: number;
  readonly userId: UserId | null;
  readonly name: string;
}

/** What one exact model can do; data, in model/capabilities.ts. */
export interface Capabilities {
  readonly voices: readonly string[];
  readonly turnDetection: readonly TurnDetection[];
  /** Settings that a running session takes on; the others wait for the next one. */
  readonly updates: readonly (keyof SessionOptions)[];
}

/** A tool as the model sees it. `parameters` is a JSON Schema object. */
export interface ToolDeclaration {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What a session is opened with. `voice` and `language` null: the model's own default. */
export interface SessionOptions {
  readonly instructions: string;
  readonly voice: string | null;
  /** BCP-47 tag, as a hint for the transcription of people. */
  readonly language: string | null;
  readonly tools: readonly ToolDeclaration[];
  readonly turnDetection: TurnDetection;
  readonly silenceMs: number;
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
   * One connection, ready to hear, that knows of `history`. Throws SessionLostError; aborting the signal closes what
   * was opened.
   */
  connect(options: SessionOptions, signal: AbortSignal, history?: readonly HistoryItem[]): Promise<SpeechSession>;
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
  | { readonly type: 'reply-started'; readonly replyId: string; readonly turnIds: readonly number[] }
  /** 24 kHz. */
  | { readonly type: 'audio'; readonly replyId: string; readonly itemId: string; readonly pcm: Pcm }
  /** No more sound comes for this reply. */
  | { readonly type: 'audio-done'; readonly replyId: string }
  /** All that is known of what the person said in this turn. `turnId` null: the speaker is uncertain. */
  | { readonly type: 'turn-transcript'; readonly turnId: number | null; readonly text: string; readonly final: boolean }
  /** The next piece of what the model says in this reply. */
  | { readonly type: 'reply-transcript'; readonly replyId: string; readonly delta: string }
  /** `arguments`: JSON text as the model wrote it, unchecked. */
  | { readonly type: 'tool-call'; readonly call: ToolCall }
  | { readonly type: 'tool-cancelled'; readonly callIds: readonly string[] }
  /** The provider broke the reply off: nothing of it may be played any more. */
  | { readonly type: 'interrupted' }
  /** `awaitsTools`: the reply goes on in another one once its tool calls have results. */
  | {
      readonly type: 'reply-done';
      readonly replyId: string;
      readonly status: 'completed' | 'cancelled' | 'failed';
      readonly awaitsTools: boolean;
      readonly usage: Usage | null;
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
      readonly seconds: number;
      readonly estimated: boolean;
    }
  /** Only with `server` and `semantic` turn detection: the provider closed this turn. The bridge answers with endTurn. */
  | { readonly type: 'turn-closed'; readonly turnId: number }
  /** The provider said no to something; the session goes on. `message` is for the log. */
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'going-away'; readonly timeLeftMs: number }
  /** The connection is being made anew, and that takes a while; what people say is kept. `message`: for people. */
  | { readonly type: 'paused'; readonly message: string }
  | { readonly type: 'resumed'; readonly message: string };

export interface ToolCall {
  readonly callId: string;
  readonly replyId: string;
  readonly turnIds: readonly number[];
  readonly name: string;
  readonly arguments: string;
}

/** A conversation with a speech model. No method throws or waits; what goes wrong ends `events` with SessionLostError. */
export interface SpeechSession {
  /** Ends on close(); throws SessionLostError when the connection was lost. Read by one reader. */
  readonly events: AsyncIterable<SessionEvent>;
  /** When the provider will end it, where that is known from the beginning. */
  readonly expiresAt?: number | undefined;
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
  /**
   * Stops the reply under way and drops what still comes of it. `heard`: what was played of each reply that was
   * not played to its end, oldest first. A reply of which nothing was heard leaves its turns unanswered.
   */
  interrupt(heard: readonly Heard[]): void;
  /** Hands over a result; does not ask for a reply (OpenAI: respond() does; Gemini goes on by itself). */
  sendToolResult(result: ToolResult): void;
  /** Applies what the model can change while it runs (Capabilities.updates); ignores the rest. */
  update(options: SessionOptions): void;
  /** Idempotent. */
  close(): void;
}

// ---- Text, people, tools, settings ----------------------------------------------------------------

/** A text channel of Discord. Mentions never ping. Rejects with an Error whose message a person can read. */
export interface TextChannel {
  /** Posts and gives the message's id. `content` at most 2,000 characters. */
  post(content: string): Promise<string>;
  edit(messageId: string, content: string): Promise<void>;
}

/** Who is in the voice channel and what Discord lets them do. Answers from memory. */
export interface Room {
  readonly guildId: string;
  readonly channelId: string;
  /** The people (no bots) in the voice channel now. */
  people(): readonly Person[];
  /** The name that the guild shows; the id itself where it is unknown. */
  nameOf(userId: UserId): string;
  /** Whether Discord lets this person write in the transcript's text channel. */
  mayWrite(userId: UserId): boolean;
}

/** For whom a tool runs. `askers` are the people behind the turns; `certain` is false where one of them is unknown. */
export interface ToolContext {
  readonly room: Room;
  readonly text: TextChannel;
  readonly askers: readonly Person[];
  readonly certain: boolean;
  readonly signal: AbortSignal;
}

/** What the model may do. */
export interface Toolbox {
  /** The tools switched on in this guild. */
  declarations(disabled: readonly string[]): readonly ToolDeclaration[];
  /** Never throws: refusal, bad arguments, deadline and failure are results. */
  run(call: ToolCall, disabled: readonly string[], context: ToolContext): Promise<ToolResult>;
}

/** What a guild can set. Every field has a default (store/settings.ts). */
export interface GuildSettings {
  readonly voice: string | null;
  readonly persona: string;
  readonly language: string | null;
  /** Silence that ends a turn. */
  readonly silenceMs: number;
  /** Speech that cuts the bot off; 0: it cannot be interrupted. */
  readonly interruptionMs: number;
  readonly turnDetection: TurnDetection;
  /** null: the voice channel's own chat. */
  readonly transcriptChannelId: string | null;
  readonly disabledTools: readonly string[];
  /** Leave after being alone this long. */
  readonly aloneMs: number;
  /** Leave when nobody spoke this long. */
  readonly idleMs: number;
  /** What a UTC day may cost; 0: no limit. */
  readonly budgetUsd: number;
}

/** Settings of every guild. */
export interface SettingsStore {
  get(guildId: string): Promise<GuildSettings>;
  /** Writes the given fields and returns all. Throws RangeError with a readable message for a value out of range. */
  set(guildId: string, change: Partial<GuildSettings>): Promise<GuildSettings>;
}

/** What one person used of one model. `costUsd` null: no price is known. `userId` empty: nobody knows whose it was. */
export interface UsageLine {
  readonly userId: UserId;
  /** The name that the guild showed last. Untrusted text. */
  readonly name: string;
  readonly channelId: string;
  readonly provider: Provider;
  readonly model: string;
  /** A share of a reply counts as that part of one. */
  readonly replies: number;
  readonly tokens: Tokens;
  /** Sound that was transcribed and billed apart. */
  readonly seconds: number;
  readonly estimated: boolean;
  readonly costUsd: number | null;
}

/** What guilds used; days and months are those of UTC. */
export interface UsageReport {
  today(guildId: string): Promise<readonly UsageLine[]>;
  month(guildId: string): Promise<readonly UsageLine[]>;
  /** The guild's budget when today's is spent; undefined while there is something left or no budget. */
  exhausted(guildId: string): Promise<number | undefined>;
}
