import type { Client } from 'discord.js';
import { commands } from '../../commands/index.ts';
import { privateAnswer } from '../../commands/private-answer.ts';
import { Ticker } from '../bridge/ticker.ts';
import { wallClock } from '../clock/wall-clock.ts';
import type { Config } from '../config/config.ts';
import { budgetTold } from '../config/limits.ts';
import { type OpenBridge, OpenBridges } from '../conversation/bridges.ts';
import { Conversations } from '../conversation/conversations.ts';
import { DecisionLog } from '../conversation/decision-log.ts';
import { KnownTimes } from '../conversation/people/person-times.ts';
import { ReminderRights } from '../conversation/reminder-rights.ts';
import { ReminderScheduler } from '../conversation/reminder-scheduler.ts';
import { type ReturnPatience, returnToPlaces } from '../conversation/restart-recovery.ts';
import { StrayPlaces } from '../conversation/stray-places.ts';
import { createClient, logIn } from '../discord/client/client.ts';
import { destroyClient } from '../discord/client/gateway-strategy.ts';
import { hearToTheEnd } from '../discord/client/last-events.ts';
import { LoginError } from '../discord/client/login-error.ts';
import { isServed, ServedGuilds } from '../discord/client/served-guilds.ts';
import { autoModRules } from '../discord/guild/auto-mod.ts';
import type { HearsBot } from '../discord/guild/hears-bot.ts';
import { isInVoice } from '../discord/guild/members.ts';
import { DiscordModeration } from '../discord/guild/moderation.ts';
import { CommandRegistration } from '../discord/interactions/command-registration.ts';
import { dispatchCommands, type Forms, type Press } from '../discord/interactions/dispatch.ts';
import { forgetButton, pressForget, pressForgetOn } from '../discord/interactions/forget-buttons.ts';
import { InteractionIntake } from '../discord/interactions/intake.ts';
import { pressReminder, reminderButtons } from '../discord/interactions/reminder-buttons.ts';
import { noteForm, pressRuleButton, ruleButtons } from '../discord/interactions/rule-buttons.ts';
import { keepTime } from '../discord/rest/discord-time.ts';
import { DiscordGuildTexts } from '../discord/text/guild-texts.ts';
import { DiscordModeratorPosts } from '../discord/text/moderator-posts.ts';
import { VoiceStatuses } from '../discord/text/voice-status.ts';
import type { LinkPatience } from '../discord/voice/link/close-codes.ts';
import { OpusCodecs } from '../discord/voice/receive/opus.ts';
import { FrameClock } from '../discord/voice/send/frame-clock.ts';
import { type Claimant, FairQueue, NOBODY } from '../lib/fair-queue.ts';
import type { Log } from '../lib/log.ts';
import { escapeMarkdown } from '../lib/markdown.ts';
import { RETRY_POLICY, type RetryPolicy } from '../model/durable/retry-policy.ts';
import { Models } from '../model/models.ts';
import { Moderating } from '../moderation/moderation.ts';
import type { BridgeEvent } from '../ports/bridge-events.ts';
import type { Consent } from '../ports/consent.ts';
import type { Bridges } from '../ports/conversation.ts';
import { BusyError, LineLostError } from '../ports/errors.ts';
import type { TranscriptExports } from '../ports/export.ts';
import type { RecordReader } from '../ports/record.ts';
import type { SettingsStore } from '../ports/settings.ts';
import { LeftGuilds } from '../privacy/left-guilds.ts';
import { ConsentedLines } from '../record/consent-filter.ts';
import { warmUp } from '../time/phrase.ts';
import type { Tool } from '../tools/tool.ts';
import { drawUsage } from '../usage/chart/draw-usage.ts';
import type { UsageChart } from '../usage/chart/usage-chart.ts';
import { readPrices } from '../usage/price-file.ts';
import type { Prices } from '../usage/prices.ts';
import { UsageTracker } from '../usage/usage-tracker.ts';
import { type ToolFile, toolsOfFolder } from './custom-tools.ts';
import { Forgetting } from './privacy.ts';
import { Reading } from './record-access.ts';
import { Storage } from './storage.ts';
import { Tooling } from './tools.ts';

