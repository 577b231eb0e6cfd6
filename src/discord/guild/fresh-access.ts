import { type Guild, Routes } from 'discord.js';
import { type Access, answeredAccess } from './access.ts';

/** Discord answers within this time, or cannot be asked. Ms. */
const ASKED_MS = 5_000;

/**
 * Channels and roles of a guild as Discord has them now: an event that tells of a change may be late. The cache is left as
 * it is, since the gateway may have told of something newer meanwhile: whoever judges a right asks both. Rejects where
 * Discord cannot be asked.
 */
export async function freshAccess(guild: Guild): Promise<Access> {
  const { rest } = guild.client;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('Discord did not answer.')), ASKED_MS);
  try {
    const asked = Promise.all([rest.get(Routes.guildChannels(guild.id)), rest.get(Routes.guildRoles(guild.id))]);
    const [channels, roles] = await Promise.race([asked, late.promise]);
    return answeredAccess(guild, channels, roles);
  } finally {
    clearTimeout(timer);
  }
}
