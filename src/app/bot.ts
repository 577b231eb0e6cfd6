import type { Client } from 'discord.js';
import { commands } from '../../commands/index.ts';
import { Ticker } from '../bridge/ticker.ts';
import { wallClock } from '../clock/wall-clock.ts';
import { budgetTold } from '../config/limits.ts';
import { type OpenBridge, OpenBridges } from '../conversation/bridges.ts';
import { Conversations } from '../conversation/conversations.ts';
import { DecisionLog } from '../conversation/decision-log.ts';
import { KnownTimes } from '../conversation/people/person-times.ts';
import { ReminderRights } from '../conversation/reminder-rights.ts';
import { ReminderScheduler } from '../conversation/reminder-scheduler.ts';
import { returnToPlaces } from '../conversation/restart-recovery.ts';
import { StrayPlaces } from '../conversation/stray-places.ts';
import { createClient, logIn } from '../discord/client/client.ts';
import { destroyClient } from '../discord/client/gateway-strategy.ts';
import { hearToTheEnd } from '../discord/client/last-events.ts';
import type { LoginError } from '../discord/client/login-error.ts';
import { isServed, ServedGuilds } from '../discord/client/served-guilds.ts';
import { isInVoice } from '../discord/guild/members.ts';
import { DiscordModeration } from '../discord/guild/moderation.ts';
import { CommandRegistration } from '../discord/interactions/command-registration.ts';
import { InteractionIntake } from '../discord/interactions/intake.ts';
import { reminderButtons } from '../discord/interactions/reminder-buttons.ts';
import { ruleButtons } from '../discord/interactions/rule-buttons.ts';
import { keepTime } from '../discord/rest/discord-time.ts';
import { DiscordGuildTexts } from '../discord/text/guild-texts.ts';
import { DiscordModeratorPosts } from '../discord/text/moderator-posts.ts';
import { VoiceStatuses } from '../discord/text/voice-status.ts';
import { OpusCodecs } from '../discord/voice/receive/opus.ts';
import { FrameClock } from '../discord/voice/send/frame-clock.ts';
import { inOrder } from '../lib/in-order.ts';
import { RETRY_POLICY } from '../model/durable/retry-policy.ts';
import { Models } from '../model/models.ts';
import { Moderating } from '../moderation/moderation.ts';
import { LineLostError } from '../ports/errors.ts';
import { LeftGuilds } from '../privacy/left-guilds.ts';
import { warmUp } from '../time/phrase.ts';
import type { Prices } from '../usage/prices.ts';
import { UsageTracker } from '../usage/usage-tracker.ts';
import type { ToolFile } from './custom-tools.ts';
import { answerInteractions } from './interactions.ts';
import type { Inside, Parley, ParleyOptions } from './parley.ts';
import { Forgetting } from './privacy.ts';
import { Reading } from './record-access.ts';
import { ANSWERS_MS, CLOSE_ORDER, RESTARTING, STOP_LIMIT_MS, STOP_ORDER } from './shutdown.ts';
import type { Storage } from './storage.ts';
import { Tooling } from './tools.ts';

const NOT_SERVED = 'Whoever runs me has not allowed this server, so I leave it.';
/** What the bot is made of: what was read and opened before it. */
export interface BotDeps extends ParleyOptions {
  readonly prices: Prices;
  readonly ownTools: readonly ToolFile[];
  readonly storage: Storage;
}

