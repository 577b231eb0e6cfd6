import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Faults } from './faults.ts';
import { Gateway } from './gateway/gateway.ts';
import { guildCreateJson } from './gateway/guild-create.ts';
import { Identity } from './gateway/identity.ts';
import { Intent } from './gateway/intents.ts';
import { type Outage, Plug } from './gateway/plug.ts';
import type { GatewaySession } from './gateway/session.ts';
import { memberJson, userJson } from './gateway/wire.ts';
import { type BotAccount, BotAccounts } from './guild/bot-accounts.ts';
import { channelInfoJson } from './guild/channel-info.ts';
import type { Json, User } from './guild/entities.ts';
import { type GuildOptions, SimulatedGuild } from './guild/guild.ts';
import { BOT_DEFAULT, type PermissionName } from './guild/permissions.ts';
import type { GuildWorld } from './guild/world.ts';
import { Interactions } from './interactions/interactions.ts';
import { applicationJson, applicationRoutes } from './rest/application.ts';
import { autoModerationRoutes } from './rest/auto-moderation.ts';
import { channelRoutes } from './rest/channels.ts';
import { CommandRegistry } from './rest/command-registry.ts';
import { RestFaults } from './rest/faults.ts';
import { guildRoutes } from './rest/guilds.ts';
import { interactionRoutes } from './rest/interactions.ts';
import { RateLimits } from './rest/rate-limits.ts';
import { type OtherBots, type RecordedRequest, restServer, routesOf } from './rest/rest.ts';
import type { DirectMessages, RestWorld } from './rest/routes.ts';
import { userRoutes } from './rest/users.ts';
import { VoiceServer, type VoiceServerOptions } from './voice/server.ts';

/** How the simulated Discord is to be. What is not said is as in the real one. */
export interface DiscordOptions {
  /** End-to-end encryption in voice channels; on. */
  readonly dave?: boolean;
  /** Transport encryption that voice servers offer. */
  readonly encryptionModes?: NonNullable<VoiceServerOptions['encryptionModes']>;
  /** Faults of the voice server's network. */
  readonly faults?: Partial<Faults>;
  /** Same seed, same ids and tokens. */
  readonly seed?: number;
  readonly botName?: string;
  /** Privileged intents that the application was granted (bits); none. */
  readonly grantedIntents?: number;
  readonly heartbeatIntervalMs?: number;
  /** How long a lost gateway session can be resumed. */
  readonly resumeMs?: number;
  /** How long the application has for its first response; 3000. */
  readonly interactionLimitMs?: number;
  /** Shortens the windows of rate limits by this factor. */
  readonly rateFactor?: number;
  /** Whether answers have a `Date`, as all of Discord's have; some proxies take it out. Default true. */
  readonly tellsTime?: boolean;
}

/**
 * Discord on 127.0.0.1: REST, gateway and voice for a bot (and for others beside it), with guilds and people made by the test or the demo.
 * Nothing in it leaves the machine. Whoever started it closes it.
 */
export class SimulatedDiscord {
  /** The bot token that is accepted. */
  readonly token: string;
  readonly botUser: { readonly id: string; readonly name: string };
  readonly voice: VoiceServer;
  readonly commands: CommandRegistry;
  readonly gateway: Gateway;
  /** Every REST request that was answered or given up, oldest first. */
  readonly requests: RecordedRequest[] = [];
  readonly restFaults = new RestFaults();
  /** What the bot wrote to people directly, by the channels that stand for them. */
  readonly direct = new Map<string, DirectMessages>();
  readonly #guilds = new Map<string, SimulatedGuild>();
  readonly #heldBack = new Map<string, number | 'never'>();
  readonly #users = new Map<string, User>();
  readonly #bot: User;
  readonly #accounts: BotAccounts;
  readonly #others: OtherBots = new Map();
  readonly #applicationId: string;
  readonly #identity: Identity;
  readonly #interactions: Interactions;
  readonly #options: DiscordOptions;
  readonly #rest: FastifyInstance;
  readonly #plug: Plug;
  #closing: Promise<void> | undefined;

