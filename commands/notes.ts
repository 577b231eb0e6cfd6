import { PermissionFlagsBits } from 'discord.js';
import { fold } from '../src/folding/fold.ts';
import type { Note } from '../src/ports/guild.ts';
import type { Asked, Command, CommandContext, Typing } from './command.ts';
import { guildCommand } from './guild-command.ts';
import { listening } from './permissions.ts';
import { counted, plain } from './text.ts';

/** What fits under Discord's 2,000 characters with room for the line that says how many more there are. */
const ROOM = 1_800;
const SHOWN = 150;

/** What the bot remembers for this server. */
export const notes: Command = {
  data: guildCommand('notes', 'What I remember for this server')
    .addSubcommand((sub) => sub.setName('list').setDescription('Show what people had me remember, the newest first'))
    .addSubcommand((sub) =>
      sub
        .setName('delete')
        .setDescription('Have me forget something: your own notes, or any if you manage messages')
        .addIntegerOption((option) =>
          option.setName('note').setDescription('Which one').setRequired(true).setMinValue(1).setAutocomplete(true),
        ),
    ),

  async execute(asked, context) {
    return asked.options.getSubcommand() === 'delete' ? remove(asked, context) : list(asked, context);
  },

  async autocomplete(typing, context) {
    const part = fold(typing.options.getFocused(), 'search');
    const all = await shownTo(typing, context);
    const may = (note: Note) => note.by.userId === typing.user.id || keepsOrder(typing.memberPermissions);
    return all
      .toReversed()
      .filter((note) => may(note) && fold(`${note.id} ${note.text}`, 'search').includes(part))
      .map((note) => ({ name: `${note.id}: ${note.text}`.slice(0, 100).toWellFormed(), value: note.id }));
  },
};

async function list(asked: Asked, context: CommandContext): Promise<string> {
  const all = (await shownTo(asked, context)).toReversed();
  if (all.length === 0)
    return 'I remember nothing for this server. Say “remember that …” while I am in a voice channel.';
  const lines: string[] = [];
  let left = ROOM;
  for (const { id, text, by, madeAt } of all) {
    const line = `**${id}** ${plain(text, SHOWN)} (${plain(by.name, 40)}, <t:${Math.floor(madeAt / 1000)}:d>)`;
    left -= line.length + 1;
    if (left < 0) break;
    lines.push(line);
  }
  const more = all.length - lines.length;
  if (more > 0) lines.push(`… and ${counted(more, 'older one')}.`);
  return [...lines, 'Delete one with `/notes delete`.'].join('\n');
}

async function remove(asked: Asked, context: CommandContext): Promise<string> {
  const id = asked.options.getInteger('note', true);
  const note = (await shownTo(asked, context)).find((one) => one.id === id);
  if (!note) return `There is no note ${id}. \`/notes list\` shows all.`;
  if (note.by.userId !== asked.user.id && !keepsOrder(asked.memberPermissions)) {
    return `That note is of ${plain(note.by.name, 40)}. Only they, and people with Manage Messages, can delete it.`;
  }
  await context.notes.remove(asked.guildId, id);
  return `I have forgotten “${plain(note.text, SHOWN)}”. A conversation that is running knew it and may still mention it.`;
}

/** The notes that somebody may know of: their own, and those made where they could listen. Discord is asked where it matters. */
async function shownTo(asked: Asked | Typing, { notes, readers }: CommandContext): Promise<readonly Note[]> {
  const all = await notes.list(asked.guildId);
  const isTheirs = ({ channelId, by }: Note): boolean => channelId === undefined || by.userId === asked.user.id;
  if (all.every(isTheirs)) return all;
  const hears = await listening(asked, readers);
  const shown = await Promise.all(all.map(async (note) => isTheirs(note) || hears(note.channelId ?? '')));
  return all.filter((_, at) => shown[at]);
}

function keepsOrder(permissions: { has(bit: bigint): boolean } | null): boolean {
  return permissions?.has(PermissionFlagsBits.ManageMessages) ?? false;
}
