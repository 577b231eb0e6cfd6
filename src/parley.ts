import { commands } from '../commands/index.ts';
import type { BridgeEvent } from './bridge/bridge-ports.ts';
import { OpenBridges } from './bridge/bridges.ts';
import { DecisionLog } from './bridge/decision-log.ts';
import { Ticker } from './bridge/ticker.ts';
import { drawUsage } from './chart/draw-usage.ts';
import type { Config } from './config.ts';
import { ConsentedLines } from './consented-lines.ts';
import { Conversations } from './conversations.ts';
import { autoModRules } from './discord/auto-mod.ts';
import { createClient, logIn } from './discord/client.ts';
import { deployCommands } from './discord/deploy-commands.ts';
import { dispatchCommands, type Forms, type Press } from './discord/dispatch.ts';
import { forgetButton, pressForget } from './discord/forget-buttons.ts';
import { FrameClock } from './discord/frame-clock.ts';
import { destroyClient } from './discord/gateway-strategy.ts';
import { DiscordGuildTexts } from './discord/guild-texts.ts';
import { isInVoice } from './discord/members.ts';
import { DiscordModeration } from './discord/moderation.ts';
import { DiscordModeratorPosts } from './discord/moderator-posts.ts';
import { OpusCodecs } from './discord/opus.ts';
import { noteForm, pressRuleButton, ruleButtons } from './discord/rule-buttons.ts';
import type { StartError } from './discord/start-error.ts';
import type { LinkPatience } from './discord/voice-policy.ts';
import { VoiceStatuses } from './discord/voice-status.ts';
import { Forgetting } from './forgetting.ts';
import type { Log } from './log.ts';
import { PATIENCE, type Patience } from './model/back-off.ts';
import { Models } from './model/models.ts';
import type { Prices } from './model/prices.ts';
import { Moderating } from './moderating.ts';
import { readPrices } from './prices-file.ts';
import { Reading } from './reading.ts';
import { Reminding } from './reminding.ts';
import { type ReturnPatience, returnToPlaces } from './returning.ts';
import { Spending } from './spending.ts';
import { Storage } from './storage.ts';
import { Tooling } from './tooling.ts';
import type { Tool } from './tools/tool.ts';
import { type ToolFile, toolsOfFolder } from './tools-folder.ts';
import { escapeMarkdown } from './transcript/markdown.ts';

/** The running bot. */
export interface Parley {
  /** Codecs alive in this process, for tests and the log. */
  readonly codecs: OpusCodecs;
  /** Leaves every channel, writes what is left of the transcripts, closes the database. Idempotent; takes at most 4 s. */
  stop(): Promise<void>;
}

/** What the bot is started with. */
export interface ParleyOptions {
  readonly config: Config;
  readonly log: Log;
  /** Everything that happens in every conversation. */
  readonly observe?: (event: BridgeEvent, guildId: string) => void;
  /** The connection to Discord ended for good: the process should say so and end. */
  readonly onDead?: (error: StartError) => void;
  /** Tools beside the built-in ones. */
  readonly tools?: readonly Tool[];
  /** With a lost model; only tests need another. */
  readonly patience?: Patience;
  /** With a lost voice connection; only tests need another. */
  readonly linkPatience?: LinkPatience;
  /** With a return after a crash; only tests need another. */
  readonly returnPatience?: ReturnPatience;
  /** What moderators see around a hit; only tests need another than 30 s. */
  readonly contextMs?: number;
}

const STOP_LIMIT_MS = 4_000;

/**
 * Puts the parts together and logs in. Rejects with StoreError, StartError (one line for the operator each), having
 * closed what was open.
 */
