import { type AddRoute, botIn, guildOf, need, type RestWorld } from './routes.ts';

/** Reading takes Manage Server, as every endpoint of these does. */
export function autoModerationRoutes(world: RestWorld): (add: AddRoute) => void {
  return (add) => {
    add('GET', '/guilds/:guild/auto-moderation/rules', (call) => {
      const guild = guildOf(world, call);
      need(guild.permissions(botIn(world, guild)), 'ManageGuild');
      return guild.autoMod.list();
    });
  };
}
