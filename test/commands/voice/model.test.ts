import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { noSchemas, violations } from '../../support/world/published.ts';
import { furnish, type Rig, startRig } from '../rig.ts';

describe('/voice provider and /voice model', () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig();
  });
  after(() => rig.close());
  const kept = async (guildId: string) => {
    const { provider, model } = await rig.settings.get(guildId);
    return [provider, model];
  };

  it('choose a provider for the next conversation', async () => {
    const { guild, anna } = await furnish(rig);
    const { content } = await anna.command('/voice provider', { name: 'gemini' });
    assert.equal(content, 'From now on I use **Google Gemini (gemini-3.8-live)**. It takes effect when I next join.');
    assert.deepEqual(await kept(guild.id), ['gemini', null]);
    assert.match((await anna.command('/status')).content, /Model: Google Gemini \(gemini-3\.8-live\)\.$/);
    await anna.command('/voice provider', { name: 'Default' });
    assert.deepEqual(await kept(guild.id), [null, null]);
  });

  it('hand the running conversation over, and say so', async () => {
    const { guild, voice, anna } = await furnish(rig);
    const bridge = rig.bridges.place({ guildId: guild.id, channelId: voice });
    const { content } = await anna.command('/voice provider', { name: 'Google Gemini' });
    assert.equal(
      content,
      'From now on I use **Google Gemini (gemini-3.8-live)**. The running conversation goes on there in the next quiet moment, and what was said is passed on.',
    );
    assert.deepEqual(
      bridge.applied.map(({ provider, model }) => [provider, model]),
      [['gemini', null]],
    );
    assert.deepEqual(bridge.chosen, [['provider', 'model']]);
    assert.match(
      (await anna.command('/voice show')).content,
      /\(gemini-3\.8-live\); now OpenAI \(gpt-realtime-2\.1\) answers\n/,
    );
    assert.match((await anna.command('/voice provider', { name: 'openai' })).content, /\. It is in effect now\.$/);
  });

  it('name the variables of a provider that is not configured, and change nothing', async () => {
    const { guild, anna } = await furnish(rig);
    assert.equal(
      (await anna.command('/voice provider', { name: 'azure' })).content,
      'Azure OpenAI is not configured: whoever runs me has to set `AZURE_OPENAI_ENDPOINT` and `AZURE_OPENAI_DEPLOYMENT` and start me anew. Nothing was changed.',
    );
    assert.equal(
      (await anna.command('/voice provider', { name: '*skynet*' })).content,
      'I do not know the provider “\\*skynet\\*”. Choose `openai`, `gemini` or `default`.',
    );
    assert.deepEqual(await kept(guild.id), [null, null]);
  });

  it('keep a model with its provider, and let another provider begin with its own', async () => {
    const { guild, anna } = await furnish(rig);
    const { content } = await anna.command('/voice model', { name: 'GPT-Realtime-mini' });
    assert.equal(content, 'From now on I use **OpenAI (gpt-realtime-mini)**. It takes effect when I next join.');
    assert.deepEqual(await kept(guild.id), ['openai', 'gpt-realtime-mini']);
    await anna.command('/voice provider', { name: 'openai' });
    assert.deepEqual(await kept(guild.id), ['openai', 'gpt-realtime-mini']);
    await anna.command('/voice provider', { name: 'gemini' });
    assert.deepEqual(await kept(guild.id), ['gemini', null]);
    await anna.command('/voice model', { name: 'default' });
    assert.deepEqual(await kept(guild.id), ['gemini', null]);
  });

  it('take the name of a model that nobody knows, and say what that means', async () => {
    const { guild, anna } = await furnish(rig);
    const { content } = await anna.command('/voice model', { name: 'gpt_next_1' });
    assert.match(
      content,
      /^From now on I use \*\*OpenAI \(gpt\\_next\\_1\)\*\*\. .*\nI do not know that name\. If OpenAI does, /,
    );
    assert.deepEqual(await kept(guild.id), ['openai', 'gpt_next_1']);
  });

  it('refuse what cannot be the name of a model', async () => {
    const { guild, anna } = await furnish(rig);
    for (const name of ['two words', 'https://evil.example', 'a/../b?key=1', '/x']) {
      assert.equal(
        (await anna.command('/voice model', { name })).content,
        'The model must be the name of a model, such as gpt-realtime-2.1. Nothing was changed.',
      );
    }
    assert.deepEqual(await kept(guild.id), [null, null]);
  });

  it('refuse a model that leads no conversation', async () => {
    const { guild, anna } = await furnish(rig);
    const { content } = await anna.command('/voice model', { name: 'gpt-live-1' });
    assert.equal(content, 'gpt-live-1 leads no conversation. Nothing was changed.');
    assert.deepEqual(await kept(guild.id), [null, null]);
  });

  it('say which settings the model does not have, show them as they are, and keep them for later', async () => {
    const { guild, anna } = await furnish(rig);
    await rig.settings.set(guild.id, { voice: 'marin', turnDetection: 'server' });
    const { content } = await anna.command('/voice provider', { name: 'gemini' });
    assert.equal(
      content,
      'From now on I use **Google Gemini (gemini-3.8-live)**. It has no voice marin: it speaks with its own. It cannot draw the ends of turns by the provider, from the level of the sound: I draw them myself. It takes effect when I next join.',
    );
    const shown = (await anna.command('/voice show')).content;
    assert.match(shown, /\*\*Voice:\*\* the model's own \(it has no marin\)\n/);
    assert.match(shown, /\*\*Ends of turns are drawn\*\* by Parley itself/);
    await anna.command('/voice provider', { name: 'openai' });
    assert.match((await anna.command('/voice show')).content, /\*\*Voice:\*\* marin\n/);
  });

  it('let the other commands offer and check what the model of this server can', async () => {
    const { guild, anna } = await furnish(rig);
    await rig.settings.set(guild.id, { provider: 'gemini' });
    assert.deepEqual(
      (await anna.autocomplete('/voice voice', 'name', '')).map((one) => one.value),
      ['default', 'Puck', 'Kore'],
    );
    assert.match(
      (await anna.command('/voice voice', { name: 'marin' })).content,
      /^Google Gemini .* has no voice “marin”/,
    );
    assert.match(
      (await anna.command('/voice turns', { detection: 'server' })).content,
      /^Google Gemini .* cannot do that/,
    );
  });

  it('fall back to the default where the provider is not configured any more, and show it', async () => {
    const { guild, anna } = await furnish(rig);
    await rig.settings.set(guild.id, { provider: 'vertex', model: 'gemini-live-2.5-flash-native-audio' });
    assert.match(
      (await anna.command('/voice show')).content,
      /^\*\*Model:\*\* OpenAI \(gpt-realtime-2\.1\); vertex was chosen and is not configured any more: `\/voice provider`\n/,
    );
  });

  it('offer what is configured and known', async () => {
    const { anna } = await furnish(rig);
    assert.deepEqual(await anna.autocomplete('/voice provider', 'name', ''), [
      { name: 'default: OpenAI (gpt-realtime-2.1)', value: 'default' },
      { name: 'OpenAI (gpt-realtime-2.1)', value: 'openai' },
      { name: 'Google Gemini (gemini-3.8-live)', value: 'gemini' },
    ]);
    assert.deepEqual(await anna.autocomplete('/voice model', 'name', 'MINI'), [
      { name: 'gpt-realtime-mini', value: 'gpt-realtime-mini' },
    ]);
  });

  it('tell who joins that a fallback stands in for the model', async () => {
    const { guild, voice, anna } = await furnish(rig);
    rig.bridges.place({ guildId: guild.id, channelId: voice }).now = { model: 'Google Gemini (gemini-3.8-live)' };
    const bridge = rig.bridges.find(guild.id);
    rig.bridges.find = () => undefined;
    rig.bridges.open = async () => bridge ?? assert.fail('it is there');
    const { content } = await anna.command('/join');
    assert.match(
      content,
      /goes to Google Gemini \(gemini-3\.8-live\), the fallback, because I could not have OpenAI \(gpt-realtime-2\.1\)\. `\/leave`/,
    );
  });

  it('send bodies that the published schemas accept', { skip: noSchemas }, async () => {
    assert.deepEqual(await violations(rig.discord), []);
  });
});