/** The bot, in its parts: what is kept, read, moderated, remembered, done with tools, and talked about. */
export class Bot implements Parley {
  readonly codecs = new OpusCodecs();
  readonly #deps: BotDeps;
  readonly #client: ReturnType<typeof createClient>;
  readonly #statuses: VoiceStatuses;
  readonly #unwatchTime: () => void;
  readonly #models: Models;
  readonly #spending: UsageTracker;
  readonly #decisions = new DecisionLog();
  readonly #bridges: OpenBridges;
  readonly #texts: DiscordGuildTexts;
  readonly #moderation: DiscordModeration;
  readonly #moderating: Moderating;
  readonly #reading: Reading;
  readonly #reminding: ReminderScheduler;
  readonly #times: KnownTimes;
  readonly #tooling: Tooling;
  readonly #conversations: Conversations;
  readonly #forgetting: Forgetting;
  readonly #leftGuilds: LeftGuilds;
  readonly #intake: InteractionIntake;
  readonly #ending = new AbortController();
  #returned: Promise<void> | undefined;
  /** Nobody goes back any more into a channel of before the restart. */
  #hasReturned = false;
  #strays: StrayPlaces | undefined;
  #served: ServedGuilds | undefined;
  #stopping: Promise<void> | undefined;

  constructor(deps: BotDeps) {
    const { config, storage, prices, log } = deps;
    const { settings } = storage;
    this.#deps = deps;
    this.#bridges = new OpenBridges((request) => this.#open(request), {
      most: config.maxConversations,
      admit: (request) => this.#conversations.admits(request),
    });
    this.#client = createClient({ apiUrl: config.discord.apiUrl, log, onDead: (error) => deps.onDead?.(error) });
    const client = this.#client;
    this.#statuses = new VoiceStatuses(client, log);
    this.#unwatchTime = keepTime(client, { clock: wallClock, log });
    this.#intake = new InteractionIntake({ client, log });
    const { models: configs, fallbackProvider: fallback, lacking, transcriber } = config;
    this.#models = new Models({ configs, fallback, lacking, transcriber, log });
    this.#spending = new UsageTracker({
      store: storage.usage,
      settings,
      prices,
      now: () => new Date(wallClock.now()),
      budgets: config.budgets,
    });
    this.#texts = new DiscordGuildTexts({ client, settings });
    this.#moderation = new DiscordModeration(client);
    this.#moderating = this.#moderatingOf(deps);
    this.#reading = new Reading({ client, config, storage, spending: this.#spending });
    // Not while somebody is spoken to: it would be heard.
    warmUp();
    this.#times = new KnownTimes({
      zones: storage.zones,
      settings,
      preferred: (guildId) => client.guilds.cache.get(guildId)?.preferredLocale,
    });
    client.on('interactionCreate', ({ user, locale }) => this.#times.saw(user.id, locale));
    this.#reminding = new ReminderScheduler({
      buttons: reminderButtons,
      store: storage.reminders,
      bridges: this.#bridges,
      texts: this.#texts,
      isIn: (...where) => isInVoice(client, ...where),
      rights: new ReminderRights({ client, places: this.#reading.places, settings }),
      apart: async ({ guildId, channelId, person }, words) => {
        const { transcriptChannelId: textChannelId } = await settings.get(guildId);
        const place = { channelId, textChannelId: textChannelId ?? undefined };
        await this.#reading.privately.give({
          guildId,
          askers: [person],
          what: 'a reminder',
          lines: [],
          words,
          ...place,
        });
      },
      mayHear: (...who) => storage.consent.mayHear(...who),
      log,
    });
    this.#tooling = this.#toolingOf(deps);
    this.#conversations = this.#conversationsOf(deps);
    this.#forgetting = new Forgetting({
      client,
      storage,
      usage: this.#spending,
      holds: (messageId) => this.#conversations.holds(messageId),
      memories: {
        conversations: this.#conversations,
        decisions: this.#decisions,
        reruns: this.#tooling.runAgain,
        'private-answers': this.#reading.privately,
        summaries: this.#reading.summaries,
        exports: this.#reading.exports,
      },
      copies: { moderation: this.#moderating, exports: this.#reading.exports },
      log,
    });
    this.#leftGuilds = new LeftGuilds({
      client,
      store: storage.guilds,
      days: config.keepLeftServersDays,
      now: () => wallClock.now(),
      purgeNow: () => storage.record.purgeTime.next(),
      memories: [settings, storage.consent, storage.policies, this.#moderating.rules],
      log,
      ...(deps.settledMs !== undefined && { settledMs: deps.settledMs }),
    });
  }

  async start(): Promise<void> {
    const { config, storage, log, returnPatience } = this.#deps;
    const { apiUrl, token } = config.discord;
    // Nobody waits for the MCP servers: their tools come when they are there.
    void this.#tooling.start();
    const ready = await logIn(this.#client, { token, apiUrl });
    if (this.#stopping !== undefined) return;
    this.#served = new ServedGuilds({ client: this.#client, ...this.#serving, log });
    this.#answer();
    storage.record.start();
    await this.#moderating.start();
    await this.#reminding.start();
    this.#forgetting.start();
    this.#leftGuilds.start();
    this.#returned = returnToPlaces({
      client: ready,
      places: storage.places,
      settings: storage.settings,
      bridges: this.#bridges,
      statuses: this.#statuses,
      log,
      ...(returnPatience && { patience: returnPatience }),
    });
    void this.#returned.then(() => {
      this.#hasReturned = true;
    });
    this.#strays = new StrayPlaces({ client: ready, isWanted: (id) => this.#isWanted(id), log });
    await this.#register(ready);
    if (this.#stopping !== undefined) return;
    const model = this.#models.default.label;
    const told = budgetTold(config);
    if (told !== undefined) log.info(told);
    log.info({ bot: ready.user.username, guilds: ready.guilds.cache.size, model }, 'ready');
  }

  /** Whether the bot holds a conversation on this server, or is about to. */
  async #isWanted(guildId: string): Promise<boolean> {
    const isOpen = (): boolean => !!(this.#bridges.find(guildId) ?? this.#bridges.opening(guildId));
    if (isOpen() || this.#hasReturned) return isOpen();
    const places = await this.#deps.storage.places.all().catch(() => undefined);
    return !places || places.some((place) => place.guildId === guildId) || isOpen();
  }

  /** The commands are told to Discord beside everything else: those that it has are answered already. */
  async #register(client: Client<true>): Promise<void> {
    const { config, storage, log, onDead } = this.#deps;
    const { apiUrl, guildId } = config.discord;
    const memory = storage.registrations;
    const onFatal = (error: LoginError) => onDead?.(error);
    const registration = new CommandRegistration({ client, commands, guildId, apiUrl, log, memory, onDead: onFatal });
    this.#ending.signal.addEventListener('abort', () => registration.close());
    await registration.start();
  }

  get #serving() {
    const { serversAllowed: allowed, serversBlocked: blocked } = this.#deps.config;
    return { allowed, blocked };
  }

  /** Also while the bot is still on a server that it leaves: there it costs nothing. */
  readonly #open: OpenBridge = async (request) => {
    if (!isServed(request.guildId, this.#serving)) throw new LineLostError(NOT_SERVED, { retryable: false });
    return this.#conversations.open(request);
  };

  get inside(): Inside {
    const { settings, consent } = this.#deps.storage;
    const { record, exports } = this.#reading;
    const toolNames = () => this.#tooling.commands.toolsFor(this.#models.default).map(({ name }) => name);
    const { label } = this.#models.default;
    return { client: this.#client, bridges: this.#bridges, settings, consent, record, exports, label, toolNames };
  }

  /** `told`: what people are told who ask something of it meanwhile. */
  stop(told = RESTARTING): Promise<void> {
    this.#stopping ??= this.#stop(told);
    return this.#stopping;
  }

  #stop(told: string): Promise<void> {
    return inOrder(STOP_ORDER, {
      intake: () => this.#intake.refuse(told),
      'conversations-and-tools': () =>
        Promise.race([
          Promise.all([this.#close(), this.#tooling.close()]),
          new Promise((resolve) => setTimeout(resolve, STOP_LIMIT_MS).unref()),
        ]),
      erasures: () => Promise.all([this.#forgetting.close(), this.#leftGuilds.close()]),
      answers: () => this.#intake.finish(ANSWERS_MS),
      gateway: () => {
        hearToTheEnd(this.#client);
        return destroyClient(this.#client);
      },
      time: () => this.#unwatchTime(),
      'late-answers': () => this.#intake.finish(ANSWERS_MS),
      database: () => this.#deps.storage.close(),
    });
  }

  #close(): Promise<void> {
    let reminded: Promise<void> | undefined;
    return inOrder(CLOSE_ORDER, {
      'new-work': () => this.#ending.abort(),
      reminders: () => {
        reminded = this.#reminding.close();
      },
      watches: () => {
        this.#strays?.close();
        this.#served?.close();
      },
      conversations: () =>
        Promise.all([this.#bridges.closeAll({ kind: 'asked', by: null }), this.#tooling.runAgain.close()]),
      returns: () => this.#returned,
      farewells: () => this.#conversations.finished(),
      moderation: () => this.#moderating.close(),
      'last-reminders': () => reminded,
    });
  }

  #moderatingOf({ storage, log, contextMs }: BotDeps): Moderating {
    const { database, record, settings, health } = storage;
    const { guilds } = this.#client;
    return new Moderating({
      database,
      record,
      settings,
      health,
      posts: new DiscordModeratorPosts(this.#client),
      moderation: this.#moderation,
      buttons: ruleButtons,
      botName: (guildId) => guilds.cache.get(guildId)?.members.me?.displayName ?? 'Parley',
      log,
      ...(contextMs !== undefined && { contextMs }),
    });
  }

  #toolingOf({ config, storage, tools = [], ownTools, log }: BotDeps): Tooling {
    const bridges = this.#bridges;
    const { record, readers, audit, privately } = this.#reading;
    return new Tooling({
      config,
      storage,
      builtIn: {
        weather: config.weather,
        texts: this.#texts,
        moderation: this.#moderation,
        notes: storage.notes,
        reminders: this.#reminding,
        times: this.#times,
        record,
        readers,
        audit,
        privately,
      },
      more: tools,
      own: ownTools,
      bridges,
      decisions: this.#decisions,
      onTools: () => {
        bridges
          .reapply(storage.settings)
          .catch((error) => log.warn({ err: error }, 'changed tools could not be offered'));
      },
      observe: (event, guildId) => this.#deps.observe?.(event, guildId),
      log,
    });
  }

  #conversationsOf(parts: BotDeps): Conversations {
    const { config, storage, log, observe, patience = RETRY_POLICY, linkPatience, hearsBot } = parts;
    const { notes, settings, consent, places, record, health } = storage;
    const { toolbox, buttons, runAgain } = this.#tooling;
    return new Conversations({
      client: this.#client,
      notes,
      models: this.#models,
      settings,
      consent,
      privacyUrl: config.privacyUrl,
      spending: this.#spending,
      cheaperModel: config.cheaperModel,
      record: record.writer,
      health,
      toolbox,
      buttons,
      decisions: this.#decisions,
      ticker: new Ticker(),
      codecs: this.codecs,
      clock: new FrameClock(),
      places,
      evenVoices: config.evenVoices,
      statuses: this.#statuses,
      log,
      patience,
      ...(linkPatience && { linkPatience }),
      ...(hearsBot && { hearsBot }),
      observe: (event, place) => {
        observe?.(event, place.guildId);
        runAgain.observe(event, place);
        this.#moderating.observe(event, place);
      },
    });
  }

  #answer(): void {
    const { config, storage, log, progressMs } = this.#deps;
    answerInteractions({
      client: this.#client,
      config,
      storage,
      intake: this.#intake,
      bridges: this.#bridges,
      models: this.#models,
      spending: this.#spending,
      decisions: this.#decisions,
      reminders: this.#reminding,
      times: this.#times,
      tooling: this.#tooling,
      moderating: this.#moderating,
      reading: this.#reading,
      ownRecords: this.#forgetting.ownRecords,
      log,
      progressMs,
    });
  }
}
