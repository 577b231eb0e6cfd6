// Tools as people use them: who may, for whom a call runs, and what it shows. Types only.

import type { PostFile, Room, TextChannel } from './room.ts';
import type { Source, ToolCall, ToolDeclaration, ToolResult } from './tool-calls.ts';
import type { Person } from './voice.ts';

/**
 * Who may use a tool of a guild: one entry of its policy. `id` of `everyone` is the guild's own; a person's entry goes
 * before those of their roles, and these before the one for everyone. Without any, the tool's risk decides.
 */
export interface ToolRule {
  /** Its name; for hosted MCP servers `mcp:LABEL`. */
  readonly tool: string;
  readonly kind: 'everyone' | 'role' | 'person';
  readonly id: string;
  readonly allowed: boolean;
}

/** The policies of every guild. */
export interface ToolPolicies {
  rules(guildId: string): Promise<readonly ToolRule[]>;
  /** Replaces the entry for the same tool and the same person, role or everyone. Throws RangeError, readable. */
  put(guildId: string, rule: ToolRule): Promise<void>;
  remove(guildId: string, rule: Pick<ToolRule, 'tool' | 'kind' | 'id'>): Promise<void>;
}

/** Something that was decided about a person's wish, in words for `/why`. All of `what` and `because` is untrusted text. */
export interface Decision {
  /** More kinds may come. */
  readonly kind: 'tool';
  readonly outcome: 'allowed' | 'refused';
  readonly askers: readonly Person[];
  /** False where somebody behind it is unknown. */
  readonly certain: boolean;
  /** What was wanted: a tool with its arguments. */
  readonly what: string;
  /** A whole sentence. */
  readonly because: string;
}

/** What a tool brings for people, beside the result that the model gets. */
export interface PostExtras {
  /** Pages behind the answer. */
  readonly links: readonly Source[];
  readonly files: readonly PostFile[];
}

/** How far a call is. `fraction` 0–1; null: unknown. `text` is untrusted. */
export interface Progress {
  readonly fraction: number | null;
  readonly text: string;
}

/** Whose words a model also knew. `certain` false: also somebody's of whom nothing is known. */
export interface Bystanders {
  readonly people: readonly Person[];
  readonly certain: boolean;
}

/** What may have led a model to a call, beside the wish of those who asked. */
export interface CallOrigin {
  /** Text from outside, or what somebody else had kept. */
  readonly tainted: boolean;
  readonly bystanders: Bystanders;
}

/**
 * For whom a tool runs. `askers` are the people whose turns are answered; `certain` is false where one of them is unknown.
 */
export interface ToolContext {
  readonly room: Room;
  readonly text: TextChannel;
  readonly askers: readonly Person[];
  readonly certain: boolean;
  /** Text from outside may have led to this call. Absent: no. */
  readonly tainted?: boolean;
  /** Whose wish it may be beside theirs: they never ask for it, but where one of them may not, a button does. Absent: nobody's. */
  readonly bystanders?: Bystanders;
  /** One person typed this very call: no model had a part in it, and its result is shown to them alone. Absent: no. */
  readonly typed?: boolean;
  readonly signal: AbortSignal;
  /** To be called where there is text from outside in this one result; a tool says `outside` where there always may be. */
  outsideFound?(): void;
  /** Is told that a person was asked before the call goes on, which may take a minute. Absent: nobody waits for it. */
  readonly asking?: () => void;
  /** The tools that are switched off at this moment. Absent: those that were when the call came. */
  disabled?(): readonly string[];
  /**
   * To be called by what had to wait before it acts: whether those who asked still may. Rejects with ToolError where they
   * may not. Absent: nothing asked for a right.
   */
  stillMay?(): Promise<void>;
  /** Is told what was decided about the call, for `/why`. */
  decided(decision: Decision): void;
  /** Shows on the call's post how far it is. Costs nothing: the post is edited at a bounded rate. Ignored after the end. */
  progress(fraction: number | null, text?: string): void;
  /**
   * Puts something into the record that only those may read who may read this voice channel. It is posted to nobody.
   * Absent: there is no record of the call.
   */
  recordIn?(channelId: string, value: unknown): void;
  /** Adds links and files to the call's post, shown with its result or failure. What Discord would not take is left out. */
  attach(extras: Partial<PostExtras>): void;
}

/** A server of tools that this process starts or calls (MCP), as people see it. `reason` completes "because …". */
export interface ToolServer {
  readonly name: string;
  /**
   * `tools` of the `offered` ones are used; fewer where they are too many: `limit` is a clause that says for what.
   * `unusable`: how many more can only be called by way of a task, which Parley does not.
   */
  readonly state:
    | {
        readonly status: 'running';
        readonly tools: number;
        readonly offered: number;
        readonly limit?: string;
        readonly unusable?: number;
      }
    | { readonly status: 'starting' | 'stopped' | 'disabled' }
    /** `nextTryMs` null: it is not tried again. */
    | { readonly status: 'failed'; readonly reason: string; readonly nextTryMs: number | null };
}

/** What the model may do. */
export interface Toolbox {
  /** The tools switched on in this guild. */
  declarations(disabled: readonly string[]): readonly ToolDeclaration[];
  /** Never throws: refusal, bad arguments, deadline and failure are results. */
  run(call: ToolCall, disabled: readonly string[], context: ToolContext): Promise<ToolResult>;
  /**
   * Whether the provider may run a call on a hosted MCP server for these people; may ask them first. Never throws.
   * `reason` is a sentence that the model can pass on.
   */
  permit(
    call: ToolCall & { readonly server: string },
    disabled: readonly string[],
    context: ToolContext,
  ): Promise<{ readonly allowed: boolean; readonly reason: string }>;
}

/** How the question whether a call may run ended. `unasked`: it could not be posted; `reason` is a sentence. */
export type ConfirmationAnswer =
  | { readonly kind: 'confirmed' | 'declined'; readonly by: Person }
  | { readonly kind: 'late' | 'cancelled' }
  | { readonly kind: 'unasked'; readonly reason: string };

/** What became of a press below such a question. `askers`: those who may press, where the presser may not. */
export type PressOutcome =
  | { readonly kind: 'taken'; readonly confirmed: boolean }
  | { readonly kind: 'not-yours'; readonly askers: readonly Person[] }
  | { readonly kind: 'over'; readonly answer: ConfirmationAnswer | null };

/** A call from the keyboard. `arguments`: untrusted. */
export interface ToolTrial {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What a call from the keyboard brought: lines of harmless markdown. */
export interface TrialResult {
  readonly ok: boolean;
  readonly lines: readonly string[];
}
