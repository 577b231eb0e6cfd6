import { SimulatedDiscord, type SimulatedGuild, type SimulatedPerson } from '@parley/simulator/discord';
import type { Client } from 'discord.js';
import type { CommandContext } from '../../commands/command.ts';
import { commands } from '../../commands/index.ts';
import { wallClock } from '../../src/clock/wall-clock.ts';
import { DecisionLog } from '../../src/conversation/decision-log.ts';
import { KnownTimes } from '../../src/conversation/people/person-times.ts';
import { createClient, logIn } from '../../src/discord/client/client.ts';
import { autoModRules } from '../../src/discord/guild/auto-mod.ts';
import { ChannelVisibility } from '../../src/discord/guild/channel-visibility.ts';
import { deployCommands } from '../../src/discord/interactions/deploy-commands.ts';
import { dispatchCommands } from '../../src/discord/interactions/dispatch.ts';
import { forgetButton } from '../../src/discord/interactions/forget-buttons.ts';
import { reminderButtons, reminderRoutes } from '../../src/discord/interactions/reminder-buttons.ts';
import { GuildRules } from '../../src/moderation/guild-rules.ts';
import { Consents } from '../../src/privacy/consents.ts';
import { ConsentedLines } from '../../src/record/consent-filter.ts';
import { Exporter } from '../../src/record/exporter.ts';
import { RecordReaders } from '../../src/record/read-access.ts';
import { AuditLog } from '../../src/store/audit-log.ts';
import { GuildConsentStore } from '../../src/store/consents.ts';
import { type Database, openDatabase, openReader } from '../../src/store/database/database.ts';
import { openText } from '../../src/store/encryption/text-cipher.ts';
import { NoteStore } from '../../src/store/notes.ts';
import { PersonZoneStore } from '../../src/store/personal/person-zones.ts';
import { ReaderEntries } from '../../src/store/reader-entries.ts';
import { StoredRecord } from '../../src/store/record/record-reader.ts';
import { RecordStore } from '../../src/store/record/record-store.ts';
import { ReminderStore } from '../../src/store/reminders.ts';
import { RuleStore } from '../../src/store/rules.ts';
import { GuildSettingsStore } from '../../src/store/settings.ts';
import { ToolRulesStore } from '../../src/store/tool-rules.ts';
import { UsageStore } from '../../src/store/usage.ts';
import { drawUsage } from '../../src/usage/chart/draw-usage.ts';
import { PRICES } from '../../src/usage/prices.ts';
import { UsageTracker } from '../../src/usage/usage-tracker.ts';
import { ScriptedBridges } from '../support/doubles/bridges.ts';
import { keptLog } from '../support/doubles/log.ts';
import { scriptedModels } from '../support/doubles/models.ts';

const WEATHER = { type: 'object', properties: { place: { type: 'string' }, days: { type: 'integer' } } };

/** The real commands, dispatch and settings on a real discord.js client, in a simulated Discord. Only the conversations are scripted. */
export interface Rig {
  readonly discord: SimulatedDiscord;
  readonly client: Client<true>;
  readonly bridges: ScriptedBridges;
  readonly settings: GuildSettingsStore;
  readonly spending: UsageTracker;
  readonly lines: ReturnType<typeof keptLog>['lines'];
  readonly context: CommandContext;
  /** Writes what the commands read. */
  readonly recorded: RecordStore;
  close(): Promise<void>;
}

