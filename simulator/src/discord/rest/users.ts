import { userJson } from '../gateway/wire.ts';
import type { Json } from '../guild/entities.ts';
import { refusal } from './discord-error.ts';
import { type AddRoute, botIn, guildOf, need, type RestWorld } from './routes.ts';

/** https://docs.discord.com/developers/resources/audit-log#audit-log-entry-object-audit-log-events */
const BOT_ADD = 28;

/** Routes of the bot's own account: the servers it is in, messages to one person, and who brought it. */
export function userRoutes(world: RestWorld): (add: AddRoute) => void {
  return (add) => {
    // https://docs.discord.com/developers/resources/user#leave-guild
    add('DELETE', '/users/@me/guilds/:guild', (call) => {
      const guild = guildOf(world, call);
      world.left(guild);
    });
    // https://docs.discord.com/developers/resources/user#create-dm
    add('POST', '/users/@me/channels', (call) => {
      const user = world.users.get(String(call.body.recipient_id));
      if (!user) throw refusal('unknownUser');
      const [id] = [...world.direct].find(([, { userId }]) => userId === user.id) ?? [];
      const channelId = id ?? String(BigInt(user.id) + 1n);
      if (id === undefined) world.direct.set(channelId, { userId: user.id, contents: [], closed: false });
      return { id: channelId, type: 1, last_message_id: null, recipients: [userJson(user)] };
    });
    add('GET', '/guilds/:guild/audit-logs', (call) => {
      const guild = guildOf(world, call);
      need(guild.permissions(botIn(world, guild)), 'ViewAuditLog');
      const entries: Json[] =
        guild.invitedBy === null
          ? []
          : [{ id: guild.id, action_type: BOT_ADD, target_id: world.bot.id, user_id: guild.invitedBy, changes: [] }];
      const { action_type: wanted } = call.query;
      const users = [...world.users.values()].filter(({ id }) => id === guild.invitedBy || id === world.bot.id);
      return {
        audit_log_entries: entries.filter((one) => wanted === undefined || one.action_type === Number(wanted)),
        users: users.map(userJson),
        application_commands: [],
        auto_moderation_rules: [],
        guild_scheduled_events: [],
        integrations: [],
        threads: [],
        webhooks: [],
      };
    });
  };
}

/** A message to one person, where the channel is one of those. */
export function postDirectly(world: RestWorld, channelId: string, body: Json): Json | undefined {
  const direct = world.direct.get(channelId);
  if (!direct) return undefined;
  if (direct.closed) throw refusal('cannotMessage');
  direct.contents.push(String(body.content));
  return {
    id: String(BigInt(channelId) + BigInt(direct.contents.length)),
    type: 0,
    channel_id: channelId,
    content: body.content,
    author: userJson(world.bot),
    timestamp: new Date().toISOString(),
    edited_timestamp: null,
    tts: false,
    mention_everyone: false,
    mentions: [],
    mention_roles: [],
    attachments: [],
    embeds: [],
    pinned: false,
  };
}