  /** Starts on ports of the system's choice. */
  static async start(options: DiscordOptions = {}): Promise<SimulatedDiscord> {
    const voice = await VoiceServer.start({
      ...(options.dave !== undefined && { dave: options.dave }),
      ...(options.encryptionModes && { encryptionModes: options.encryptionModes }),
      ...(options.faults && { faults: options.faults }),
      seed: options.seed ?? 1,
    });
    const discord = new SimulatedDiscord(options, voice);
    await discord.#rest.listen({ host: '127.0.0.1', port: 0 });
    return discord;
  }

  private constructor(options: DiscordOptions, voice: VoiceServer) {
    this.#options = options;
    this.voice = voice;
    this.#identity = new Identity(options.seed ?? 1);
    this.#accounts = new BotAccounts(this.#identity);
    const name = options.botName ?? 'Parley';
    const { user, token } = this.#accounts.make(name, options.grantedIntents);
    this.#bot = user;
    this.#applicationId = this.#bot.id;
    this.#users.set(this.#bot.id, this.#bot);
    this.botUser = { id: this.#bot.id, name };
    this.token = token;
    this.commands = new CommandRegistry(this.#identity, this.#applicationId);
    this.gateway = new Gateway(this.#gatewayWorld());
    this.#interactions = new Interactions({
      identity: this.#identity,
      applicationId: this.#applicationId,
      botId: this.#bot.id,
      // https://docs.discord.com/developers/interactions/overview#configuring-an-interactions-endpoint-url: one way or the other.
      dispatch: (...event) => {
        if (this.commands.endpointUrl === null) this.gateway.dispatch(...event);
      },
      limitMs: options.interactionLimitMs ?? 3000,
    });
    const world = this.#restWorld();
    this.#rest = restServer(world, (request) => this.requests.push(request), routeMakers(world), this.#others);
    this.#plug = new Plug(this.#rest.server);
    this.#rest.addHook('onRequest', (_request, reply, done) => {
      reply.raw.sendDate = options.tellsTime ?? true;
      done();
    });
    this.gateway.attach(this.#rest.server);
  }

  /** What DISCORD_API_URL is set to: the base without a version. */
  get apiUrl(): string {
    return `http://127.0.0.1:${this.#port}/api`;
  }

  /** PEM of the voice server's private certificate, for NODE_EXTRA_CA_CERTS or `tls.setDefaultCACertificates`. */
  get certificate(): string {
    return this.voice.certificate;
  }

  /** How many requests were refused for coming too fast. */
  get rateLimited(): number {
    return this.requests.filter((one) => one.status === 429).length;
  }

