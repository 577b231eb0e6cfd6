import { commands } from '../commands/index.ts';
import type { BridgeEvent } from './bridge/bridge-ports.ts';
import { OpenBridges } from './bridge/bridges.ts';
import type { SpeechModel } from './bridge/ports.ts';
import { unneeded } from './bridge/session-options.ts';
import { Ticker } from './bridge/ticker.ts';
import { drawUsage } from './chart/draw-usage.ts';
import type { Config } from './config.ts';
import { Conversations } from './conversations.ts';
import { createClient, logIn } from './discord/client.ts';
import { deployCommands } from './discord/deploy-commands.ts';
import { dispatchCommands } from './discord/dispatch.ts';
import { FrameClock } from './discord/frame-clock.ts';
import { destroyClient } from './discord/gateway-strategy.ts';
import { OpusCodecs } from './discord/opus.ts';
import type { StartError } from './discord/start-error.ts';
import { ToolButtons } from './discord/tool-buttons.ts';
import type { LinkPatience } from './discord/voice-policy.ts';
import { VoiceStatuses } from './discord/voice-status.ts';
import type { Log } from './log.ts';
import { PATIENCE, type Patience } from './model/back-off.ts';
import { Models } from './model/models.ts';
import { readPrices } from './prices-file.ts';
import { type ReturnPatience, returnToPlaces } from './returning.ts';
import { serverToolList } from './server-tools.ts';
import { Spending } from './spending.ts';
import { openDatabase } from './store/database.ts';
import { InstanceLock } from './store/instance-lock.ts';
import { PlaceStore } from './store/places.ts';
import { GuildSettingsStore } from './store/settings.ts';
import { UsageStore } from './store/usage.ts';
import { currentTime } from './tools/current-time.ts';
import { getWeather } from './tools/get-weather.ts';
import { postMessage } from './tools/post-message.ts';
import { runCode } from './tools/run-code.ts';
import type { Tool } from './tools/tool.ts';
import { LocalToolbox } from './tools/toolbox.ts';
import { whoIsHere } from './tools/who-is-here.ts';
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
}: ParleyOptions): Promise<Parley> {
  const { apiUrl } = config.discord;
  const prices = await readPrices(config.pricesFile);
  const database = await openDatabase(config.databaseUrl);
  const settings = new GuildSettingsStore(database);
  const places = new PlaceStore(database);
  const usageStore = new UsageStore(database, log);
  const spending = new Spending({ store: usageStore, settings, prices, now: () => new Date() });
  const { models: configs, fallbackProvider: fallback, lacking } = config;
  const models = new Models({ configs, fallback, lacking, log });
  const tools = [
    getWeather(config.weather),
    currentTime(),
    whoIsHere,
    runCode(),
    postMessage({ escape: escapeMarkdown }),
    ...more,
  ];
  const toolbox = new LocalToolbox({ tools, log });
  const buttons = new ToolButtons();
  const codecs = new OpusCodecs();
  const clock = new FrameClock();
  const client = createClient({ apiUrl, log, onDead: (error) => onDead?.(error) });
  const conversations = new Conversations({
    client,
    models,
    settings,
    spending,
    toolbox,
    buttons,
    ticker: new Ticker(),
    codecs,
    clock,
    places,
    evenVoices: config.evenVoices,
    statuses: new VoiceStatuses(client, log),
    log,
    patience,
    ...(linkPatience && { linkPatience }),
    observe: (event, guildId) => observe?.(event, guildId),
  });
  const bridges = new OpenBridges(conversations.open);

  const ending = new AbortController();
  let returned: Promise<void> | undefined;
  let lock: InstanceLock | undefined;
  let stopping: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    ending.abort();
    conversations.abort(new Error('the bot is stopping'));
    await returned;
    await bridges.closeAll({ kind: 'asked', by: null });
    await conversations.finished();
  };
  const stop = async (): Promise<void> => {
    await Promise.race([close(), new Promise((resolve) => setTimeout(resolve, STOP_LIMIT_MS).unref())]);
    await destroyClient(client);
    await places.settled();
    await usageStore.close();
    await lock?.release();
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
    lock = await InstanceLock.take(database, { botId: botIdOf(config.discord.token) });
    const ready = await logIn(client, { token: config.discord.token, apiUrl });
    const own = tools.map(({ name, description }) => ({ name, description }));
    const context = {
      bridges,
      settings,
      usage: spending,
      drawUsage,
      toolsFor: ({ capabilities }: SpeechModel) => [
        ...own.filter(({ name }) => !unneeded(capabilities.serverTools).includes(name)),
        ...serverToolList(capabilities),
      ],
      models,
      log,
    };
    dispatchCommands(client, commands, context, (pressed) => buttons.press(pressed, bridges));
    await deployCommands(ready, { commands, guildId: config.discord.guildId, apiUrl, log });
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
