import { isId } from '../gateway/identity.ts';
import { userJson } from '../gateway/wire.ts';
import type { Json } from '../guild/entities.ts';
import type { SimulatedGuild } from '../guild/guild.ts';
import { refusal } from './discord-error.ts';
import type { AddRoute, Call, RestWorld } from './routes.ts';
import { guildOf } from './routes.ts';

/** Routes of the gateway, the bot's own account, the application and its commands. */
export function applicationRoutes(world: RestWorld): (add: AddRoute) => void {
  return (add) => {
    add('GET', '/gateway', () => ({ url: world.gatewayUrl() }), { open: true });
    add('GET', '/gateway/bot', () => ({
      url: world.gatewayUrl(),
      shards: 1,
      session_start_limit: {
        ...world.gateway.faults.sessionStarts,
        remaining: Math.max(0, world.gateway.faults.sessionStarts.remaining),
      },
    }));
    add('GET', '/users/@me', () => ({
      ...userJson(world.bot),
      verified: true,
      mfa_enabled: false,
      email: null,
      locale: 'en-US',
    }));
    add('GET', '/users/:user', ({ params }) => {
      const user = world.users.get(params.user ?? '');
      if (!user) throw refusal('unknownUser');
      return userJson(user);
    });
    add('GET', '/users/@me/guilds', () =>
      guildsOf(world).map((guild) => ({
        id: guild.id,
        name: guild.name,
        icon: null,
        owner: false,
        permissions: '0',
        features: [],
      })),
    );
    add('GET', '/applications/@me', () => applicationJson(world));
    add('GET', '/oauth2/applications/@me', () => applicationJson(world));
    add('GET', '/voice/regions', () => [
      { id: 'simulated', name: 'Simulated', optimal: true, deprecated: false, custom: false },
    ]);
    commandRoutes(world, add);
  };
}

function guildsOf({ guilds, bot }: Pick<RestWorld, 'guilds' | 'bot'>): readonly SimulatedGuild[] {
  return [...guilds.values()].filter((guild) => guild.members.has(bot.id));
}

/** https://docs.discord.com/developers/resources/application#application-object */
export function applicationJson(
  world: Pick<RestWorld, 'applicationId' | 'bot' | 'commands' | 'grantedIntents' | 'guilds'>,
): Json {
  // 1 << 15, 13 and 19: the intents for presences, members and message content, each granted for up to 100 guilds.
  const { grantedIntents: granted } = world;
  const flags =
    (granted & (1 << 8) ? 1 << 13 : 0) | (granted & (1 << 1) ? 1 << 15 : 0) | (granted & (1 << 15) ? 1 << 19 : 0);
  return {
    id: world.applicationId,
    name: world.bot.username,
    icon: null,
    description: '',
    type: null,
    bot: userJson(world.bot),
    summary: '',
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: '0'.repeat(64),
    flags,
    flags_new: String(flags),
    approximate_guild_count: guildsOf(world).length,
    approximate_user_install_count: 0,
    approximate_user_authorization_count: 0,
    redirect_uris: [],
    interactions_endpoint_url: world.commands.endpointUrl,
    role_connections_verification_url: null,
    // The account that made the application; it is in no guild here.
    owner: userJson({ id: '110000000000000001', username: 'developer', globalName: 'Developer', bot: false }),
    team: null,
    explicit_content_filter: 0,
    eligible_oauth2_scopes: ['bot', 'applications.commands'],
    integration_types_config: { 0: {} },
  };
}

function commandRoutes(world: RestWorld, add: AddRoute): void {
  const { commands } = world;
  const base = '/applications/:application';
  const scopes: [path: string, scope: (call: Call) => string][] = [
    [`${base}/commands`, () => ''],
    [
      `${base}/guilds/:guild/commands`,
      (call) => {
        const { id } = guildOf(world, call);
        if (commands.withoutScope.has(id)) throw refusal('missingAccess');
        return id;
      },
    ],
  ];
  for (const [path, scopeOf] of scopes) {
    const scope = (call: Call) => {
      // An application sees only its own commands.
      if (call.params.application !== world.applicationId) throw refusal('missingAccess');
      return scopeOf(call);
    };
    const id = (call: Call) => (isId(call.params.command) ? call.params.command : '');
    add('GET', path, (call) => commands.list(scope(call)).map((one) => commands.shown(one, call.query)));
    add('PUT', path, (call) => commands.overwrite(scope(call), call.body));
    add('POST', path, (call) => commands.put(scope(call), call.body));
    add('GET', `${path}/:command`, (call) => commands.alter(commands.get(scope(call), id(call))));
    add('PATCH', `${path}/:command`, (call) => commands.patch(scope(call), id(call), call.body));
    add('DELETE', `${path}/:command`, (call) => commands.delete(scope(call), id(call)));
  }
}
