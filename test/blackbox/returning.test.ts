import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import tls from 'node:tls';
import { SimulatedDiscord, type SimulatedGuild, type SimulatedPerson } from '@parley/simulator/discord';
import { SimulatedOpenAI } from '@parley/simulator/models';
import type { Parley } from '../../src/app/parley.ts';
import { startParley } from '../../src/app/start-parley.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/process/log.ts';
import { openDatabase } from '../../src/store/database/database.ts';
import { GuildSettingsStore } from '../../src/store/settings.ts';
import { VoicePlaceStore } from '../../src/store/voice-places.ts';
import { quietFor } from '../support/time/quiet-for.ts';

const CONNECT = 1n << 20n;

describe('the return after a crash', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-returning-'));
  let discord: SimulatedDiscord;
  let model: SimulatedOpenAI;
  let guild: SimulatedGuild;
  let channelId: string;
  let anna: SimulatedPerson;
  let databaseUrl: string;
  let parley: Parley | undefined;
  let count = 0;

  /** A process begins; the one before it left the bot in the channel. */
  const start = async (giveUpMs = 60_000): Promise<void> => {
    const config = readConfig({
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      OPENAI_API_KEY: model.apiKey,
      OPENAI_BASE_URL: model.url,
      DATABASE_URL: databaseUrl,
      LOG_LEVEL: 'fatal',
    });
    const log = createLog({ level: config.logLevel, redact: config.secrets, destination: process.stderr });
    parley = await startParley({ config, log, returnPatience: { firstMs: 300, longestMs: 600, giveUpMs } });
  };
  const stored = async (act: (database: Awaited<ReturnType<typeof openDatabase>>) => Promise<unknown>) => {
    const database = await openDatabase(databaseUrl);
    await act(database);
    await database.destroy();
  };
  const placesLeft = async (): Promise<number> => {
    let left = 0;
    await stored(async (database) => {
      left = (await new VoicePlaceStore(database).all()).length;
    });
    return left;
  };
  const said = (pattern: RegExp, where = channelId) =>
    guild.waitForMessage(where, ({ content }) => pattern.test(content), 10_000);

  before(async () => {
    discord = await SimulatedDiscord.start();
    tls.setDefaultCACertificates([...tls.getCACertificates(), discord.certificate]);
    model = await SimulatedOpenAI.start({ script: () => ({ silent: true }) });
  });
  beforeEach(async () => {
    count += 1;
    databaseUrl = `sqlite:${join(folder, `${count}.db`)}`;
    guild = discord.createGuild({ name: `Guild ${count}` });
    channelId = guild.createVoiceChannel({ name: 'Lounge' });
    anna = guild.addPerson({ name: 'Anna', admin: true });
    await anna.join(channelId);
    const by = { userId: anna.userId, name: 'Anna' };
    await stored((database) => new VoicePlaceStore(database).keep({ guildId: guild.id, channelId, by, mode: 'talk' }));
  });
  afterEach(async () => {
    await parley?.stop();
    await anna.leave();
    model.faults.refuse = undefined;
  });
  after(async () => {
    await model.close();
    await discord.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('goes on trying while the model cannot be had, says so, and comes back when it can', async () => {
    model.faults.refuse = 503;
    await start();
    await said(/^I was restarted and hear nothing yet: .* I go on trying for a while\.$/);
    await quietFor(700);
    assert.equal(guild.botVoiceChannelId, null);
    model.faults.refuse = undefined;
    await said(/^I am back after a restart/);
    assert.equal(guild.botVoiceChannelId, channelId);
    const waits = guild.messages(channelId).filter(({ content }) => content.includes('hear nothing yet'));
    assert.equal(waits.length, 1, 'said once');
  });

  it('comes back to listen only where it did before', async () => {
    const by = { userId: anna.userId, name: 'Anna' };
    await stored((database) =>
      new VoicePlaceStore(database).keep({ guildId: guild.id, channelId, by, mode: 'listen' }),
    );
    await start();
    const back = await said(/^I am back after a restart/);
    assert.match(back.content, /I only write down what is said: I answer nobody\./);
    assert.match((await anna.command('/status')).content, /\*\*Mode:\*\* listen/);
  });

  it('gives up in the end, says so, and does not try after the next start', async () => {
    model.faults.refuse = 503;
    await start(1_000);
    await said(/^I was restarted and could not come back: .* `\/join` brings me back\.$/);
    assert.equal(await placesLeft(), 0);
  });

  it('does not try again where the key is refused', async () => {
    model.faults.refuse = 401;
    await start();
    await said(/^I was restarted and could not come back: /);
    assert.ok(guild.messages(channelId).every(({ content }) => !content.includes('hear nothing yet')));
    assert.equal(await placesLeft(), 0);
  });

  it('stays away where somebody brought it in and sent it away meanwhile', async () => {
    model.faults.refuse = 503;
    await start();
    await said(/hear nothing yet/);
    model.faults.refuse = undefined;
    await anna.command('/join');
    await anna.command('/leave');
    await quietFor(1_500);
    assert.equal(guild.botVoiceChannelId, null);
  });

  it('stopped in good order while it tries: does not come back after the next start', async () => {
    model.faults.refuse = 503;
    await start();
    await said(/hear nothing yet/);
    await parley?.stop();
    assert.equal(await placesLeft(), 0);
  });

  it('says which right was lost, in the channel of the transcript', async () => {
    const text = guild.createTextChannel({ name: 'transcripts' });
    await stored((database) => new GuildSettingsStore(database).set(guild.id, { transcriptChannelId: text }));
    const channel = guild.channels.get(channelId);
    assert.ok(channel);
    channel.overwrites.push({ id: discord.botUser.id, type: 1, allow: 0n, deny: CONNECT });
    guild.channelChanged(channel);
    await start();
    await said(/could not come back: I lost the right to connect to the voice channel\./, text);
    assert.equal(await placesLeft(), 0);
  });
});
