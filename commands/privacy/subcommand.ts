import type { SlashCommandSubcommandBuilder } from 'discord.js';
import type { Asked, CommandAnswer, CommandContext } from '../command.ts';

/** One subcommand of /privacy. */
export interface PrivacyPart {
  readonly name: string;
  describe(sub: SlashCommandSubcommandBuilder): SlashCommandSubcommandBuilder;
  execute(asked: Asked, context: CommandContext): Promise<CommandAnswer>;
}
