import type {
  ApplicationCommandOptionChoiceData,
  AutocompleteInteraction,
  ChatInputCommandInteraction,
  RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js';
import type { Logger } from 'pino';
import type { Bridges } from '../src/bridge/bridge-ports.ts';
import type { ReplyForm, SettingsStore, TurnDetection, UsageReport } from '../src/bridge/ports.ts';

/** What every command may use. The lists are of the model that is in use now. */
export interface CommandContext {
  readonly bridges: Bridges;
  readonly settings: SettingsStore;
  readonly usage: UsageReport;
  /** `remote`: the provider runs it, so that a running session may go on using it. */
  readonly toolNames: readonly { readonly name: string; readonly description: string; readonly remote?: boolean }[];
  voices(): readonly string[];
  turnDetections(): readonly TurnDetection[];
  replyForms(): readonly ReplyForm[];
  /** Where the sound goes, for people, e.g. `OpenAI (gpt-realtime-2.1)`. */
  readonly modelLabel: string;
  readonly log: Logger;
}

/** Somebody used the command in a guild whose roles, channels and voice states are known. */
export type Asked = ChatInputCommandInteraction<'cached'>;
/** Somebody is typing a value of an option of the command. */
type Typing = AutocompleteInteraction<'cached'>;
/** One proposal while somebody types: at most 100 characters each. */
export type Choice = ApplicationCommandOptionChoiceData;

/** One slash command. The dispatch (src/discord/dispatch.ts) defers, sends what `execute` returns, and catches everything. */
export interface Command {
  readonly data: { readonly name: string; toJSON(): RESTPostAPIChatInputApplicationCommandsJSONBody };
  /** Does it and gives the answer: plain text for people, names escaped. What it throws is shown as a neutral sentence. */
  execute(asked: Asked, context: CommandContext): Promise<string>;
  /** Proposals for the option being typed; past 25 are cut off. */
  autocomplete?(typing: Typing, context: CommandContext): Promise<readonly Choice[]>;
}
