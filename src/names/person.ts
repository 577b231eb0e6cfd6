import type { Guild, GuildMember, User } from 'discord.js';
import type { Person } from '../ports/voice.ts';
import { besideBot } from './look-alike.ts';

/** The names under which people on a server may know the bot. */
export function botNamesIn(guild: Guild | undefined): readonly string[] {
  const own = guild?.client?.user;
  const names = [guild?.members?.me?.displayName, own?.globalName, own?.username];
  return names.filter((name) => typeof name === 'string');
}

/**
 * Somebody who used a command or a button, under the name that the server shows: marked as a person's where it could be
 * taken for the bot's. Untrusted.
 */
export function personOf(asked: { readonly user: Pick<User, 'id'>; readonly member: GuildMember }): Person {
  return { userId: asked.user.id, name: shownNameOf(asked.member) };
}

/** The same of a member alone. */
export function shownNameOf({ displayName, guild }: GuildMember): string {
  return besideBot(displayName, botNamesIn(guild));
}
