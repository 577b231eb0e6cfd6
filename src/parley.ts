import { commands } from '../commands/index.ts';
import { Bridge } from './bridge/bridge.ts';
import type { BridgeEvent, BridgeHandle, EndReason } from './bridge/bridge-ports.ts';
import { OpenBridges } from './bridge/bridges.ts';
import { LineLostError } from './bridge/errors.ts';
import type { Person, SpeechSession } from './bridge/ports.ts';
import { sessionOptions } from './bridge/session-options.ts';
import { Ticker } from './bridge/ticker.ts';
import type { Config } from './config.ts';
import { Announcement } from './discord/announcement.ts';
import { ChosenText } from './discord/chosen-text.ts';
import { createClient, logIn } from './discord/client.ts';
import { deployCommands } from './discord/deploy-commands.ts';
import { dispatchCommands } from './discord/dispatch.ts';
import { FrameClock } from './discord/frame-clock.ts';
import { destroyClient } from './discord/gateway-strategy.ts';
import { OpusCodecs } from './discord/opus.ts';
import { GuildRoom } from './discord/room.ts';
import type { StartError } from './discord/start-error.ts';
import { surroundingsOf } from './discord/surroundings.ts';
import { type DiscordVoiceLine, joinVoiceLine } from './discord/voice-line.ts';
import type { LinkPatience } from './discord/voice-policy.ts';
import { VoiceStatuses } from './discord/voice-status.ts';
import { Journey } from './journey.ts';
import type { Log } from './log.ts';
import { PATIENCE, type Patience } from './model/back-off.ts';
import { speechModel } from './model/model.ts';
import { reconnecting } from './model/reconnecting.ts';
import { readPrices } from './prices-file.ts';
import { returnToPlaces } from './returning.ts';
import { Spending } from './spending.ts';
import { openDatabase } from './store/database.ts';
import { InstanceLock } from './store/instance-lock.ts';
import { PlaceStore } from './store/places.ts';
import { GuildSettingsStore } from './store/settings.ts';
import { UsageStore } from './store/usage.ts';
import { currentTime } from './tools/current-time.ts';
import { getWeather } from './tools/get-weather.ts';
import { postMessage } from './tools/post-message.ts';
import { LocalToolbox } from './tools/toolbox.ts';
import { whoIsHere } from './tools/who-is-here.ts';
import { escapeMarkdown } from './transcript/markdown.ts';
import { Transcript } from './transcript/transcript.ts';

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
  /** With a lost model; only tests need another. */
  readonly patience?: Patience;
  /** With a lost voice connection; only tests need another. */
  readonly linkPatience?: LinkPatience;
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
  patience = PATIENCE,
  linkPatience,
}: ParleyOptions): Promise<Parley> {
  const { apiUrl } = config.discord;
  const prices = await readPrices(config.pricesFile);
  const database = await openDatabase(config.databaseUrl);
  const settings = new GuildSettingsStore(database);
  const places = new PlaceStore(database);
  const usageStore = new UsageStore(database, log);
  const spending = new Spending({ store: usageStore, settings, prices, now: () => new Date() });
  const model = reconnecting(speechModel(config.model, log), log, patience);
  const tools = [getWeather(config.weather), currentTime(), whoIsHere, postMessage({ escape: escapeMarkdown })];
  const toolbox = new LocalToolbox({ tools, log });
  const ticker = new Ticker();
  const codecs = new OpusCodecs();
  const clock = new FrameClock();
  const client = createClient({ apiUrl, log, onDead: (error) => onDead?.(error) });
  const statuses = new VoiceStatuses(client, log);
  /** Farewells and last flushes under way. */
  const finishing = new Set<Promise<void>>();
  const connecting = new Set<AbortController>();

  const bridges = new OpenBridges(async ({ guildId, channelId, by, returning, onEnded }) => {
    const guild = client.guilds.cache.get(guildId);
    const channel = guild?.channels.cache.get(channelId);
    if (!guild || !channel?.isVoiceBased()) {
      throw new LineLostError('I cannot see that voice channel any more.', { retryable: false });
    }
    const own = await settings.get(guildId);
    const options = sessionOptions(own, model, toolbox);
    // The model first: with a rejected key the bot never shows up in the channel.
    const session = await connect((signal) => model.connect(options, signal), connecting);
    const line = await joinLine(session, () =>
      joinVoiceLine({
        guildId,
        channelId,
        adapterCreator: guild.voiceAdapterCreator,
        inputRate: model.inputRate,
        codecs,
        clock,
        log,
        othersAreThere: (id) =>
          guild.voiceStates.cache.some((state) => state.channelId === id && state.id !== client.user?.id),
        around: surroundingsOf(client, guild),
        ...(linkPatience && { patience: linkPatience }),
      }),
    );
    const text = new ChosenText(guild, own.transcriptChannelId ?? channelId);
    const room = new GuildRoom({ guild, channelId, textChannelId: () => text.channelId });
    const transcript = new Transcript({
      text,
      nameOf: (userId) => room.nameOf(userId),
      botName: guild.members.me?.displayName ?? 'Parley',
      now: () => performance.now(),
      log,
    });
    const announcement = new Announcement({ channel, modelLabel: model.label, statuses, log });
    const finish = (reason: EndReason): void => {
      onEnded();
      const last = Promise.all([transcript.close(), announcement.ended(reason), journey.ended()]).then(() => {});
      finishing.add(last);
      void last.finally(() => finishing.delete(last));
    };
    const journey = new Journey({ guild, channelId, by, text, room, transcript, announcement, places, log });
    const bridge = new Bridge({
      line,
      session,
      model,
      settings: own,
      toolbox,
      room,
      text,
      ticker,
      evenVoices: config.evenVoices,
      log,
      beforeLeaving: () => announcement.leaving(),
      observe: (event) => {
        observe?.(event, guildId);
        const { channelId } = bridge;
        const place = { guildId, channelId, provider: model.provider, model: model.name };
        void spending.note(place, event).then(
          (verdict) => {
            if (verdict?.kind === 'spent') void bridge.close({ kind: 'budget', budgetUsd: verdict.budgetUsd });
            else if (verdict) transcript.observe({ type: 'trouble', message: verdict.message });
          },
          (error: unknown) => log.warn({ err: error, guildId }, 'could not look at the budget'),
        );
        const ended = event.type === 'ended' ? event.reason : undefined;
        if (ended) log.info({ guildId, channelId, reason: ended }, 'left a voice channel');
        // Why the bot left is said in the channel's own chat by the announcement: once is enough.
        if (!ended || ended.kind === 'asked' || text.channelId !== channelId) transcript.observe(event);
        if (ended) finish(ended);
        if (event.type === 'moved' || event.type === 'recovered') journey.follow(event);
      },
    });
    log.info({ guildId, channelId, model: model.name, by: by.userId }, 'joined a voice channel');
    await Promise.all([returning ? announcement.returned(by) : announcement.joined(by), journey.began()]);
    return followed(bridge, (transcriptChannelId) => journey.write(transcriptChannelId));
  });

  let lock: InstanceLock | undefined;
  let stopping: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    for (const attempt of connecting) attempt.abort(new Error('the bot is stopping'));
    await bridges.closeAll({ kind: 'asked', by: null });
    await Promise.all(finishing);
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
    dispatchCommands(client, commands, {
      bridges,
      settings,
      usage: spending,
      toolNames: tools.map(({ name, description }) => ({ name, description })),
      voices: () => model.capabilities.voices,
      turnDetections: () => model.capabilities.turnDetection,
      modelLabel: model.label,
      log,
    });
    await deployCommands(ready, { commands, guildId: config.discord.guildId, apiUrl, log });
    log.info({ bot: ready.user.username, guilds: ready.guilds.cache.size, model: model.label }, 'ready');
    void returnToPlaces({ client: ready, places, bridges, log });
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

/** Connects under a signal that stop() can abort, and that nothing aborts once the session is there. */
async function connect(
  open: (signal: AbortSignal) => Promise<SpeechSession>,
  connecting: Set<AbortController>,
): Promise<SpeechSession> {
  const attempt = new AbortController();
  connecting.add(attempt);
  try {
    return await open(attempt.signal);
  } finally {
    connecting.delete(attempt);
  }
}

/** The place in the channel, or, when there is none, nothing left of the session either. */
async function joinLine(session: SpeechSession, join: () => Promise<DiscordVoiceLine>): Promise<DiscordVoiceLine> {
  try {
    return await join();
  } catch (error) {
    session.close();
    throw error;
  }
}

/** The bridge, with the place of its transcript following the settings. */
function followed(bridge: Bridge, place: (transcriptChannelId: string | null) => void): BridgeHandle {
  return {
    guildId: bridge.guildId,
    get channelId() {
      return bridge.channelId;
    },
    status: () => bridge.status(),
    ask: (person: Person, text: string) => bridge.ask(person, text),
    apply: (settings) => {
      place(settings.transcriptChannelId);
      return bridge.apply(settings);
    },
    close: (reason) => bridge.close(reason),
  };
}
