import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { parseEnv } from 'node:util';
import type { SimulatedPerson } from '@parley/simulator/discord';
import { type ScriptedReply, SimulatedGemini } from '@parley/simulator/models';
import type { Provider } from '../../src/ports/capabilities.ts';
import { StrictGateway } from '../support/doubles/strict-gateway.ts';
import { Spoken } from '../support/sound/spoken.ts';
import { StartedWorld } from '../support/world/started-world.ts';

const KEY = 'gateway-key-0123456789';
const PAGE = readFileSync(new URL('../../docs/gateways.md', import.meta.url), 'utf8');

/** The blocks that people paste, as Node reads a .env, by the provider that they choose. */
function blocks(): ReadonlyMap<Provider, Readonly<Record<string, string>>> {
  const found = [...PAGE.matchAll(/^```ini\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  return new Map(
    found.map((block) => {
      // Nothing but the host and the key.
      const pasted = block.replaceAll('gateway.example.com', 'HOST').replaceAll(/\bKEY\b/g, KEY);
      const variables = parseEnv(pasted) as Record<string, string>;
      return [variables.PROVIDER as Provider, variables];
    }),
  );
}

const PROVIDERS = ['openai', 'azure', 'gemini', 'vertex'] as const;

describe('the blocks of docs/gateways.md, in the started process', () => {
  const spoken = new Spoken();
  let world: StartedWorld;
  let google: SimulatedGemini;
  let gateway: StrictGateway;
  /** Nobody may look here: a machine without Google credentials. */
  const metadata: string[] = [];
  const cloud = createServer((request, response) => {
    metadata.push(request.url ?? '');
    response.writeHead(404).end();
  });

  before(async () => {
    const script = (): ScriptedReply => ({ say: { text: 'It is noon.' }, speed: 50 });
    world = await StartedWorld.prepare({
      script,
      hear: spoken.hear,
      simulated: { models: ['gpt-realtime-2.1'], transcribers: ['gpt-realtime-whisper'] },
    });
    google = await SimulatedGemini.start({ script, hear: spoken.hear, playbackClock: false });
    cloud.listen(0, '127.0.0.1');
    const openai = { port: Number(new URL(world.model.url).port), apiKey: world.model.apiKey };
    const gemini = { port: Number(new URL(google.url).port), apiKey: google.apiKey };
    gateway = await StrictGateway.start({
      provider: 'openai',
      key: KEY,
      behind: { openai, azure: openai, gemini, vertex: gemini },
    });
  });
  after(async () => {
    await world.close();
    await gateway.close();
    await google.close();
    cloud.close();
  });

  /** The bot, with nothing of a provider but what the block says. */
  const boot = async (pasted: Readonly<Record<string, string>>, change: (text: string) => string = (text) => text) => {
    await world.stop();
    const block = Object.entries(pasted).map(([name, text]) => [name, change(text.replace('HOST', gateway.host))]);
    world.boot({
      env: {
        OPENAI_API_KEY: '',
        OPENAI_BASE_URL: '',
        GCE_METADATA_HOST: `127.0.0.1:${(cloud.address() as AddressInfo).port}`,
        HOME: world.folder,
        ...Object.fromEntries(block),
      },
    });
    await world.bot.logs('ready');
  };

  /** What only writes down goes the same way, with the model of the block. */
  const writtenDown = async (anna: SimulatedPerson, provider: Provider) => {
    await anna.command('/join', { mode: 'listen' });
    await spoken.say(anna, `Only for the record on ${provider}.`);
    await world.until('the words', () => world.posts().includes(`Only for the record on ${provider}.`));
    await anna.command('/leave');
    assert.deepEqual(gateway.refused, []);
  };

  it('are four, one for each provider', () => {
    assert.deepEqual([...blocks().keys()], [...PROVIDERS]);
    for (const block of blocks().values()) assert.match(JSON.stringify(block), /HOST.*gateway-key|gateway-key.*HOST/);
  });

  for (const provider of PROVIDERS) {
    it(`${provider}: people are answered and written down through a gateway that takes nothing else`, async () => {
      gateway.provider = provider;
      const block = blocks().get(provider) ?? {};
      await boot(block);
      const anna = await world.person(`Anna ${provider}`);
      await world.join(anna);
      await spoken.say(anna, `How late is it on ${provider}?`);
      const written = () => world.posts().split(`Anna ${provider}`).at(-1) ?? '';
      await world.until('the words', () => world.posts().includes(`How late is it on ${provider}?`));
      await world.until('the answer', () => /It is noon/.test(written()));
      assert.deepEqual(gateway.refused, []);
      assert.deepEqual(metadata, [], 'nobody looked for Google credentials');
      assert.doesNotMatch(world.bot.stdout, new RegExp(KEY));
      const summary = await anna.command('/transcript summary', {}, { timeoutMs: 20_000 });
      assert.match(
        summary.content,
        provider === 'openai' || provider === 'gemini'
          ? /^I cannot sum up: the gateway of \w+_BASE_URL has speech models only.*SUMMARY_MODEL/
          : /text model/,
      );
      await anna.command('/leave');
      if (provider === 'azure' || provider === 'openai') await writtenDown(anna, provider);
      await anna.leave();
    });
  }

  it('wss:// and a slash at the end are the same address, and a wrong key names the headers', async () => {
    const named = { azure: 'AZURE_OPENAI', vertex: 'VERTEX' } as const;
    for (const provider of ['azure', 'vertex'] as const) {
      gateway.provider = provider;
      const passed = gateway.passed;
      const wss = (text: string) => (text.startsWith('https://') ? `${text.replace('https', 'wss')}/` : text);
      await boot(blocks().get(provider) ?? {}, (text) => wss(text).replace(KEY, 'another-key-0123456789'));
      const ben = await world.person(`Ben ${provider}`);
      const answer = await ben.command('/join', {}, { timeoutMs: 20_000 });
      assert.match(answer.content, new RegExp(`check .*\\b${named[provider]}_HEADERS`), answer.content);
      assert.equal(gateway.passed, passed);
      assert.match(gateway.refused.splice(0).join('\n'), /is not (Bearer )?KEY$/);
      await ben.leave();
    }
    assert.deepEqual(metadata, []);
  });
});
