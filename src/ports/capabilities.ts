// What one exact model can do, and what a session of it is opened with. Types only.

import type { ToolDeclaration } from './tool-calls.ts';
import type { Person } from './voice.ts';

/** Whose service a model runs on. */
export type Provider = 'openai' | 'azure' | 'gemini' | 'vertex';

/** Who draws the end of a turn: Parley itself, the provider's level-based detector, or its semantic one. */
export type TurnDetection = 'manual' | 'server' | 'semantic';

/** Whether the model speaks its answers, or writes them and they are posted. */
export type ReplyForm = 'voice' | 'text';

/** Tools that the provider itself runs, by the names under which people switch them. */
export type ServerTool = 'google_search' | 'code_execution' | 'url_context';

/**
 * What a model does with a turn for which no reply was asked: it waits; it chooses itself whether it was spoken to; or it
 * answers all the same, and its answer is held back. (null: nobody writes down what people say, so nobody can tell.)
 */
export type UnpromptedBehavior = 'waits' | 'chooses' | 'answers';

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
  /** See UnpromptedBehavior. `may-choose`: it chooses if its session was opened so, else it answers. */
  readonly unprompted: UnpromptedBehavior | 'may-choose' | null;
  /** It only writes down: it answers nothing, and takes no tools, texts and voices. */
  readonly transcribeOnly?: true;
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