/** The running bot. */
export interface Parley {
  /** Codecs alive in this process, for tests and the log. */
  readonly codecs: OpusCodecs;
  /** For `npm run live-check`, which does by hand what commands do: no bot can type a command of another. */
  readonly inside: Inside;
  /** Leaves every channel, writes what is left of the transcripts, closes the database. Idempotent; takes at most 4 s. */
  stop(): Promise<void>;
}

/** The parts behind the commands. */
export interface Inside {
  readonly client: Client;
  readonly bridges: Bridges;
  readonly settings: SettingsStore;
  readonly consent: Consent;
  readonly record: RecordReader;
  readonly exports: TranscriptExports;
  /** The label of the default model. */
  readonly label: string;
  /** The names of all tools that it is offered. */
  readonly toolNames: () => readonly string[];
}

/** What the bot is started with. */
export interface ParleyOptions {
  readonly config: Config;
  readonly log: Log;
  /** Everything that happens in every conversation. */
  readonly observe?: (event: BridgeEvent, guildId: string) => void;
  /** The connection to Discord ended for good: the process should say so and end. */
  readonly onDead?: (error: LoginError) => void;
  /** Tools beside the built-in ones. */
  readonly tools?: readonly Tool[];
  /** Bots that are heard and count as people; default: none do. */
  readonly hearsBot?: HearsBot;
  /** With a lost model; only tests need another. */
  readonly patience?: RetryPolicy;
  /** With a lost voice connection; only tests need another. */
  readonly linkPatience?: LinkPatience;
  /** With a return after a crash; only tests need another. */
  readonly returnPatience?: ReturnPatience;
  /** What moderators see around a hit; only tests need another than 30 s. */
  readonly contextMs?: number;
  /** After a server removed the bot; only tests need another than a minute. */
  readonly settledMs?: number;
  /** After this people are told that an answer takes longer; only tests need another than 7 s. */
  readonly progressMs?: number;
  /** Stops it, also while it starts: then startParley() rejects. */
  readonly signal?: AbortSignal;
}

/** For conversations and servers that end: what is left of the process's 5 s is for answers, the goodbye and the database. */
const STOP_LIMIT_MS = 3_500;
const TAKEN_OVER =
  'Another process serves this bot now: this one stood still for so long that it seemed dead. It stops.';
/** For answers that are on their way when the process ends. */
const ANSWERS_MS = 500;
const NOT_SERVED = 'Whoever runs me has not allowed this server, so I leave it.';
const RESTARTING = 'I am being restarted. Please try again in a minute.';
const NOT_STARTED = 'I could not start. Whoever runs me finds the reason in my log.';

/**
 * Puts the parts together and logs in. Rejects with StoreError, LoginError (one line for the operator each), having
 * closed what was open.
 */
export async function startParley(options: ParleyOptions): Promise<Parley> {
  const { config, log } = options;
  const prices = await readPrices(config.pricesFile);
  const ownTools = await toolsOfFolder({ folder: config.toolsFolder, tell: (problem) => log.warn(problem) });
  const { signal = new AbortController().signal } = options;
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  const onLost = () => options.onDead?.(new LoginError(TAKEN_OVER));
  const opening = Storage.open({ config, log, onLost });
  // Another program may hold the database for long.
  const storage = await Promise.race([opening, aborted.promise]).catch((error: unknown) => {
    if (signal.aborted) opening.then((late) => late.close()).catch(() => {});
    throw error;
  });
  const bot = new Bot({ ...options, prices, ownTools, storage });
  try {
    await Promise.race([bot.start(), aborted.promise]);
  } catch (error) {
    const stopped = bot.stop(signal.aborted ? RESTARTING : NOT_STARTED);
    // Whatever hangs, the error is told.
    await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, STOP_LIMIT_MS).unref())]);
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return bot;
}

