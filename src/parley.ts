import { commands } from '../commands/index.ts';
import type { BridgeEvent } from './bridge/bridge-ports.ts';
import { OpenBridges } from './bridge/bridges.ts';
import { Consents } from './bridge/consents.ts';
import { DecisionLog } from './bridge/decision-log.ts';
import type { SpeechModel } from './bridge/ports.ts';
import { unneeded } from './bridge/session-options.ts';
import { Ticker } from './bridge/ticker.ts';
import { builtInTools } from './built-in-tools.ts';
import { drawUsage } from './chart/draw-usage.ts';
import type { Config } from './config.ts';
import { ConsentedLines } from './consented-lines.ts';
import { Conversations } from './conversations.ts';
import { autoModRules } from './discord/auto-mod.ts';
import { createClient, logIn } from './discord/client.ts';
import { ConfirmButtons } from './discord/confirm-buttons.ts';
import { deployCommands } from './discord/deploy-commands.ts';
import { dispatchCommands, type Forms, type Press } from './discord/dispatch.ts';
import { forgetButton, pressForget } from './discord/forget-buttons.ts';
import { FrameClock } from './discord/frame-clock.ts';
import { destroyClient } from './discord/gateway-strategy.ts';
import { DiscordGuildTexts } from './discord/guild-texts.ts';
import { isInVoice } from './discord/members.ts';
import { DiscordModeration } from './discord/moderation.ts';
import { DiscordModeratorPosts } from './discord/moderator-posts.ts';
import { OldPosts } from './discord/old-posts.ts';
import { OpusCodecs } from './discord/opus.ts';
import { ReadablePlaces } from './discord/readable-places.ts';
import { noteForm, pressRuleButton, ruleButtons } from './discord/rule-buttons.ts';
import type { StartError } from './discord/start-error.ts';
import { ToolButtons } from './discord/tool-buttons.ts';
import type { LinkPatience } from './discord/voice-policy.ts';
import { VoiceStatuses } from './discord/voice-status.ts';
import { Exporting } from './exporting.ts';
import { type KeptRecord, openRecord } from './kept-record.ts';
import type { Log } from './log.ts';
import { PATIENCE, type Patience } from './model/back-off.ts';
import { Models } from './model/models.ts';
import { textModel } from './model/text-model.ts';
import { Moderating } from './moderating.ts';
import { KeptOwnRecords } from './own-records.ts';
import { PostEditing } from './post-editing.ts';
import { readPrices } from './prices-file.ts';
import { RecordReaders } from './readers.ts';
import { Reminding } from './reminding.ts';
import { type ReturnPatience, returnToPlaces } from './returning.ts';
import { RunAgain } from './run-again.ts';
import { serverToolList } from './server-tools.ts';
import { Spending } from './spending.ts';
import { GuildConsentStore } from './store/consents.ts';
import { type Database, openDatabase } from './store/database.ts';
import { InstanceLock } from './store/instance-lock.ts';
import { NoteStore } from './store/notes.ts';
import { PlaceStore } from './store/places.ts';
import { RemovalStore } from './store/post-removals.ts';
import { ReaderEntries } from './store/reader-entries.ts';
import { unlock } from './store/record-key.ts';
import { ReminderStore } from './store/reminders.ts';
import { GuildSettingsStore } from './store/settings.ts';
import type { TextSeal } from './store/text-seal.ts';
import { ToolRulesStore } from './store/tool-rules.ts';
import { UsageStore } from './store/usage.ts';
import { WrittenSummaries } from './summaries.ts';
import { ToolTrials } from './tool-trials.ts';
import { Confirmations } from './tools/confirmations.ts';
import { McpServers } from './tools/mcp-servers.ts';
import type { Tool } from './tools/tool.ts';
import { LocalToolbox } from './tools/toolbox.ts';
import { toolsOfFolder, withFreeNames } from './tools-folder.ts';
import { confirmationClosed, confirmationTexts } from './transcript/confirmation-post.ts';
import { escapeMarkdown, escapeName } from './transcript/markdown.ts';

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
export async function startParley({
  config,
  log,
  observe,
  onDead,
  tools: more = [],
  patience = PATIENCE,
  linkPatience,
  returnPatience,
  contextMs,
}: ParleyOptions): Promise<Parley> {
  const { apiUrl } = config.discord;
  const prices = await readPrices(config.pricesFile);
  const leftOut = (problem: string): void => log.warn(problem);
  const ownTools = await toolsOfFolder({ folder: config.toolsFolder, tell: leftOut });
  const database = await openDatabase(config.databaseUrl);
  const { lock, record, consent, settings, seal } = await openAlone({ database, config, log });
  const places = new PlaceStore(database, seal);
  const usageStore = new UsageStore(database, log, undefined, seal);
  const spending = new Spending({ store: usageStore, settings, prices, now: () => new Date() });
  const { models: configs, fallbackProvider: fallback, lacking, transcriber } = config;
  const models = new Models({ configs, fallback, lacking, transcriber, log });
  const policies = new ToolRulesStore(database);
  const confirmButtons = new ConfirmButtons(escapeName);
  const confirmations = new Confirmations({
    texts: (question, waitMs) => confirmationTexts(question, waitMs, Date.now()),
    closed: confirmationClosed,
    buttons: (id) => confirmButtons.of(id),
  });
  const buttons = new ToolButtons();
  const decisions = new DecisionLog();
  const codecs = new OpusCodecs();
  const clock = new FrameClock();
  const client = createClient({ apiUrl, log, onDead: (error) => onDead?.(error) });
  const texts = new DiscordGuildTexts({ client, settings });
  const notes = new NoteStore(database, undefined, seal);
  const reminding = new Reminding({
    store: new ReminderStore(database, undefined, seal),
    // Made below, and asked for long after.
    bridges: { find: (guildId) => bridges.find(guildId) },
    texts,
    isIn: (...where) => isInVoice(client, ...where),
    escape: escapeMarkdown,
    log,
  });
  const moderation = new DiscordModeration(client);
  const moderating = new Moderating({
    database,
    record,
    settings,
    posts: new DiscordModeratorPosts(client),
    moderation,
    buttons: ruleButtons,
    botName: (guildId) => client.guilds.cache.get(guildId)?.members.me?.displayName ?? 'Parley',
    log,
    ...(contextMs !== undefined && { contextMs }),
  });
  const { weather } = config;
  const readers = new RecordReaders({
    entries: new ReaderEntries(database),
    places: new ReadablePlaces(client),
    settings,
    record: record.reader,
  });
  const read = { record: record.reader, readers, audit: record.audit };
  const builtIn = builtInTools({ weather, texts, moderation, notes, reminders: reminding, ...read });
  const given = [...builtIn, ...more];
  const taken = given.map(({ name }) => name);
  const tools = [...given, ...withFreeNames(ownTools, taken, leftOut)];
  const mcp = new McpServers({ config: config.mcp, secrets: config.secrets, log, onTools: () => void toolsChanged() });
  const toolbox = new LocalToolbox({ tools, more: () => mcp.tools, policies, confirmations, log });
  const tell = (event: BridgeEvent, guildId: string): void => observe?.(event, guildId);
  const runAgain = new RunAgain({ bridges: () => bridges, toolbox, settings, buttons, log, observe: tell });
  const conversations = new Conversations({
    client,
    notes,
    models,
    settings,
    consent,
    privacyUrl: config.privacyUrl,
    spending,
    record: record.writer,
    toolbox,
    buttons,
    decisions,
    ticker: new Ticker(),
    codecs,
    clock,
    places,
    evenVoices: config.evenVoices,
    statuses: new VoiceStatuses(client, log),
    log,
    patience,
    ...(linkPatience && { linkPatience }),
    observe: (event, place) => {
      tell(event, place.guildId);
      runAgain.observe(event, place);
      moderating.observe(event, place);
    },
  });
  const removals = new RemovalStore(database, seal);
  const editing = new PostEditing({
    store: removals,
    posts: new OldPosts(client),
    linesIn: (post) => record.persons.linesIn(post),
    holds: (messageId) => conversations.holds(messageId),
    log,
  });
  const ownRecords = new KeptOwnRecords({
    persons: record.persons,
    removals,
    usage: usageStore,
    settings,
    editing,
    memories: [conversations, decisions, runAgain],
    copies: [moderating],
    now: () => Date.now(),
  });
  const bridges: OpenBridges = new OpenBridges(conversations.open);
  const toolsChanged = () =>
    bridges.reapply(settings).catch((error) => log.warn({ err: error }, 'changed tools could not be offered'));
  const serversStarted = mcp.start();

  const ending = new AbortController();
  let returned: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    ending.abort();
    // Before the conversations: what they do not say any more is left for the next start.
    const reminded = reminding.close();
    conversations.abort(new Error('the bot is stopping'));
    await returned;
    await Promise.all([bridges.closeAll({ kind: 'asked', by: null }), runAgain.close()]);
    await conversations.finished();
    await moderating.close();
    await reminded;
  };
  const stop = async (): Promise<void> => {
    const closing = Promise.all([close(), mcp.close()]);
    await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, STOP_LIMIT_MS).unref())]);
    await editing.close();
    await destroyClient(client);
    await places.settled();
    await record.stop();
    await usageStore.close();
    await lock.release();
    await database.destroy();
  };
  const parley: Parley = {
    codecs,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
  try {
    const ready = await logIn(client, { token: config.discord.token, apiUrl });
    await serversStarted;
    const trials = new ToolTrials({ toolbox, settings, bridges, decisions });
    const context = {
      bridges,
      settings,
      usage: spending,
      drawUsage,
      toolsFor: ({ capabilities }: SpeechModel) => [
        ...toolbox.tools.filter(({ name }) => !unneeded(capabilities.serverTools).includes(name)),
        ...serverToolList(capabilities),
      ],
      toolServers: () => mcp.shown,
      models,
      notes,
      reminders: reminding,
      ownRecords,
      forgetButton,
      consent,
      privacyUrl: config.privacyUrl,
      policies,
      ...read,
      consentedLines: (guildId: string) =>
        new ConsentedLines({ record: record.reader, mayHear: (userId) => consent.mayHear(guildId, userId) }),
      exports: new Exporting({ record: record.reader, now: () => Date.now() }),
      summaries: new WrittenSummaries({ model: textModel(configs, config.summaryModel), spending }),
      decisions,
      tryTool: trials.run,
      rules: moderating.rules,
      reports: moderating.reports,
      foreignRules: (guildId: string) => autoModRules(client, guildId),
      log,
    };
    const press: Press = async (pressed) =>
      (await pressRuleButton(pressed, moderating.cards)) ??
      confirmButtons.press(pressed, confirmations) ??
      (await buttons.press(pressed, { bridges, runAgain })) ??
      pressForget(pressed, ownRecords);
    const forms: Forms = { open: noteForm, submit: (sent) => pressRuleButton(sent, moderating.cards) };
    dispatchCommands(client, commands, context, press, forms);
    record.start();
    await moderating.start();
    await deployCommands(ready, { commands, guildId: config.discord.guildId, apiUrl, log });
    await reminding.start();
    editing.start();
    log.info({ bot: ready.user.username, guilds: ready.guilds.cache.size, model: models.default.label }, 'ready');
    returned = returnToPlaces({
      client: ready,
      places,
      settings,
      bridges,
      log,
      signal: ending.signal,
      ...(returnPatience && { patience: returnPatience }),
    });
  } catch (error) {
    await parley.stop();
    throw error;
  }
  return parley;
}

/** A bot token begins with the bot's user id in base64; the rest is secret. */
function botIdOf(token: string): string {
  return Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('latin1');
}

interface Alone {
  readonly lock: InstanceLock;
  readonly consent: Consents;
  readonly record: KeptRecord;
  readonly settings: GuildSettingsStore;
  readonly seal: TextSeal;
}

/** The lock on the database, its texts unlocked, and the record that only its holder writes. Rejects with StoreError and closes the database. */
async function openAlone({
  database,
  config,
  log,
}: Pick<ParleyOptions, 'config' | 'log'> & {
  readonly database: Database;
}): Promise<Alone> {
  let lock: InstanceLock | undefined;
  try {
    lock = await InstanceLock.take(database, { botId: botIdOf(config.discord.token) });
    const consent = await Consents.load(new GuildConsentStore(database), () => Date.now());
    const seal = await unlock(database, config.dataKey, log);
    const settings = new GuildSettingsStore(database, seal);
    return { lock, consent, record: await openRecord({ database, settings, seal, log }), settings, seal };
  } catch (error) {
    await lock?.release();
    await database.destroy();
    throw error;
  }
}
