import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SimulatedDiscord } from '@parley/simulator/discord';
import { SimulatedOpenAI } from '@parley/simulator/models';
import { BotProcess } from '../support/process/process.ts';
import { tone } from '../support/sound/sound.ts';

describe('the process, asked to stop', { concurrency: true }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`leaves, writes the last words, and exits with 0 within 5 s of ${signal}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'parley-stop-'));
      const discord = await SimulatedDiscord.start({ seed: signal === 'SIGTERM' ? 11 : 12 });
      const model = await SimulatedOpenAI.start({
        script: () => ({ heard: 'Are you there?', say: { text: 'Yes, I am.' } }),
      });
      writeFileSync(join(folder, 'ca.pem'), discord.certificate);
      const bot = new BotProcess({
        DISCORD_TOKEN: discord.token,
        DISCORD_API_URL: discord.apiUrl,
        OPENAI_API_KEY: model.apiKey,
        OPENAI_BASE_URL: model.url,
        DATABASE_URL: `sqlite:${join(folder, 'data', 'parley.db')}`,
        NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
      });
      try {
        const guild = discord.createGuild({ name: 'Stop' });
        const channelId = guild.createVoiceChannel({ name: 'Lounge' });
        const anna = guild.addPerson({ name: 'Anna' });
        await anna.join(channelId);
        await bot.says('"ready"');
        await anna.command('/join');
        await anna.voice.speak({ pcm: tone({ hz: 300, ms: 600, rate: 48000 }), sampleRate: 48000, channels: 1 });
        await guild.waitForMessage(channelId, (message) => message.content.includes('Are you there?'));
        const askedAt = performance.now();
        bot.child.kill(signal);
        assert.equal(await bot.exit(), 0);
        const tookMs = performance.now() - askedAt;
        assert.ok(tookMs < 5_000, `${tookMs} ms`);
        assert.equal(guild.botVoiceChannelId, null);
        assert.equal(guild.voiceStatus(channelId), null);
        assert.match(guild.messages(channelId).at(-1)?.content ?? '', /The conversation ended/);
        assert.equal(bot.stderr, '');
      } finally {
        bot.child.kill('SIGKILL');
        await model.close();
        await discord.close();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
});