/** What was read and opened before the parts were put together. */
interface BotParts extends ParleyOptions {
  readonly prices: Prices;
  readonly ownTools: readonly ToolFile[];
  readonly storage: Storage;
}

/** The bot, in its parts: what is kept, read, moderated, remembered, done with tools, and talked about. */
class Bot implements Parley {
  readonly codecs = new OpusCodecs();
  readonly #parts: BotParts;
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
  /** Each picture has a thread of its own. */
  readonly #drawing = new FairQueue({ atOnce: 1, mostForPerson: 2, mostForGuild: 4, mostWaiting: 50 });
  readonly #ending = new AbortController();
  #returned: Promise<void> | undefined;
  /** Nobody goes back any more into a channel of before the restart. */
  #hasReturned = false;
  #strays: StrayPlaces | undefined;
  #served: ServedGuilds | undefined;
  #stopping: Promise<void> | undefined;

  constructor(parts: BotParts) {
    const { config, storage, prices, log } = parts;
    const { settings } = storage;
    this.#parts = parts;
    this.#bridges = new OpenBridges((request) => this.#open(request), {
      most: config.maxConversations,
      admit: (request) => this.#conversations.admits(request),
    });
    this.#client = createClient({ apiUrl: config.discord.apiUrl, log, onDead: (error) => parts.onDead?.(error) });
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
    this.#moderating = this.#moderatingOf(parts);
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
      escape: escapeMarkdown,
      log,
    });
    this.#tooling = this.#toolingOf(parts);
    this.#conversations = this.#conversationsOf(parts);
    this.#forgetting = new Forgetting({
      client,
      storage,
      usage: this.#spending,
      holds: (messageId) => this.#conversations.holds(messageId),
      memories: [
        this.#conversations,
        this.#decisions,
        this.#tooling.runAgain,
        this.#reading.privately,
        this.#reading.summaries,
        this.#reading.exports,
      ],
      copies: [this.#moderating, this.#reading.exports],
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
      ...(parts.settledMs !== undefined && { settledMs: parts.settledMs }),
    });
  }

  async start(): Promise<void> {
    const { config, storage, log, returnPatience } = this.#parts;
    const { apiUrl, token } = config.discord;
    // Nobody waits for the MCP servers: their tools come when they are there.
    void this.#tooling.start();
    const ready = await logIn(this.#client, { token, apiUrl });
    if (this.#stopping !== undefined) return;
    this.#served = new ServedGuilds({ client: this.#client, ...this.#serving, log });
    this.#dispatch();
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
    const places = await this.#parts.storage.places.all().catch(() => undefined);
    return !places || places.some((place) => place.guildId === guildId) || isOpen();
  }

  /** The commands are told to Discord beside everything else: those that it has are answered already. */
  async #register(client: Client<true>): Promise<void> {
    const { config, storage, log, onDead } = this.#parts;
    const { apiUrl, guildId } = config.discord;
    const memory = storage.registrations;
    const onFatal = (error: LoginError) => onDead?.(error);
    const registration = new CommandRegistration({ client, commands, guildId, apiUrl, log, memory, onDead: onFatal });
    this.#ending.signal.addEventListener('abort', () => registration.close());
    await registration.start();
  }

  get #serving() {
    const { serversAllowed: allowed, serversBlocked: blocked } = this.#parts.config;
    return { allowed, blocked };
  }

  /** Also while the bot is still on a server that it leaves: there it costs nothing. */
  readonly #open: OpenBridge = async (request) => {
    if (!isServed(request.guildId, this.#serving)) throw new LineLostError(NOT_SERVED, { retryable: false });
    return this.#conversations.open(request);
  };

  get inside(): Inside {
    const { settings, consent } = this.#parts.storage;
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

  async #stop(told: string): Promise<void> {
    this.#intake.refuse(told);
    const closing = Promise.all([this.#close(), this.#tooling.close()]);
    await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, STOP_LIMIT_MS).unref())]);
    await Promise.all([this.#forgetting.close(), this.#leftGuilds.close()]);
    await this.#intake.finish(ANSWERS_MS);
    hearToTheEnd(this.#client);
    await destroyClient(this.#client);
    this.#unwatchTime();
    // Those that came with the last events.
    await this.#intake.finish(ANSWERS_MS);
    await this.#parts.storage.close();
  }

  async #close(): Promise<void> {
    // Before the conversations: what they do not say any more is left for the next start.
    this.#ending.abort();
    const reminded = this.#reminding.close();
    this.#strays?.close();
    this.#served?.close();
    await Promise.all([this.#bridges.closeAll({ kind: 'asked', by: null }), this.#tooling.runAgain.close()]);
    await this.#returned;
    await this.#conversations.finished();
    await this.#moderating.close();
    await reminded;
  }

  #moderatingOf({ storage, log, contextMs }: BotParts): Moderating {
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

  #toolingOf({ config, storage, tools = [], ownTools, log }: BotParts): Tooling {
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
      observe: (event, guildId) => this.#parts.observe?.(event, guildId),
      log,
    });
  }

  #conversationsOf(parts: BotParts): Conversations {
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

  /** From now on commands, buttons and forms are answered. */
  #dispatch(): void {
    const { config, storage, log, progressMs } = this.#parts;
    const { cards, rules, reports } = this.#moderating;
    const { ownRecords } = this.#forgetting;
    const { record, readers, audit, exports, summaries, privately } = this.#reading;
    const context = {
      ...this.#tooling.commands,
      bridges: this.#bridges,
      settings: storage.settings,
      usage: this.#spending,
      drawUsage: (chart: UsageChart, by: Claimant = NOBODY) =>
        this.#drawing.run(by, { tooMany: () => new BusyError('too many pictures'), work: () => drawUsage(chart) }),
      models: this.#models,
      notes: storage.notes,
      reminders: this.#reminding,
      times: this.#times,
      reminderButtons,
      ownRecords,
      forgetButton,
      serverName: (guildId: string) => this.#client.guilds.cache.get(guildId)?.name,
      sharedServers: (userId: string) =>
        [...this.#client.guilds.cache.values()].flatMap(({ id, members }) => (members.cache.has(userId) ? [id] : [])),
      consent: storage.consent,
      privacyUrl: config.privacyUrl,
      record,
      readers,
      audit,
      consentedLines: (guildId: string) =>
        new ConsentedLines({ record, mayHear: (userId) => storage.consent.mayHear(guildId, userId) }),
      exports,
      summaries,
      decisions: this.#decisions,
      clock: wallClock,
      rules,
      cards,
      reports,
      storage: storage.health,
      foreignRules: (guildId: string) => autoModRules(this.#client, guildId),
      log,
    };
    const pressPrivate = (pressed: Parameters<Press>[0]) => {
      const answer = privately.press(pressed);
      return typeof answer === 'object' ? privateAnswer(answer, context) : answer;
    };
    const press: Press = async (pressed) =>
      (await pressRuleButton(pressed, cards)) ??
      (await this.#tooling.press(pressed)) ??
      (await pressPrivate(pressed)) ??
      (await pressReminder(pressed, this.#reminding)) ??
      pressForget(pressed, ownRecords, log);
    const forms: Forms = { open: noteForm, submit: (sent) => pressRuleButton(sent, cards) };
    dispatchCommands(this.#client, commands, context, press, forms, {
      intake: this.#intake,
      progressMs,
      pressDirectly: (pressed) => pressForgetOn(pressed, ownRecords, log),
    });
  }
}
