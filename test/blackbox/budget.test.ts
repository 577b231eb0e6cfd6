import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { tone } from '../support/sound/sound.ts';
import { PROTOCOLS, World } from '../support/world/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-budget-'));
const pricesFile = join(folder, 'prices.json');
// A dollar for each token of spoken sound, so that the sums are whole.
const price = { textIn: 0, audioIn: 0, textOut: 0, audioOut: 1_000_000 };
writeFileSync(pricesFile, JSON.stringify({ 'gpt-realtime-2.1': price, 'gemini-3.8-live': price }));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

// Each block has a world of its own.
describe('usage and budget', { concurrency: true }, () => {
  for (const protocol of PROTOCOLS) {
    describe(`over ${protocol}`, { concurrency: 1 }, () => {
      let world: World;
      afterEach(() => world.close());
      const posts = (): string[] => world.guild.messages(world.channelId).map(({ content }) => content);

      it('warns at 80 %, leaves at 100 % and says so, and does not come back that day', async () => {
        world = await World.start({
          protocol,
          script: () => ({ heard: 'words', say: { text: 'Yes.', pcm: tone({ hz: 1700, ms: 400, rate: 24000 }) } }),
          env: { PRICES_FILE: pricesFile, BUDGET_TOTAL: '0' },
        });
        const role = world.guild.createRole({ permissions: ['ManageGuild'] });
        const anna = world.guild.addPerson({ name: 'Anna', roles: [role] });
        await anna.join(world.channelId);
        await world.join(anna);
        const turn = { pcm: tone({ hz: 300, ms: 600, rate: 48000 }), sampleRate: 48000, channels: 1 } as const;
        await anna.voice.speak(turn);
        await world.until('the usage of a reply', () => world.of('usage').length === 1);
        const [first] = world.of('usage');
        assert.deepEqual(
          first?.turns.map(({ userId }) => userId),
          [anna.userId],
        );
        const spent = first?.usage.tokens.audioOut ?? 0;
        assert.ok(spent > 0 && first?.usage.estimated === false);
        assert.match(
          (await anna.command('/usage show', {}, { timeoutMs: 30_000 })).content,
          new RegExp(`^Anna +1 .* ${spent}\\.00`, 'm'),
        );

        const budget = (2 * spent) / 0.9;
        assert.match((await anna.command('/usage budget', { amount: budget })).content, /I warn at 80 %/);
        await world.until('the end of the reply', () => world.of('reply-ended').length === 1);
        await anna.command('/ask', { text: 'Go on.' });
        await world.until('the second reply', () => world.of('reply-ended').length === 2);
        const warned = () => posts().filter((post) => /(89|90) % of today's budget/.test(post)).length === 1;
        await world.until('the warning', warned);
        assert.equal(world.of('ended').length, 0);

        await anna.command('/ask', { text: 'And more.' });
        await world.until('the end', () => world.of('ended').length === 1);
        const reason = world.of('ended')[0]?.reason;
        assert.deepEqual(reason?.kind === 'budget' && [reason.budget.of, reason.budget.limitUsd], ['server', budget]);
        await world.until('the farewell', () => posts().some((post) => /I left because today's budget/.test(post)));
        assert.match((await anna.command('/join')).content, /^Today's budget of this server .* is spent\./);
        assert.equal(world.guild.botVoiceChannelId, null);
      });
    });
  }
});
