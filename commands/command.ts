import type {
  ApplicationCommandOptionChoiceData,
  AutocompleteInteraction,
  ChatInputCommandInteraction,
  RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js';
import type { Logger } from 'pino';
import type { Consent } from '../src/ports/consent.ts';
import type { Bridges, TurnStory } from '../src/ports/conversation.ts';
import type { TranscriptExports } from '../src/ports/export.ts';
import type { Notes, Reminder, Reminders } from '../src/ports/guild.ts';
import type { SpeechModel } from '../src/ports/model.ts';
import type { OwnRecords } from '../src/ports/personal-data.ts';
import type { Audit, Readers, Summaries } from '../src/ports/reading.ts';
import type { RecordedUtterance, RecordReader } from '../src/ports/record.ts';
import type { MessageButton } from '../src/ports/room.ts';
import type { Cards, ForeignRules, Reports, Rules } from '../src/ports/rules.ts';
import type { PersonTimes, SettingsStore, SpeechModels } from '../src/ports/settings.ts';
import type { StorageHealth } from '../src/ports/storage.ts';
import type { Decision, ToolPolicies, ToolServer, ToolTrial, TrialResult } from '../src/ports/tools.ts';
import type { UsageDay, UsageReport } from '../src/ports/usage.ts';
import type { UserId } from '../src/ports/voice.ts';

/** A tool as people see it. `remote`: the provider runs it, so that a running session may go on using it. */
export interface ToolName {
  readonly name: string;
  readonly description: string;
  readonly remote?: boolean;
  /**
   * The model takes it only in place of all tools of ours: it is off until somebody chooses it. What then stands for that
   * among the disabled tools of the guild.
   */
  readonly alone?: string;
  readonly risk: 'read' | 'write' | 'dangerous';
  /** JSON Schema of the arguments. Absent: the provider runs it, and nobody here can. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** What every command may use. */
export interface CommandContext {
  readonly bridges: Bridges;
  readonly settings: SettingsStore;
  readonly usage: UsageReport;
  /** The picture of what days cost, as PNG. Rejects where it cannot be drawn. */
  drawUsage(
    chart: { readonly days: readonly UsageDay[]; readonly budgetUsd: number },
    by?: { readonly guildId: string; readonly userId: UserId },
  ): Promise<Buffer>;
  readonly models: SpeechModels;
  readonly notes: Notes;
  readonly reminders: Reminders;
  /** The button that ends a reminder which comes again. */
  reminderButtons(reminder: Pick<Reminder, 'id' | 'person'>): readonly MessageButton[];
  /** Whose clocks and languages count. */
  readonly times: PersonTimes;
  /** What is kept of whoever asks. */
  readonly ownRecords: OwnRecords;
  /** The button that has this person forgotten: on the server where it is pressed, or on this one, or on `all`. */
  forgetButton(userId: UserId, on?: { readonly guildId: string; readonly label: string }): MessageButton;
  /** What a server is called; undefined: the bot is not on it. Untrusted text. */
  serverName(guildId: string): string | undefined;
  /** Servers of the bot on which it knows this person to be. */
  sharedServers(userId: UserId): readonly string[];
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
  /**
   * What was decided in the guild's last conversation, and what became of its turns, by the voice channel in which it was
   * then, oldest first; `at` in ms since 1970; `only`: who alone may read of it. Empty: there was none.
   */
  readonly decisions: {
    of(guildId: string): readonly {
      readonly channelId: string;
      readonly decisions: readonly { readonly at: number; readonly decision: Decision; readonly only?: UserId }[];
      readonly turns: readonly TurnStory[];
    }[];
  };
  /** Runs a tool as the person who typed it, with their rights. */
  tryTool(asked: Asked, trial: ToolTrial): Promise<TrialResult>;
  /** The tools that a model can use. */
  toolsFor(model: SpeechModel): readonly ToolName[];
  /** What people could expect of a model's tools and do not get, a sentence each. `disabled`: the guild's. */
  leftOut?(model: SpeechModel, disabled: readonly string[]): readonly string[];
  /** Whether what is said, chosen and spent can be written down. */
  readonly storage: Pick<StorageHealth, 'trouble' | 'waiting'>;
  readonly rules: Rules;
  readonly cards: Cards;
  readonly reports: Reports;
  /** What Discord's AutoMod looks for here. Rejects with an Error whose message a person can read. */
  foreignRules(guildId: string): Promise<ForeignRules>;
  /** The servers of mcp.json and how they are. */
  toolServers(): readonly ToolServer[];
  /** The time of day in ms since 1970, and by how much the machine's clock is ahead of it (0: not at all). `at`: performance.now(). */
  readonly clock: { now(): number; at(instant: number): number; readonly wrongByMs: number };
  readonly log: Logger;
}

/** Somebody used the command in a guild whose roles, channels and voice states are known. */
export type Asked = ChatInputCommandInteraction<'cached'>;
/** Somebody used it in a direct message with the bot. */
export type AskedDirectly = ChatInputCommandInteraction;
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

/** One slash command. The dispatch (src/discord/interactions/dispatch.ts) defers, sends what `execute` returns, and catches everything. */
export interface Command {
  readonly data: { readonly name: string; toJSON(): RESTPostAPIChatInputApplicationCommandsJSONBody };
  /** Does it and gives the answer: plain text for people, names escaped. What it throws is shown as a neutral sentence. */
  execute(asked: Asked, context: CommandContext): Promise<CommandAnswer>;
  /** The same in a direct message with the bot, for those that are there as well. */
  executeDirectly?(asked: AskedDirectly, context: CommandContext): Promise<CommandAnswer>;
  /** Proposals for the option being typed; past 25 are cut off. */
  autocomplete?(typing: Typing, context: CommandContext): Promise<readonly Choice[]>;
}
