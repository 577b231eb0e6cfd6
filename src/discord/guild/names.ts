import type { Guild, User } from 'discord.js';
import { besideBot } from '../../names/look-alike.ts';
import { botNamesIn } from '../../names/person.ts';
import type { UserId } from '../../ports/voice.ts';

/** Discord's own limit is 32; nothing that comes over the wire is trusted to keep it. */
const LONGEST = 64;
/** Something that can be seen: no space, control or format character, and none of the letters that show nothing. */
const VISIBLE = /[^\p{Z}\p{C}\p{M}\u115F\u1160\u2800\u3164\uFFA0]/u;

/**
 * The name under which people on a server know somebody: nickname, display name, user name, whichever is there and can be
 * seen; else “Somebody” with the end of the id. One that could be taken for the bot's is marked as somebody else's,
 * wherever it is shown or told. Untrusted.
 */
export function nameIn(guild: Guild, userId: UserId): string {
  const member = guild.members.cache.get(userId);
  const user = userIn(guild, userId);
  const name = [member?.nickname, user?.globalName, user?.username].find((one) => one && VISIBLE.test(one));
  if (name === undefined || name === null) return `Somebody ${userId.slice(-4)}`;
  const shown = [...name.trim()].slice(0, LONGEST).join('');
  return userId === guild.client?.user?.id ? shown : besideBot(shown, botNamesIn(guild), user?.bot === true);
}

/** The account, where anything is known of it. */
export function userIn(guild: Guild, userId: UserId): User | undefined {
  return guild.members.cache.get(userId)?.user ?? guild.client.users.cache.get(userId);
}