export async function startParley(options: ParleyOptions): Promise<Parley> {
  const { config, log } = options;
  const prices = await readPrices(config.pricesFile);
  const ownTools = await toolsOfFolder({ folder: config.toolsFolder, tell: (problem) => log.warn(problem) });
  const storage = await Storage.open({ config, log });
  const bot = new Bot({ ...options, prices, ownTools, storage });
  try {
    await bot.start();
  } catch (error) {
    await bot.stop();
    throw error;
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
  readonly #models: Models;
  readonly #spending: Spending;
  readonly #decisions = new DecisionLog();
  readonly #bridges = new OpenBridges((request) => this.#conversations.open(request));
  readonly #texts: DiscordGuildTexts;
  readonly #moderation: DiscordModeration;
  readonly #moderating: Moderating;
  readonly #reading: Reading;
  readonly #reminding: Reminding;
  readonly #tooling: Tooling;
  readonly #conversations: Conversations;
  readonly #forgetting: Forgetting;
  readonly #serversStarted: Promise<void>;
  readonly #ending = new AbortController();
  #returned: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(parts: BotParts) {
    const { config, storage, prices, log } = parts;
    const { settings } = storage;
    this.#parts = parts;
    this.#client = createClient({ apiUrl: config.discord.apiUrl, log, onDead: (error) => parts.onDead?.(error) });
    const client = this.#client;
    const { models: configs, fallbackProvider: fallback, lacking, transcriber } = config;
    this.#models = new Models({ configs, fallback, lacking, transcriber, log });
    this.#spending = new Spending({ store: storage.usage, settings, prices, now: () => new Date() });
    this.#texts = new DiscordGuildTexts({ client, settings });
    this.#moderation = new DiscordModeration(client);
    this.#moderating = this.#moderatingOf(parts);
    this.#reading = new Reading({ client, config, storage, spending: this.#spending });
    this.#reminding = new Reminding({
      store: storage.reminders,
      bridges: this.#bridges,
      texts: this.#texts,
      isIn: (...where) => isInVoice(client, ...where),
      escape: escapeMarkdown,
      log,
    });
    this.#tooling = this.#toolingOf(parts);
    this.#conversations = this.#conversationsOf(parts);
    this.#forgetting = new Forgetting({
      client,
      storage,
      holds: (messageId) => this.#conversations.holds(messageId),
      memories: [this.#conversations, this.#decisions, this.#tooling.runAgain],
      copies: [this.#moderating],
      log,
    });
    this.#serversStarted = this.#tooling.start();
  }

  async start(): Promise<void> {
    const { config, storage, log, returnPatience } = this.#parts;
    const { apiUrl, token, guildId } = config.discord;
    const ready = await logIn(this.#client, { token, apiUrl });
    await this.#serversStarted;
    this.#dispatch();
    storage.record.start();
    await this.#moderating.start();
    await deployCommands(ready, { commands, guildId, apiUrl, log });
    await this.#reminding.start();
    this.#forgetting.start();
    const model = this.#models.default.label;
    log.info({ bot: ready.user.username, guilds: ready.guilds.cache.size, model }, 'ready');
    this.#returned = returnToPlaces({
      client: ready,
      places: storage.places,
      settings: storage.settings,
      bridges: this.#bridges,
      log,
      signal: this.#ending.signal,
      ...(returnPatience && { patience: returnPatience }),
    });
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const closing = Promise.all([this.#close(), this.#tooling.close()]);
    await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, STOP_LIMIT_MS).unref())]);
    await this.#forgetting.close();
    await destroyClient(this.#client);
    await this.#parts.storage.close();
  }

  async #close(): Promise<void> {
    this.#ending.abort();
    // Before the conversations: what they do not say any more is left for the next start.
    const reminded = this.#reminding.close();
    this.#conversations.abort(new Error('the bot is stopping'));
    await this.#returned;
    await Promise.all([this.#bridges.closeAll({ kind: 'asked', by: null }), this.#tooling.runAgain.close()]);
    await this.#conversations.finished();
    await this.#moderating.close();
    await reminded;
  }

  #moderatingOf({ storage, log, contextMs }: BotParts): Moderating {
    const { database, record, settings } = storage;
    const { guilds } = this.#client;
    return new Moderating({
      database,
      record,
      settings,
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
    const { record, readers, audit } = this.#reading;
    return new Tooling({
      config,
      storage,
      builtIn: {
        weather: config.weather,
        texts: this.#texts,
        moderation: this.#moderation,
        notes: storage.notes,
        reminders: this.#reminding,
        record,
        readers,
        audit,
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

  #conversationsOf({ config, storage, log, observe, patience = PATIENCE, linkPatience }: BotParts): Conversations {
    const { notes, settings, consent, places, record } = storage;
    const { toolbox, buttons, runAgain } = this.#tooling;
    return new Conversations({
      client: this.#client,
      notes,
      models: this.#models,
      settings,
      consent,
      privacyUrl: config.privacyUrl,
      spending: this.#spending,
      record: record.writer,
      toolbox,
      buttons,
      decisions: this.#decisions,
      ticker: new Ticker(),
      codecs: this.codecs,
      clock: new FrameClock(),
      places,
      evenVoices: config.evenVoices,
      statuses: new VoiceStatuses(this.#client, log),
      log,
      patience,
      ...(linkPatience && { linkPatience }),
      observe: (event, place) => {
        observe?.(event, place.guildId);
        runAgain.observe(event, place);
        this.#moderating.observe(event, place);
      },
    });
  }

  /** From now on commands, buttons and forms are answered. */
  #dispatch(): void {
    const { config, storage, log } = this.#parts;
    const { cards, rules, reports } = this.#moderating;
    const { ownRecords } = this.#forgetting;
    const { record, readers, audit, exports, summaries } = this.#reading;
    const context = {
      ...this.#tooling.commands,
      bridges: this.#bridges,
      settings: storage.settings,
      usage: this.#spending,
      drawUsage,
      models: this.#models,
      notes: storage.notes,
      reminders: this.#reminding,
      ownRecords,
      forgetButton,
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
      rules,
      cards,
      reports,
      foreignRules: (guildId: string) => autoModRules(this.#client, guildId),
      log,
    };
    const press: Press = async (pressed) =>
      (await pressRuleButton(pressed, cards)) ??
      (await this.#tooling.press(pressed)) ??
      pressForget(pressed, ownRecords, log);
    const forms: Forms = { open: noteForm, submit: (sent) => pressRuleButton(sent, cards) };
    dispatchCommands(this.#client, commands, context, press, forms);
  }
}