/** Starts it with every command registered. `change`: what the commands find other than usual. */
export async function startRig(change: Partial<CommandContext> = {}): Promise<Rig> {
  const discord = await SimulatedDiscord.start();
  const database = await openDatabase('sqlite::memory:');
  const settings = new GuildSettingsStore(database);
  const bridges = new ScriptedBridges();
  const { log, lines } = keptLog();
  const { apiUrl } = discord;
  const usageStore = new UsageStore(database, log);
  const spending = new UsageTracker({ store: usageStore, settings, prices: PRICES, now: () => new Date() });
  const consent = await Consents.load(new GuildConsentStore(database), () => Date.now());
  const fresh = createClient({ apiUrl, log, onDead: (error) => log.fatal(error.message) });
  const read = readingOf(fresh, database, settings);
  const context: CommandContext = {
    bridges,
    settings,
    usage: spending,
    drawUsage,
    toolServers: () => [],
    toolsFor: () => [
      { name: 'get_weather', description: 'The weather at a place.', risk: 'read', parameters: WEATHER },
      { name: 'current_time', description: 'The time somewhere.', risk: 'read', parameters: {} },
      { name: 'post_message', description: 'Writes into the text channel.', risk: 'write', parameters: {} },
    ],
    models: scriptedModels,
    notes: new NoteStore(database),
    reminders: new ReminderStore(database),
    reminderButtons,
    times: new KnownTimes({ zones: new PersonZoneStore(database), settings, preferred: () => undefined }),
    ownRecords: {
      guildsOf: () => Promise.resolve([]),
      kept: () => Promise.reject(new Error('nothing is recorded here')),
      exported: () => Promise.reject(new Error('nothing is recorded here')),
      erase: () => Promise.reject(new Error('nothing is recorded here')),
    },
    forgetButton,
    serverName: (guildId) => fresh.guilds.cache.get(guildId)?.name,
    sharedServers: () => [],
    policies: new ToolRulesStore(database),
    decisions: new DecisionLog(),
    ...read,
    consent,
    consentedLines: (guildId) =>
      new ConsentedLines({ record: read.record, mayHear: (userId) => consent.mayHear(guildId, userId) }),
    privacyUrl: null,
    rules: new GuildRules(new RuleStore(database)),
    cards: { bring: () => Promise.resolve(0) },
    reports: { report: () => Promise.resolve({ kind: 'nothing' }), bring: () => Promise.resolve() },
    foreignRules: (guildId) => autoModRules(fresh, guildId),
    storage: { trouble: undefined, waiting: () => 0 },
    tryTool: () => Promise.resolve({ ok: true, lines: ['Done.'] }),
    clock: wallClock,
    log,
    ...change,
  };
  // However loaded the machine is, the first thing that is read is the answer.
  dispatchCommands(fresh, commands, context, reminderRoutes(context.reminders), { progressMs: 60_000 });
  const client = await logIn(fresh, { token: discord.token, apiUrl });
  await deployCommands(client, { commands, guildId: null, apiUrl, log });
  const close = async (): Promise<void> => {
    await client.destroy();
    await discord.close();
    await usageStore.close();
    await database.destroy();
  };
  const recorded = new RecordStore(database, openText);
  return { discord, client, bridges, settings, spending, lines, context, recorded, close };
}

function readingOf(client: Client, database: Database, settings: GuildSettingsStore) {
  const record = new StoredRecord(openReader(database).reader, openText);
  const readers = new RecordReaders({
    entries: new ReaderEntries(database),
    places: new ChannelVisibility(client),
    settings,
    record,
  });
  const exports = new Exporter({ record, now: () => Date.now() });
  const summaries = { label: null, sumUp: () => Promise.reject(new Error('there is no model')) };
  return { record, readers, audit: new AuditLog({ database, seal: openText }), summaries, exports };
}

/** A guild with a voice channel, a text channel, and Anna, who is in the voice channel and manages the server. */
export async function furnish(rig: Rig): Promise<Furnished> {
  const guild = rig.discord.createGuild();
  const text = guild.createTextChannel({ name: 'general' });
  const voice = guild.createVoiceChannel({ name: 'Lounge' });
  const anna = guild.addPerson({ name: 'Anna', roles: [guild.createRole({ permissions: ['ManageGuild'] })] });
  await anna.join(voice, { connect: false });
  return { guild, voice, text, anna };
}

export interface Furnished {
  readonly guild: SimulatedGuild;
  readonly voice: string;
  readonly text: string;
  readonly anna: SimulatedPerson;
}
