import type {
  ApplicationCommandOptionChoiceData,
  AutocompleteInteraction,
  ChatInputCommandInteraction,
  RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js';
import type { Logger } from 'pino';
import type { Bridges, TurnStory } from '../src/bridge/bridge-ports.ts';
import type { Consent } from '../src/bridge/consent-ports.ts';
import type { TranscriptExports } from '../src/bridge/export-ports.ts';
import type { Notes, Reminders } from '../src/bridge/guild-ports.ts';
import type { SpeechModel, UserId } from '../src/bridge/ports.ts';
import type { OwnRecords } from '../src/bridge/privacy-ports.ts';
import type { Audit, Readers, Summaries } from '../src/bridge/reading-ports.ts';
import type { RecordedUtterance, RecordReader } from '../src/bridge/record-ports.ts';
import type {
  Decision,
  MessageButton,
  SettingsStore,
  SpeechModels,
  ToolPolicies,
  ToolServer,
  UsageDay,
  UsageReport,
} from '../src/bridge/room-ports.ts';
import type { Cards, ForeignRules, Reports, Rules } from '../src/bridge/rule-ports.ts';

/** A tool as people see it. `remote`: the provider runs it, so that a running session may go on using it. */
export interface ToolName {
  readonly name: string;
  readonly description: string;
  readonly remote?: boolean;
  readonly risk: 'read' | 'write' | 'dangerous';
  /** JSON Schema of the arguments. Absent: the provider runs it, and nobody here can. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** A call from the keyboard, and what it brought: lines of harmless markdown. */
interface ToolTrial {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}
interface TrialResult {
  readonly ok: boolean;
  readonly lines: readonly string[];
}

/** What every command may use. */
export interface CommandContext {
  readonly bridges: Bridges;
  readonly settings: SettingsStore;
  readonly usage: UsageReport;
  /** The picture of what days cost, as PNG. Rejects where it cannot be drawn. */
  drawUsage(chart: { readonly days: readonly UsageDay[]; readonly budgetUsd: number }): Promise<Buffer>;
  readonly models: SpeechModels;
  readonly notes: Notes;
  readonly reminders: Reminders;
  /** What is kept of whoever asks. */
  readonly ownRecords: OwnRecords;
  /** The button that has this person forgotten. */
  forgetButton(userId: UserId): MessageButton;
  /** Who may be heard. */
  readonly consent: Consent;
  /**
   * Whether a line of the record may be told on or go to a model: nothing of who does not want to be heard (any more), and
   * none of the bot's answers to them. Made anew for each question.
   */
  consentedLines(guildId: string): { has(line: RecordedUtterance): Promise<boolean> };
  /** A page about what is heard and kept; null: there is none. */
  readonly privacyUrl: string | null;
  readonly policies: ToolPolicies;
  /** What was said. Whoever reads it asks `readers` before, and notes in `audit` what is shown. */
  readonly record: RecordReader;
  readonly readers: Readers;
  readonly audit: Audit;
  readonly exports: TranscriptExports;
  readonly summaries: Summaries;
  /** What was decided in the guild's last conversation, and what became of its turns, oldest first; `at` in ms since 1970. */
  readonly decisions: {
    of(guildId: string):
      | {
          readonly channelId: string;
          readonly decisions: readonly { readonly at: number; readonly decision: Decision }[];
          readonly turns: readonly TurnStory[];
        }
      | undefined;
  };
  /** Runs a tool as the person who typed it, with their rights. */
  tryTool(asked: Asked, trial: ToolTrial): Promise<TrialResult>;
  /** The tools that a model can use. */
  toolsFor(model: SpeechModel): readonly ToolName[];
  readonly rules: Rules;
  readonly cards: Cards;
  readonly reports: Reports;
  /** What Discord's AutoMod looks for here. Rejects with an Error whose message a person can read. */
  foreignRules(guildId: string): Promise<ForeignRules>;
  /** The servers of mcp.json and how they are. */
  toolServers(): readonly ToolServer[];
  readonly log: Logger;
}

/** Somebody used the command in a guild whose roles, channels and voice states are known. */
export type Asked = ChatInputCommandInteraction<'cached'>;
/** Somebody is typing a value of an option of the command. */
export type Typing = AutocompleteInteraction<'cached'>;
/** One proposal while somebody types: at most 100 characters each. */
export type Choice = ApplicationCommandOptionChoiceData;

/**
 * Gives one page of a long answer, from 0; `more`: another one follows. It is asked for again whenever somebody turns to
 * it, so it checks their rights anew.
 */
export type Pages = (at: number) => Promise<{ readonly content: string; readonly more: boolean }>;

/** What the asker reads: text alone, with files and buttons below it, or in pages that they turn with buttons. */
export type CommandAnswer =
  | string
  | { readonly pages: Pages }
  | {
      readonly content: string;
      readonly files: readonly { readonly name: string; readonly bytes: Buffer }[];
      readonly buttons?: readonly MessageButton[];
    };

/** One slash command. The dispatch (src/discord/dispatch.ts) defers, sends what `execute` returns, and catches everything. */
export interface Command {
  readonly data: { readonly name: string; toJSON(): RESTPostAPIChatInputApplicationCommandsJSONBody };
  /** Does it and gives the answer: plain text for people, names escaped. What it throws is shown as a neutral sentence. */
  execute(asked: Asked, context: CommandContext): Promise<CommandAnswer>;
  /** Proposals for the option being typed; past 25 are cut off. */
  autocomplete?(typing: Typing, context: CommandContext): Promise<readonly Choice[]>;
}
