import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SimulatedDiscord, type SimulatedGuild, type SimulatedPerson } from '@parley/simulator/discord';
import { SimulatedOpenAI } from '@parley/simulator/models';
import { BotProcess } from '../support/process/process.ts';
import { tone } from '../support/sound/sound.ts';

describe('the process, killed and started again', () => {
  let folder: string;
  let discord: SimulatedDiscord;
  let model: SimulatedOpenAI;
  let guild: SimulatedGuild;
  let channelId: string;
  let anna: SimulatedPerson;
  const bots: BotProcess[] = [];

  const start = (): BotProcess => {
    const bot = new BotProcess({
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      OPENAI_API_KEY: model.apiKey,
      OPENAI_BASE_URL: model.url,
      DATABASE_URL: `sqlite:${join(folder, 'parley.db')}`,
      NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    });
    bots.push(bot);
    return bot;
  };
  const killed = async (bot: BotProcess): Promise<void> => {
    const gone = new Promise((resolve) => bot.child.once('exit', resolve));
    bot.child.kill('SIGKILL');
    await gone;
  };

  const staysAway = async (bot: BotProcess): Promise<void> => {
    const said = guild.messages(channelId).length;
    await bot.says('"ready"');
    await new Promise((resolve) => setTimeout(resolve, 500));
    // The last words of the process before may still have been on their way when it was killed.
    const fresh = guild.messages(channelId).slice(said);
    const unexpected = fresh.filter(({ content }) => !content.includes('The conversation ended'));
    assert.deepEqual(unexpected, []);
    assert.equal(guild.botVoiceChannelId, null);
    assert.doesNotMatch(bot.stdout, /of before the restart/);
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parley-restart-'));
    discord = await SimulatedDiscord.start({ seed: 31 });
    model = await SimulatedOpenAI.start({ script: () => ({ heard: 'Are you there?', say: { text: 'Yes.' } }) });
    writeFileSync(join(folder, 'ca.pem'), discord.certificate);
    guild = discord.createGuild({ name: 'Restart' });
    channelId = guild.createVoiceChannel({ name: 'Lounge' });
    anna = guild.addPerson({ name: 'Anna' });
    await anna.join(channelId);
  });
  after(async () => {
    for (const bot of bots) bot.child.kill('SIGKILL');
    await model.close();
    await discord.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('refuses a second process, comes back within 10 s of a kill, and not after /leave, a moderator’s hand, SIGTERM or with nobody there', async () => {
    const beganAt = performance.now();
    const first = start();
    await first.says('"ready"', 60_000);
    const readyMs = performance.now() - beganAt;
    await anna.command('/join');
    const second = start();
    assert.equal(await second.exit(), 1);
    assert.match(second.stderr, /^This bot is already running with the same database \(process \d+ on /);

    await killed(first);
    const startedAt = performance.now();
    const third = start();
    await guild.waitForMessage(channelId, ({ content }) => content.startsWith('I am back after a restart'), 60_000);
    const tookMs = performance.now() - startedAt;
    // Where the machine is so busy that a start takes seconds, it needs a few times as long.
    assert.ok(tookMs < Math.max(10_000, 4 * readyMs), `${tookMs} ms, and ${readyMs} ms until it was ready before`);
    await anna.voice.speak({ pcm: tone({ hz: 300, ms: 600, rate: 48000 }), sampleRate: 48000, channels: 1 });
    await guild.waitForMessage(channelId, ({ content }) => content.includes('Are you there?'));

    // Nobody is there any more: forgotten.
    await killed(third);
    await anna.leave();
    const fourth = start();
    await fourth.says('nobody is there any more');
    await anna.join(channelId);

    // A clean stop is no crash.
    await anna.command('/join');
    await anna.command('/leave');
    await killed(fourth);
    const fifth = start();
    await staysAway(fifth);

    // Nor is being put out.
    await anna.command('/join');
    guild.kickBot();
    await guild.waitForMessage(channelId, ({ content }) => content.startsWith('I had to leave'));
    await killed(fifth);
    const sixth = start();
    await staysAway(sixth);

    // Whoever stops the process in good order is asked to bring the bot back by hand.
    await anna.command('/join');
    sixth.child.kill('SIGTERM');
    assert.equal(await sixth.exit(), 0);
    await staysAway(start());
  });
});
