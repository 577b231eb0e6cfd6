import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { autoModerationRoutes } from './auto-moderation.ts';
import { CommandRegistry } from './command-registry.ts';
import type { Json, User } from './entities.ts';
import type { Faults } from './faults.ts';
import { Gateway } from './gateway.ts';
import type { GatewaySession } from './gateway-session.ts';
import { type GuildOptions, SimulatedGuild } from './guild.ts';
import { guildCreateJson } from './guild-create.ts';
import type { GuildWorld } from './guild-world.ts';
import { Identity } from './identity.ts';
import { Intent } from './intents.ts';
import { Interactions } from './interactions.ts';
import { type RecordedRequest, type RestWorld, restServer } from './rest.ts';
import { applicationJson, applicationRoutes } from './rest-application.ts';
import { channelRoutes } from './rest-channels.ts';
import { guildRoutes } from './rest-guilds.ts';
import { interactionRoutes } from './rest-interactions.ts';
import { VoiceServer, type VoiceServerOptions } from './voice-server.ts';
import { memberJson, userJson } from './wire.ts';

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
}

/**
 * Discord on 127.0.0.1: REST, gateway and voice for one bot, with guilds and people made by the test or the demo.
 * Nothing in it leaves the machine. Whoever started it closes it.
 */
export class SimulatedDiscord {
  /** The bot token that is accepted. */
  readonly token: string;
  readonly botUser: { readonly id: string; readonly name: string };
  readonly voice: VoiceServer;
  readonly commands: CommandRegistry;
  readonly gateway: Gateway;
  /** Every REST request that was answered, oldest first. */
  readonly requests: RecordedRequest[] = [];
  readonly #guilds = new Map<string, SimulatedGuild>();
  readonly #users = new Map<string, User>();
  readonly #bot: User;
  readonly #applicationId: string;
  readonly #identity: Identity;
  readonly #interactions: Interactions;
  readonly #options: DiscordOptions;
  readonly #rest: FastifyInstance;
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
    // The application and its bot share an id, as with every application made since 2016.
    const name = options.botName ?? 'Parley';
    this.#bot = { id: this.#identity.entity(), username: name, globalName: null, bot: true };
    this.#applicationId = this.#bot.id;
    this.#users.set(this.#bot.id, this.#bot);
    this.botUser = { id: this.#bot.id, name };
    this.token = `${Buffer.from(this.#bot.id).toString('base64url')}.simul8.${this.#identity.secret(19)}`;
    this.commands = new CommandRegistry(this.#identity, this.#applicationId);
    this.gateway = new Gateway(this.#gatewayWorld());
    this.#interactions = new Interactions({
      identity: this.#identity,
      applicationId: this.#applicationId,
      botId: this.#bot.id,
      dispatch: this.gateway.dispatch,
      limitMs: options.interactionLimitMs ?? 3000,
    });
    const world = this.#restWorld();
    const routes = [applicationRoutes, channelRoutes, guildRoutes, autoModerationRoutes, interactionRoutes].map(
      (make) => make(world),
    );
    this.#rest = restServer(world, (request) => this.requests.push(request), routes);
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

  /** The bot is thrown out of the guild, and of its voice channel. https://docs.discord.com/developers/events/gateway-events#guild-delete */
  removeGuild(guild: SimulatedGuild): void {
    this.voice.dismiss({ guildId: guild.id, userId: this.#bot.id });
    this.gateway.dispatch('GUILD_DELETE', { id: guild.id }, { guildId: guild.id });
    this.#guilds.delete(guild.id);
  }

  /** An outage: the guild is there, and not available until it comes back. */
  outage(guild: SimulatedGuild): void {
    this.gateway.dispatch('GUILD_DELETE', { id: guild.id, unavailable: true }, { guildId: guild.id });
  }

  /** The outage is over. */
  outageOver(guild: SimulatedGuild): void {
    for (const session of this.gateway.sessions) this.#sendGuild(session, guild);
  }

  /** Ends everything: people hang up, sockets close. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
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
      token: this.token,
      botId: this.#bot.id,
      grantedIntents: this.#options.grantedIntents ?? 0,
      heartbeatIntervalMs: this.#options.heartbeatIntervalMs ?? 41_250,
      resumeMs: this.#options.resumeMs ?? 60_000,
      voiceEndpoint: this.voice.endpoint,
      sessionId: () => this.#identity.secret(),
      ready: (session) => this.#ready(session),
      canView: (guildId, channelId) => this.#canView(guildId, channelId),
      greet: (session) => {
        for (const guild of this.#guilds.values()) this.#sendGuild(session, guild);
      },
      voiceState: (session, wish, holder) => {
        const channelId = wish.channel_id === null || wish.channel_id === undefined ? null : String(wish.channel_id);
        const asked = { channelId, selfMute: Boolean(wish.self_mute), selfDeaf: Boolean(wish.self_deaf) };
        this.#guilds.get(String(wish.guild_id))?.places.request(this.#bot.id, session.id, asked, holder);
      },
      requestMembers: (session, request) => this.#sendMembers(session, request),
      ended: (session) => {
        // With its session the bot goes out of the voice channels that the session brought it into.
        for (const guild of this.#guilds.values()) {
          if (guild.places.of(this.#bot.id)?.sessionId === session.id) guild.places.leave(this.#bot.id);
        }
      },
    };
  }

  #gatewayUrl(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  #canView(guildId: string, channelId: string): boolean {
    const guild = this.#guilds.get(guildId);
    const channel = guild?.channels.get(channelId);
    const bot = guild?.members.get(this.#bot.id);
    return !guild || !channel || !bot || (guild.permissions(bot, channel) & (1n << 10n)) !== 0n;
  }

  // https://docs.discord.com/developers/events/gateway-events#ready
  #ready(session: GatewaySession): Json {
    const { id, flags } = applicationJson(this.#restWorld());
    return {
      v: 10,
      user_settings: {},
      user: { ...userJson(this.#bot), verified: true, mfa_enabled: false, email: null },
      guilds: this.guilds
        .filter((guild) => session.serves(guild.id))
        .map((guild) => ({ id: guild.id, unavailable: true })),
      session_type: 'normal',
      session_id: session.id,
      resume_gateway_url: this.#gatewayUrl(),
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

  #sendGuild(session: GatewaySession, guild: SimulatedGuild): void {
    if (!session.serves(guild.id)) return;
    const allMembers = session.has(Intent.guildMembers) && session.has(Intent.guildPresences);
    const json = guildCreateJson(guild, this.#bot.id, {
      allMembers,
      voiceStates: session.has(Intent.guildVoiceStates),
    });
    session.dispatch('GUILD_CREATE', json, this.#bot.id);
  }

  // https://docs.discord.com/developers/events/gateway-events#request-guild-members: all of them only with the members intent.
  #sendMembers(session: GatewaySession, request: Json): void {
    const guild = this.#guilds.get(String(request.guild_id));
    if (!guild) return;
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
    session.dispatch('GUILD_MEMBERS_CHUNK', chunk, this.#bot.id);
  }
}
