import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tone } from '../support/sound/sound.ts';
import { Spoken } from '../support/sound/spoken.ts';
import { StartedWorld } from '../support/world/started-world.ts';

// A dollar for each token of spoken sound, of which there are twenty a second.
const price = {
  textIn: 0,
  audioIn: 0,
  cachedAudioIn: 0,
  cachedTextIn: 0,
  textOut: 0,
  audioOut: 1_000_000,
  perMinute: 0,
};
const prices = JSON.stringify({
  'gpt-realtime-2.1': price,
  'gpt-realtime-2.1-mini': price,
  'gpt-realtime-whisper': price,
  'gpt-live-transcribe': price,
});

describe('A budget', () => {
  it('is walked through all its steps, each told in one line, and ends politely', async (t) => {
    let ms = 0;
    const spoken = new Spoken();
    const world = await StartedWorld.prepare({
      script: () => ({ say: { text: 'Well.', pcm: tone({ hz: 1700, ms, rate: 24_000 }) } }),
      hear: spoken.hear,
      env: { BUDGET_PER_SERVER: '20', BUDGET_PER_PERSON: '$30/40', CHEAPER_MODEL: 'openai:gpt-realtime-2.1-mini' },
    });
    t.after(() => world.close());
    world.also = { PRICES_FILE: join(world.folder, 'prices.json'), BUDGET_TOTAL: '' };
    writeFileSync(join(world.folder, 'prices.json'), prices);
    world.boot();
    await world.bot.logs('ready');
    assert.match(
      world.bot.output,
      /all servers together may cost \$10 a day, because any server may invite me: set BUDGET_TOTAL, or name the servers/,
    );
    await world.stop();
    world.also = { ...world.also, BUDGET_TOTAL: '0' };
    world.boot();
    await world.bot.logs('ready');
    assert.doesNotMatch(world.bot.output, /all servers together/);
    const anna = await world.person('Anna');
    const ben = await world.person('Ben');
    const olga = world.guild.addPerson({ name: 'Olga', admin: true });
    await world.join(anna);
    const answered = (): number => world.posts().split('Well.').length - 1;
    const spend = async (tokens: number, line: RegExp): Promise<void> => {
      ms = tokens * 50;
      const before = answered();
      assert.match((await anna.command('/ask', { text: 'Go on.' })).content, /^I answer/);
      await world.until('the answer', () => answered() > before);
      await world.until(`${line}`, () => line.test(world.posts()));
    };

    await spend(16, /80 % of today's budget of this server \(\$20\) is spent\. At 100 % I leave, until midnight UTC\./);
    await spend(1, /To make the budget last, I now answer only when you call me by my name\./);
    const turns = answered();
    ms = 0;
    await spoken.say(ben, 'Lovely weather today.');
    await world.until('his words', () => world.posts().includes('Lovely weather today.'));
    await spend(1, /The budget is nearly spent: I leave as soon as nobody has spoken for 2 minutes\./);
    assert.equal(answered(), turns + 1, 'who did not call it was not answered');
    await spend(1, /The budget is nearly spent: I go on with a cheaper model\./);
    await world.until('the cheaper model', () => /gpt-realtime-2\.1-mini/.test(world.posts()));
    assert.match(
      (await olga.command('/usage show')).content,
      /Budget: \$20 a day \(95 % spent\); \$30 a day and \$40 a month for each person\./,
    );
    assert.equal(world.guild.botVoiceChannelId, world.channelId);

    await spend(
      40,
      /I left because today's budget of this server \(\$20\) is spent\. I can come back <t:\d+:R>, or when/,
    );
    assert.equal(world.guild.botVoiceChannelId, null);
    const said = world.posts();
    assert.doesNotMatch(said, /not end-to-end encrypted/);
    assert.doesNotMatch(said, /interrupted/, 'the last answer was heard to its end');
    assert.equal(said.split('% of today').length - 1, 1, 'warned once');
    assert.match(
      (await anna.command('/join')).content,
      /^Today's budget of this server \(\$20\) is spent\. I can come back <t:\d+:R>/,
    );
    assert.match((await olga.command('/usage budget', { amount: 1_000 })).content, /^A day \(UTC\) may cost \$1000/);
    // Anna has used up hers, of $30: others are answered.
    await world.join(anna);
    await world.until('word of her own budget', () =>
      /Anna has used up today's budget of one person here \(\$30\)/.test(world.posts()),
    );
    assert.match(
      (await anna.command('/ask', { text: 'Go on.' })).content,
      /^I cannot answer you: today's budget of one person here/,
    );
    const before = world.model.turns.length;
    await anna.voice.speak({ pcm: tone({ hz: 300, ms: 800, rate: 48_000 }), sampleRate: 48_000, channels: 1 });
    ms = 100;
    await spoken.say(ben, 'Parley, and me?');
    await world.until("Ben's answer", () => world.posts().trimEnd().endsWith('Well.'));
    assert.equal(world.model.turns.length, before + 1, 'nothing of what Anna said came to the model');
  });
});
