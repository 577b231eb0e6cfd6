import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { World } from '../../support/world/world.ts';
import { furnish, type Rig, startRig } from '../rig.ts';

describe('/voice answer and /voice names', () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig();
  });
  after(() => rig.close());

  it('set whom the bot answers, and show it', async () => {
    const { guild, anna } = await furnish(rig);
    assert.equal(
      (await anna.command('/voice answer', { mode: 'auto' })).content,
      'I answer everybody while one person is there, and with two or more only who speaks to me. It takes effect when I next join.',
    );
    assert.equal((await rig.settings.get(guild.id)).answer, 'auto');
    await anna.command('/voice answer', { mode: 'never' });
    assert.match(
      (await anna.command('/voice show')).content,
      /\n\*\*I answer\*\* nobody; I only write down what is said, and `\/ask` still works\n/,
    );
  });

  it('set names, as they are, and take them away', async () => {
    const { guild, anna } = await furnish(rig);
    assert.equal(
      (await anna.command('/voice names', { list: ' Jarvis,  *Mr*  Bot ,小雅, Jarvis' })).content,
      'I listen to my display name, “Jarvis”, “\\*Mr\\* Bot” and “小雅”. It takes effect when I next join.',
    );
    assert.deepEqual((await rig.settings.get(guild.id)).names, ['Jarvis', '*Mr* Bot', '小雅']);
    assert.equal(
      (await anna.command('/voice names', {})).content,
      'I listen to my display name. It takes effect when I next join.',
    );
    assert.deepEqual((await rig.settings.get(guild.id)).names, []);
  });

  it('refuse what nobody could say, and too many names, and keep those that are there', async () => {
    const { guild, anna } = await furnish(rig);
    await anna.command('/voice names', { list: 'Jarvis' });
    for (const list of ['🤖', 'x', 'a'.repeat(41)]) {
      assert.equal(
        (await anna.command('/voice names', { list })).content,
        'A name has two letters at least and 40 characters at most. Nothing was changed.',
      );
    }
    const many = Array.from({ length: 11 }, (_, i) => `Name${i}`).join(',');
    assert.equal(
      (await anna.command('/voice names', { list: many })).content,
      'I can go by at most 10 more names. Nothing was changed.',
    );
    assert.deepEqual((await rig.settings.get(guild.id)).names, ['Jarvis']);
  });

  it('say what to set where nothing is written down, and answer everybody there', async () => {
    const world = await World.start({ protocol: 'openai', provider: 'azure', script: () => ({ silent: true }) });
    try {
      const mia = world.guild.addPerson({
        name: 'Mia',
        roles: [world.guild.createRole({ permissions: ['ManageGuild'] })],
      });
      const say = async (typed: string, values = {}) =>
        (await mia.command(typed, values, { channelId: world.channelId })).content;
      assert.equal(
        await say('/voice answer', { mode: 'addressed' }),
        'I only know who speaks to me from what is written down, and Azure OpenAI (gpt-realtime) writes nothing down. Whoever runs me can set `AZURE_OPENAI_TRANSCRIPTION_DEPLOYMENT` or `TRANSCRIBER=openai`; or choose another one with `/voice provider`. Nothing was changed.',
      );
      assert.match(await say('/voice show'), /\*\*I answer\*\* everybody\n/);
      assert.match(await say('/voice answer', { mode: 'never' }), /^I answer nobody/);
      await world.restart({ OPENAI_API_KEY: world.model.apiKey, OPENAI_BASE_URL: world.model.url });
      await say('/voice provider', { name: 'openai' });
      await say('/voice answer', { mode: 'addressed' });
      assert.equal(
        await say('/voice provider', { name: 'azure' }),
        'From now on I use **Azure OpenAI (gpt-realtime)**. It writes nothing down, so I cannot tell who speaks to me: I answer everybody. It takes effect when I next join.',
      );
    } finally {
      await world.close();
    }
  });
});
