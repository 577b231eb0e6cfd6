import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SimulatedPerson } from '@parley/simulator/discord';
import type { ScriptedReply } from '@parley/simulator/models';
import { Spoken } from '../support/sound/spoken.ts';
import { StartedWorld } from '../support/world/started-world.ts';

const QUERY = 'tides at “Ostend”';

/** What the newest session on Vertex AI was opened with: the fields of its tools. */
function toolsOf(world: StartedWorld): readonly string[] {
  const setups = world.model.frames.flatMap(({ message }) => ('setup' in message ? [message.setup] : []));
  const { tools = [] } = setups.at(-1) as { tools?: readonly object[] };
  return [...new Set(tools.flatMap((tool) => Object.keys(tool)))];
}

describe('tools on Vertex AI, which takes no search beside functions, in the started process', () => {
  const spoken = new Spoken();
  let world: StartedWorld;
  let olga: SimulatedPerson;
  before(async () => {
    const search = { queries: [QUERY], sources: [{ uri: 'https://tides.example/', title: 'Tides' }] };
    const script = (): ScriptedReply => ({
      say: { text: 'High at noon.' },
      speed: 50,
      ...(toolsOf(world).includes('googleSearch') && { search }),
    });
    world = await StartedWorld.prepare({ protocol: 'gemini', script, hear: spoken.hear });
    world.boot({
      env: {
        PROVIDER: 'vertex',
        GEMINI_API_KEY: '',
        VERTEX_PROJECT: 'my-project',
        VERTEX_API_KEY: world.model.apiKey,
        VERTEX_BASE_URL: world.model.url,
      },
    });
    await world.bot.logs('ready');
    olga = world.guild.addPerson({ name: 'Olga', admin: true });
    await olga.join(world.channelId);
  });
  after(() => world.close());

  it('opens with functions by default, and /tools says what is left out and how to have it', async () => {
    await world.join(olga);
    assert.deepEqual(toolsOf(world), ['functionDeclarations']);
    const { content } = await olga.command('/tools list');
    assert.match(content.replaceAll('\\', ''), /Left out: google_search\. .* only in place of all tools of mine/);
    assert.match((await world.bot.logs('the model is not given all')).msg, /not given/);
    assert.match((await olga.command('/tools disable', { tool: 'google_search' })).content, /is off already/);
  });

  it('takes the search instead, where somebody chooses it, and shows Google’s suggestions', async () => {
    const { content } = await olga.command('/tools enable', { tool: 'google_search' });
    assert.match(content, /^`google_search` is switched on, in place of all tools of mine/);
    await olga.command('/leave');
    await world.join(olga);
    assert.deepEqual(toolsOf(world), ['googleSearch']);
    const list = await olga.command('/tools list');
    assert.match(list.content, /\*\*For everybody:\*\*\n`google_search`: /);
    assert.match(list.content, /Off while google\\?_search is on/);
    assert.match(
      (await olga.command('/tools enable', { tool: 'roll_dice' })).content,
      /is on already\. But `google_search`/,
    );
    await spoken.say(olga, 'When is the tide high?');
    await world.until('the suggestion', () =>
      /Google Search: \[tides at “Ostend”\]\(<https:\/\/vertexaisearch\.cloud\.google\.com\//.test(world.posts()),
    );
    assert.match(world.posts(), /Sources: \[Tides\]\(<https:\/\/tides\.example\/>\)/);
  });

  it('goes back to its own tools', async () => {
    const { content } = await olga.command('/tools disable', { tool: 'google_search' });
    assert.match(content, /^`google_search` is switched off, and my own tools are there again\./);
    await olga.command('/leave');
    await world.join(olga);
    assert.deepEqual(toolsOf(world), ['functionDeclarations']);
    const unfit = await olga.command('/voice model', { name: 'gpt-live-1' });
    assert.match(
      unfit.content,
      /^gpt-live-1 speaks OpenAI's Live API.* Take gpt-realtime-2\.1 instead\. Nothing was changed\.$/,
    );
  });
});
