import type { Capabilities } from '../ports/capabilities.ts';

/** How a model can be told to think: not at all; as it likes (any setting is refused); by a level; by a token budget. */
type Thinking = 'none' | 'fixed' | 'level' | 'budget';

/** What both adapters, and those who keep sessions alive, have to know about one model. */
interface ModelTraits {
  readonly capabilities: Capabilities;
  /** Whether it calls our own functions. */
  readonly functions: boolean;
  readonly thinking: Thinking;
  /** Tokens that it remembers at most. */
  readonly contextTokens: number;
  /** How long one connection lasts at most. */
  readonly connectionMs: number;
  /** How long an audio session lasts at most where nothing compresses it; null: no limit but that of the connection. */
  readonly audioSessionMs: number | null;
  /** Its entry in prices.ts; null: unknown. */
  readonly price: string | null;
  /** The day on which its vendor shuts it down (YYYY-MM-DD); absent: none was announced. */
  readonly ends?: string;
}

/** What the OpenAI adapter has to know about one model. */
export interface OpenAITraits extends ModelTraits {
  /** The model that writes down what people say; null: none. */
  readonly transcriber: string | null;
  /** Takes tools of type `mcp`. */
  readonly hostedMcp: boolean;
}

/**
 * How our functions run: beside the conversation unless declared BLOCKING (`default`), only where declared NON_BLOCKING
 * (`opt-in`), always (`only`: BLOCKING is refused), or never (`none`: the field is refused or does nothing).
 */
export type AsyncFunctions = 'default' | 'opt-in' | 'only' | 'none';

/** What the Gemini adapter has to know about one model. */
export interface GeminiTraits extends ModelTraits {
  /** Accepts contextWindowCompression; without it an audio session ends after `audioSessionMs`. */
  readonly compression: boolean;
  /** Accepts sessionResumption: gives handles by which a session can be restored. */
  readonly resumption: boolean;
  /**
   * Accepts clientContent after the first turn. Gemini 3.1 takes it only as history at the start and closes with 1007
   * otherwise (livekit/agents#5251, strands-agents/harness-sdk#1999); 3.8 takes it at any time.
   */
  readonly laterContent: boolean;
  readonly asyncFunctions: AsyncFunctions;
  /**
   * Sees functions' arguments in `parametersJsonSchema`. The 2.x models take the field and call with nothing
   * (googleapis/python-genai#1147, livekit/agents#5450); 3.1 and 3.8 read it (livekit/agents#7302).
   */
  readonly readsJsonSchema: boolean;
  /** A result that says nothing has it call again, two to five times, unless the result says that this does not help. */
  readonly sweepsEmptyResults: boolean;
  /** It may answer one turn several times; `interactionStatus` says with each turnComplete whether more comes. */
  readonly severalReplies: boolean;
  /** Whether it may stay silent when it is not addressed: never, where asked to (on the Gemini API v1alpha), or whatever it is asked. */
  readonly proactiveAudio: 'never' | 'optional' | 'always';
  /** Takes enableAffectiveDialog (v1alpha). */
  readonly affectiveDialog: boolean;
}
