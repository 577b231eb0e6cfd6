import type { SlashCommandSubcommandBuilder, SlashCommandSubcommandGroupBuilder } from 'discord.js';
import type { ReaderEntry } from '../../src/ports/reading.ts';
import type { Asked, CommandContext } from '../command.ts';

const DEFAULT_WORDS =
  'Nobody is named, so everybody may read what was said in the voice channels and transcripts that Discord shows them.';
const MANAGERS_WORDS = 'Whoever has Manage Server may read everything.';
/** A message has 2,000 characters, and a mention some 25. */
const SHOWN = 60;

/** The subcommands of `/transcript readers`. */
export function readersOptions(group: SlashCommandSubcommandGroupBuilder): SlashCommandSubcommandGroupBuilder {
  const who = (name: string, description: string, done: string) => (sub: SlashCommandSubcommandBuilder) =>
    sub
      .setName(name)
      .setDescription(description)
      .addMentionableOption((option) => option.setName('who').setDescription(done).setRequired(true));
  return group
    .setName('readers')
    .setDescription('Who may search and export what was said, and have it summed up')
    .addSubcommand(who('add', 'Let a role or a person read what was said', 'The first one takes it from all others'))
    .addSubcommand(who('remove', 'Take it from a role or a person', 'The last one gives it back to all'))
    .addSubcommand((sub) => sub.setName('list').setDescription('Who may read what was said'));
}
/** Changes or shows them. */
export async function setReaders(asked: Asked, { readers }: CommandContext): Promise<string> {
  const { guildId } = asked;
  const doing = asked.options.getSubcommand();
  if (doing === 'list') return readersWords(await readers.entries(guildId), guildId);
  const entry = entryOf(asked);
  const words = entryWords(entry, guildId);
  if (doing === 'remove') {
    if (!(await readers.remove(guildId, entry)))
      return `${words} was not named. \`/transcript readers list\` shows all.`;
    const left = await readers.entries(guildId);
    return left.length === 0 ? `${words} is not named any more. ${DEFAULT_WORDS}` : `${words} is not named any more.`;
  }
  try {
    if (!(await readers.add(guildId, entry))) return `${words} is named already.`;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
  return `${words} may read what was said in the voice channels that they see. Nobody else may who is not named. ${MANAGERS_WORDS}`;
}

function entryOf(asked: Asked): ReaderEntry {
  const who = asked.options.getMentionable('who', true);
  return asked.guild.roles.cache.has(who.id) ? { kind: 'role', id: who.id } : { kind: 'person', id: who.id };
}

function readersWords(entries: readonly ReaderEntry[], guildId: string): string {
  if (entries.length === 0) return `${DEFAULT_WORDS} ${MANAGERS_WORDS}`;
  const shown = entries.slice(0, SHOWN).map((entry) => entryWords(entry, guildId));
  const more = entries.length > SHOWN ? ` and ${entries.length - SHOWN} more` : '';
  return `These may read what was said in the voice channels that they see: ${shown.join(', ')}${more}. ${MANAGERS_WORDS}`;
}

function entryWords({ kind, id }: ReaderEntry, guildId: string): string {
  if (kind === 'person') return `<@${id}>`;
  return id === guildId ? '@everyone' : `<@&${id}>`;
}