  get guilds(): readonly SimulatedGuild[] {
    return [...this.#guilds.values()];
  }

  /** A guild that the bot is in. */
  createGuild(options: GuildOptions = {}): SimulatedGuild {
    const guild = new SimulatedGuild(this.#guildWorld(), options);
    this.#guilds.set(guild.id, guild);
    for (const session of this.gateway.sessions) this.#sendGuild(session, guild);
    return guild;
  }

  /** Another bot's account. It is in no guild yet. */
  addBot(options: { readonly name: string; readonly grantedIntents?: number }): BotAccount {
    const account = this.#accounts.make(options.name, options.grantedIntents);
    this.#users.set(account.user.id, account.user);
    const world = { ...this.#restWorld(), ...account, bot: account.user, applicationId: account.user.id };
    const limits = new RateLimits(this.#options.rateFactor ?? 1);
    this.#others.set(account.token, { routes: routesOf(routeMakers(world)), limits });
    return account;
  }

  /** Another bot comes into a guild, with what an invitation like Parley's grants unless said. */
  invite(bot: BotAccount, guild: SimulatedGuild, permissions: readonly PermissionName[] = BOT_DEFAULT): void {
    guild.admitBot(bot.user, permissions);
    for (const session of this.gateway.sessions) {
      if (session.botId === bot.user.id) this.#sendGuild(session, guild);
    }
  }

  /** The bot is thrown out of the guild, and of its voice channel. https://docs.discord.com/developers/events/gateway-events#guild-delete */
  removeGuild(guild: SimulatedGuild): void {
    this.voice.dismiss({ guildId: guild.id, userId: this.#bot.id });
    this.gateway.dispatch('GUILD_DELETE', { id: guild.id }, { guildId: guild.id });
    this.#guilds.delete(guild.id);
  }

  /**
   * From now on the guild comes this much later than READY of a new session, or (`'never'`) only with outageOver().
   * https://docs.discord.com/developers/events/gateway-events#guild-create: Discord sends guilds as they become available.
   */
  holdBack(guild: SimulatedGuild, ms: number | 'never'): void {
    this.#heldBack.set(guild.id, ms);
  }

  /** An outage: the guild is there, and not available until it comes back. */
  outage(guild: SimulatedGuild): void {
    this.gateway.dispatch('GUILD_DELETE', { id: guild.id, unavailable: true }, { guildId: guild.id });
  }

  /** The bot's network is gone, or that of a part of it: gateway and REST (`main`), voice. People talk on. */
  cutNetwork(outage: Outage, parts: readonly ('main' | 'voice')[] = ['main', 'voice']): void {
    if (parts.includes('main')) this.#plug.pull(outage);
    if (parts.includes('voice')) this.voice.cutOffBots();
  }

  /** The bot's network is back. */
  restoreNetwork(): void {
    this.#plug.restore();
    this.voice.letBotsIn();
  }

  /** The outage is over. */
  outageOver(guild: SimulatedGuild): void {
    this.#heldBack.delete(guild.id);
    for (const session of this.gateway.sessions) this.#sendGuild(session, guild);
  }

  /** Ends everything: people hang up, sockets close. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#plug.restore();
    const people = this.guilds.flatMap((guild) => guild.people);
    await Promise.all(people.map((person) => person.leave()));
    this.#interactions.close();
    this.gateway.close();
    await this.#rest.close();
    await this.voice.close();
  }

  get #port(): number {
    return (this.#rest.server.address() as AddressInfo).port;
  }

  #restWorld(): RestWorld {
    return {
      token: this.token,
      bot: this.#bot,
      applicationId: this.#applicationId,
      grantedIntents: this.#options.grantedIntents ?? 0,
      guilds: this.#guilds,
      users: this.#users,
      commands: this.commands,
      interactions: this.#interactions,
      gateway: this.gateway,
      gatewayUrl: () => this.#gatewayUrl(),
      rateFactor: this.#options.rateFactor ?? 1,
      faults: this.restFaults,
      direct: this.direct,
      left: (guild) => this.removeGuild(guild),
    };
  }

  #guildWorld(): GuildWorld {
    return {
      identity: this.#identity,
      bot: this.#bot,
      applicationId: this.#applicationId,
      voice: this.voice,
      commands: this.commands,
      interactions: this.#interactions,
      users: this.#users,
      dispatch: this.gateway.dispatch,
      fileUrl: (id, name) => `http://127.0.0.1:${this.#port}/attachments/${id}/${encodeURIComponent(name)}`,
    };
  }

  #gatewayWorld(): ConstructorParameters<typeof Gateway>[0] {
    return {
      botOf: (token) => this.#accounts.find(token)?.user.id,
      grantedIntents: this.#options.grantedIntents ?? 0,
      heartbeatIntervalMs: this.#options.heartbeatIntervalMs ?? 41_250,
      resumeMs: this.#options.resumeMs ?? 60_000,
      voiceEndpoint: this.voice.endpoint,
      sessionId: () => this.#identity.secret(),
      ready: (session) => this.#ready(session),
      canView: (botId, guildId, channelId) => this.#canView(botId, guildId, channelId),
      greet: (session) => {
        for (const guild of this.#guilds.values()) this.#greetWith(session, guild);
      },
      voiceState: (session, wish, holder) => {
        const channelId = wish.channel_id === null || wish.channel_id === undefined ? null : String(wish.channel_id);
        const asked = { channelId, selfMute: Boolean(wish.self_mute), selfDeaf: Boolean(wish.self_deaf) };
        this.#guilds.get(String(wish.guild_id))?.places.request(session.botId, session.id, asked, holder);
      },
      requestMembers: (session, request) => this.#sendMembers(session, request),
      requestChannelInfo: (session, request) => {
        const guild = this.#guilds.get(String(request.guild_id));
        if (guild) session.dispatch('CHANNEL_INFO', channelInfoJson(guild, request));
      },
      ended: (session) => {
        // With its session the bot goes out of the voice channels that the session brought it into.
        for (const guild of this.#guilds.values()) {
          if (guild.places.of(session.botId)?.sessionId === session.id) guild.places.leave(session.botId);
        }
      },
    };
  }

  #gatewayUrl(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  #canView(botId: string, guildId: string, channelId = ''): boolean {
    const guild = this.#guilds.get(guildId);
    if (!guild) return true;
    const channel = guild.channels.get(channelId);
    const bot = guild.members.get(botId);
    return bot !== undefined && (!channel || (guild.permissions(bot, channel) & (1n << 10n)) !== 0n);
  }

  // https://docs.discord.com/developers/events/gateway-events#ready
  #ready(session: GatewaySession): Json {
    const bot = this.#users.get(session.botId) ?? this.#bot;
    const { id, flags } = applicationJson({ ...this.#restWorld(), bot, applicationId: bot.id });
    return {
      v: 10,
      user_settings: {},
      user: { ...userJson(bot), verified: true, mfa_enabled: false, email: null },
      guilds: this.guilds
        .filter((guild) => session.serves(guild.id) && guild.members.has(bot.id))
        .map((guild) => ({ id: guild.id, unavailable: true })),
      session_type: 'normal',
      session_id: session.id,
      resume_gateway_url: this.gateway.faults.resumeUrl ?? this.#gatewayUrl(),
      shard: session.shard,
      application: { id, flags },
      relationships: [],
      private_channels: [],
      presences: [],
      guild_join_requests: [],
      geo_ordered_rtc_regions: [],
      _trace: [],
    };
  }

  #greetWith(session: GatewaySession, guild: SimulatedGuild): void {
    const held = this.#heldBack.get(guild.id) ?? 0;
    if (held === 0) this.#sendGuild(session, guild);
    else if (held !== 'never') setTimeout(() => this.#sendGuild(session, guild), held).unref();
  }

  #sendGuild(session: GatewaySession, guild: SimulatedGuild): void {
    if (!session.serves(guild.id) || !guild.members.has(session.botId)) return;
    const allMembers = session.has(Intent.guildMembers) && session.has(Intent.guildPresences);
    const json = guildCreateJson(guild, session.botId, {
      allMembers,
      voiceStates: session.has(Intent.guildVoiceStates),
    });
    session.dispatch('GUILD_CREATE', json);
  }

  // https://docs.discord.com/developers/events/gateway-events#request-guild-members: all of them only with the members intent.
  #sendMembers(session: GatewaySession, request: Json): void {
    const guild = this.#guilds.get(String(request.guild_id));
    if (!guild?.members.has(session.botId)) return;
    const wanted: string[] | undefined = request.user_ids && [request.user_ids].flat().map(String);
    if (!wanted && request.query === '' && !session.has(Intent.guildMembers)) return;
    const prefix = String(request.query ?? '').toLowerCase();
    const all = [...guild.members.values()];
    const found = all.filter((one) =>
      wanted ? wanted.includes(one.user.id) : (one.nick ?? one.user.username).toLowerCase().startsWith(prefix),
    );
    const members = found.slice(0, request.limit || undefined).map(memberJson);
    const missing = wanted?.filter((id) => !guild.members.has(id)) ?? [];
    const chunk = {
      guild_id: guild.id,
      members,
      chunk_index: 0,
      chunk_count: 1,
      not_found: missing,
      ...(request.nonce && { nonce: request.nonce }),
    };
    session.dispatch('GUILD_MEMBERS_CHUNK', chunk);
  }
}

function routeMakers(world: RestWorld) {
  return [applicationRoutes, userRoutes, channelRoutes, guildRoutes, autoModerationRoutes, interactionRoutes].map(
    (make) => make(world),
  );
}
